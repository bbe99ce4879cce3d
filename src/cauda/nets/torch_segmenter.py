"""The same network in torch, for a GPU and for validating while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cauda.geometry import Array
from cauda.nets.bundles import Bundle, open_bundle
from cauda.nets.grid import Layout, Predict, segment_series
from cauda.nets.network import build_network
from cauda.nets.second_look import with_second_look
from cauda.ports import Segmenter
from cauda.records import Segmentation, Series

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


def torch_segmenter(bundle: Bundle | Path, device: str = "cpu") -> Segmenter:
    """Make a segmenter of a bundle's ``model.pt``.

    Parameters
    ----------
    bundle : Bundle or Path
        An opened bundle, or its folder.
    device : str
        ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    BundleError
        If a file is missing or does not match its hash.
    """
    import torch  # noqa: PLC0415 - torch loads only when it is used

    opened = open_bundle(bundle)
    network = build_network(**opened.architecture, structures=len(opened.layout.structures))
    path = opened.verified("models/model.pt")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict({name: value.float() for name, value in state.items()})
    ready = network.to(device).eval()
    predict = _predictor(ready, device, opened.temperature)

    def segment(series: Series) -> Segmentation:
        found = segment_series(series, predict, opened.layout, opened.name)
        return with_second_look(found, predict, opened.layout)

    return segment


def segmenter_of(
    network: nn.Module,
    layout: Layout,
    name: str = "unsaved",
    device: str = "cpu",
    *,
    temperature: float = 1.0,
) -> Segmenter:
    """Make a segmenter of a network in evaluation mode; its logits are divided by a temperature."""
    predict = _predictor(network, device, temperature)

    def segment(series: Series) -> Segmentation:
        return segment_series(series, predict, layout, name)

    return segment


def _predictor(network: nn.Module, device: str, temperature: float) -> Predict:
    import torch  # noqa: PLC0415 - torch loads only when it is used

    def predict(batch: Array) -> Array:
        with torch.inference_mode():
            logits = network(torch.from_numpy(batch).to(device))
            return np.asarray((logits.float() / temperature).softmax(dim=1).cpu().numpy())

    return predict
