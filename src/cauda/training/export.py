"""From a run's weights to a MONAI bundle: model.pt, model.onnx, configurations, hashes."""

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
from cauda.training.bundle_files import describe, settings_of
from cauda.training.config import RunConfig, TrainConfig
from cauda.training.half import stored_in_half
from cauda.training.initial import state_of

HASHED = (
    "configs/inference.json",
    "configs/metadata.json",
    "configs/metadata.schema.json",
    "models/model.onnx",
    "models/model.pt",
)
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

    Parameters
    ----------
    network : torch Module
        (B, 3, J, K) slices to (B, C, J, K) logits.
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


def export_bundle(weights: Path, bundle: Path, config: TrainConfig | None = None) -> None:
    """Write the whole bundle of a run: weights, configurations, schema and hashes.

    Parameters
    ----------
    weights : Path
        ``average.pt``, ``best.pt`` or ``checkpoint.pt`` of a run, or another bundle's ``model.pt``.
    bundle : Path
        Holds ``configs/metadata.json``, ``inference.json`` and ``train.json`` already.
    config : TrainConfig, optional
        The run's; the bundle's own ``configs/train.json``, if left out.

    Raises
    ------
    BundleError
        If the weights do not fit the network, or the exported graph does not give what it gives.
    """
    settings = settings_of(bundle, config)
    describe(bundle, settings)
    export_weights(weights, settings, bundle)
    write_hashes(bundle)


def export_weights(weights: Path, config: RunConfig, bundle: Path) -> None:
    """Write ``model.pt`` (fp16 weights alone) and ``model.onnx`` (computing in fp32) made of those.

    A temperature that the card states is no part of either; inference applies it.

    Parameters
    ----------
    weights : Path
    config : RunConfig
        Says which network the weights belong to.
    bundle : Path

    Raises
    ------
    BundleError
        If the weights do not fit the network, or the exported graph does not give what it gives.
    """
    half = {k: v.half() for k, v in state_of(weights).items()}
    network = build_network(**config.architecture).eval()
    try:
        network.load_state_dict({k: v.float() for k, v in half.items()})
    except RuntimeError as error:
        msg = f"{weights.name} does not fit the network {config.architecture}; pass its --config."
        raise BundleError(msg) from error
    folder = bundle / "models"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(half, folder / "model.pt")
    model = Probabilities(network).eval()
    _export_onnx(model, folder / "model.onnx")
    _require_equal(network, folder / "model.onnx", config.multiple)


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
    small = stored_in_half(onnx.load(path))
    onnx.checker.check_model(small)
    onnx.save(small, path)


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
    present = [name for name in HASHED if (bundle / name).is_file()]
    lines = [f"{file_sha256(bundle / name)}  {name}\n" for name in present]
    (bundle / HASHES).write_text("".join(lines), encoding="utf-8")
