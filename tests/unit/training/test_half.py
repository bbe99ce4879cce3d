"""Weights stored in half the bytes give the same probabilities in either engine."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from cauda.nets.engines import by_onnxruntime, by_openvino
from cauda.nets.network import build_network
from cauda.training.export import Probabilities, _export_onnx


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_stored_network_is_half_as_large_and_answers_the_same(tmp_path):
    torch.manual_seed(0)
    network = build_network((16, 32, 64), refine=4).half().float().eval()
    path = tmp_path / "model.onnx"
    _export_onnx(Probabilities(network).eval(), path)
    count = sum(p.numel() for p in network.parameters())
    assert path.stat().st_size < 2.6 * count
    onnx.checker.check_model(onnx.load(path))
    image = np.random.default_rng(0).standard_normal((1, 3, 32, 48)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(image)).softmax(dim=1).numpy()
    assert np.abs(by_onnxruntime(path)(image) - expected).max() < 1e-3
    pytest.importorskip("openvino", reason="the optional engine is not installed")
    assert np.abs(by_openvino(path)(image) - expected).max() < 1e-3
