"""Weights to begin with: a bundle's, for fine-tuning, or a run's."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cauda.errors import UsageError
from cauda.nets.bundles import METADATA, Bundle, find_bundle

WEIGHTS = "models/model.pt"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Initial:
    """Where a run begins.

    Parameters
    ----------
    weights : mapping of str -> Tensor, or None
        None for random ones.
    settings : mapping of str -> value
        What of a configuration the weights decide: network and working pixel, where a bundle
        says so.
    """

    weights: Mapping[str, Tensor] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def initial(source: str) -> Initial:
    """Read the weights to begin with.

    Parameters
    ----------
    source : str
        Empty for random weights; the name or folder of a bundle; or a weights file of a run.

    Raises
    ------
    UsageError
        If it is none of these.
    BundleError
        If the bundle's weights do not match their hash.
    """
    if not source:
        return Initial()
    path = Path(source)
    if path.is_file():
        return Initial(weights=state_of(path))
    bundle = Bundle.open(path) if (path / METADATA).is_file() else find_bundle(source)
    return Initial(
        weights=state_of(bundle.verified(WEIGHTS)),
        settings={
            "channels": bundle.channels,
            "refine": int(bundle.metadata["cauda"].get("refine", 0)),
            "pixel_mm": bundle.layout.pixel_mm,
        },
    )


def state_of(path: Path) -> dict[str, Tensor]:
    """The (averaged) weights of a file, in single precision.

    Parameters
    ----------
    path : Path
        A bundle's ``model.pt``, a run's ``average.pt`` or ``best.pt``, or its ``checkpoint.pt``,
        whose averaged weights are taken.

    Raises
    ------
    UsageError
        If it holds no weights.
    """
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        msg = f"{path.name} holds no weights that torch can read."
        raise UsageError(msg) from error
    states = found.get("average", found)
    if not states or not all(isinstance(v, Tensor) for v in states.values()):
        msg = f"{path.name} is no state dictionary and no checkpoint of a run."
        raise UsageError(msg)
    return {name: value.float() for name, value in states.items()}
