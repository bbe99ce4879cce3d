"""From averaged weights to the files of a bundle: model.pt, model.onnx and their hashes."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from cauda.errors import BundleError
from cauda.geometry import Array
from cauda.nets.bundles import HASHES, file_sha256
from cauda.nets.network import INPUT_SLICES, build_network

HASHED = ("configs/metadata.json", "models/model.onnx", "models/model.pt")
"""Files whose SHA-256 a bundle records."""
OPSET = 18
TRACE_SIZE = 64
"""Pixels of the tensor that the ONNX graph is traced with; its J and K stay free."""
TOLERANCE = 2e-3
"""Largest difference in probability between torch and ONNX that an export may have."""


class Probabilities(nn.Module):
    """A network with its softmax, in operators that ONNX Runtime is quick at.

    Its Softmax over the second axis and its PRelu took a third of the time; the same values come
    from exponentials and their sum, and from LeakyRelu.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = _leaky(copy.deepcopy(network))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, J, K) slices -> (B, C, J, K) probabilities."""
        logits = self.network(image)
        raised = (logits - logits.amax(dim=1, keepdim=True)).exp()
        probabilities: Tensor = raised / raised.sum(dim=1, keepdim=True)
        return probabilities


def _leaky(module: nn.Module) -> nn.Module:
    """Replace every one-parameter PReLU by the LeakyReLU it equals once trained."""
    for name, child in module.named_children():
        if isinstance(child, nn.PReLU) and child.num_parameters == 1:
            setattr(module, name, nn.LeakyReLU(child.weight.item()))
        else:
            _leaky(child)
    return module


def export_weights(weights: Path, channels: tuple[int, ...], bundle: Path) -> None:
    """Write ``model.pt`` (fp16 weights alone) and ``model.onnx`` (fp32) made of those.

    Parameters
    ----------
    weights : Path
        State dictionary of the averaged network.
    channels : tuple of int
    bundle : Path

    Raises
    ------
    BundleError
        If the exported graph does not give what the network gives.
    """
    half = {k: v.half() for k, v in torch.load(weights, weights_only=True).items()}
    network = build_network(channels).eval()
    network.load_state_dict({k: v.float() for k, v in half.items()})
    folder = bundle / "models"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(half, folder / "model.pt")
    _export_onnx(Probabilities(network).eval(), folder / "model.onnx")
    _require_equal(network, folder / "model.onnx", 2 ** len(channels))


def _export_onnx(model: nn.Module, path: Path) -> None:
    axes = {0: "batch", 2: "posterior", 3: "superior"}
    torch.onnx.export(
        model,
        (torch.zeros(1, INPUT_SLICES, TRACE_SIZE, TRACE_SIZE),),
        str(path),
        input_names=["image"],
        output_names=["pred"],
        dynamic_axes={"image": axes, "pred": axes},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(path))


def _require_equal(network: nn.Module, path: Path, multiple: int) -> None:
    """Compare both on noise of another size than the traced one."""
    shape = (1, INPUT_SLICES, 5 * multiple, 3 * multiple)
    image: Array = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(image)).softmax(dim=1).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    difference = float(np.abs(session.run(None, {"image": image})[0] - expected).max())
    if difference > TOLERANCE:
        msg = f"The exported graph differs by {difference:.4f} from the network; not exported."
        raise BundleError(msg)


def write_hashes(bundle: Path) -> None:
    """Write ``SHA256SUMS``, as ``sha256sum --check`` reads it."""
    lines = [f"{file_sha256(bundle / name)}  {name}\n" for name in HASHED]
    (bundle / HASHES).write_text("".join(lines), encoding="utf-8")
