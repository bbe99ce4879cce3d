"""From a trained crop grader to the ONNX file that inference opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from cauda.errors import BundleError
from cauda.nets.crop_questions import Task
from cauda.nets.engines import predictor
from cauda.training.half import stored_in_half

OPSET = 17
TOLERANCE = 0.05
"""Largest difference of a logit between the network and its exported graph, whose
weights are kept in half precision."""


def export(network: nn.Module, task: Task, path: Path) -> None:
    """Write the graph, and open it again to see that it gives the same.

    Raises
    ------
    BundleError
        If it does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.from_numpy(
        np.random.default_rng(0).random((4, *task.box.shape), dtype=np.float32)
    )
    with torch.no_grad():
        expected = network(example).numpy()
    torch.onnx.export(
        network,
        (example,),
        str(path),
        input_names=["crops"],
        output_names=["logits"],
        dynamic_axes={"crops": {0: "n"}, "logits": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
    small = stored_in_half(onnx.load(path))
    onnx.checker.check_model(small)
    onnx.save(small, path)
    worst = float(np.abs(predictor(path)(example.numpy()) - expected).max())
    if worst > TOLERANCE:
        msg = f"The exported graph of {task.name} differs by {worst:.4f}, more than {TOLERANCE}."
        raise BundleError(msg)
