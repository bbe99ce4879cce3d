"""Both engines give the same probabilities from the same file."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.nets.bundles import find_bundle
from cauda.nets.engines import by_onnxruntime, by_openvino, engine
from cauda.nets.onnx_segmenter import WEIGHTS


def test_openvino_and_onnx_runtime_agree_on_noise_of_several_sizes():
    pytest.importorskip("openvino", reason="the optional engine is not installed")
    path = find_bundle("cauda_sagittal").verified(WEIGHTS)
    rng = np.random.default_rng(2)
    quick, plain = by_openvino(path), by_onnxruntime(path)
    for shape in ((1, 3, 64, 96), (2, 3, 96, 64), (1, 3, 64, 96)):
        batch = rng.standard_normal(shape).astype(np.float32)
        assert np.abs(quick(batch) - plain(batch)).max() < 1e-3


def test_an_answer_is_not_overwritten_by_the_next():
    pytest.importorskip("openvino", reason="the optional engine is not installed")
    predict = by_openvino(find_bundle("cauda_sagittal").verified(WEIGHTS))
    rng = np.random.default_rng(3)
    first = predict(rng.standard_normal((1, 3, 64, 64)).astype(np.float32))
    kept = first.copy()
    predict(rng.standard_normal((1, 3, 64, 64)).astype(np.float32))
    assert np.array_equal(first, kept)


def test_the_engine_is_named():
    assert engine() in {"openvino", "onnxruntime"}
