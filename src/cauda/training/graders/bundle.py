"""Write what inference reads: arrays, a card with figures, hashes. Nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cauda.nets.bundles import HASHES, METADATA, file_sha256
from cauda.nets.calibration import Calibration
from cauda.nets.forest import Forest
from cauda.nets.graders import WEIGHTS
from cauda.nets.kernel import Kernel
from cauda.training.graders.page import CREDIT, LIMITS, card
from cauda.training.graders.targets import TARGETS, output_slices
from cauda.vocab import Contrast

VERSION = "0.1.0"
README = "docs/README.md"
BOTH = ("modic",)
"""Targets that need T1 and T2; the others were learned with T2 and need it."""


def write_bundle(
    folder: Path,
    learners: tuple[Forest, Kernel],
    fitted: Mapping[str, Calibration],
    names: Sequence[str],
    facts: Mapping[str, Any],
) -> None:
    """Write a bundle.

    Parameters
    ----------
    folder : Path
    learners : (Forest, Kernel)
    fitted : mapping of target name to Calibration
    names : sequence of str
        Of the features, in the learners' order.
    facts : mapping
        What else the card says: data, figures, the network that the features came from.
    """
    forest, kernel = learners
    path = folder / WEIGHTS
    for name in (path, folder / METADATA):
        name.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"forest_{name}": array for name, array in forest.arrays().items()}
    arrays |= {f"kernel_{name}": _compact(array) for name, array in kernel.arrays().items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)
    described = {
        "name": folder.name,
        "version": VERSION,
        "task": "Opinions on discs from one mid-sagittal slice of lumbar-spine MRI",
        "data": CREDIT,
        "limits": LIMITS,
        "graders": {"features": list(names), "questions": _questions(fitted)},
        **facts,
    }
    text = json.dumps(described, indent=2, allow_nan=False) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")
    (folder / README).parent.mkdir(exist_ok=True)
    (folder / README).write_text(card(facts), encoding="utf-8")
    write_hashes(folder)


def write_hashes(folder: Path) -> None:
    """Hash every file of the bundle."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != HASHES)
    lines = [f"{file_sha256(p)}  {p.relative_to(folder).as_posix()}\n" for p in files]
    (folder / HASHES).write_text("".join(lines), encoding="utf-8")


def _compact(array: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Large arrays in half precision."""
    return array.astype(np.float16) if array.size > 10_000 else array


def _questions(fitted: Mapping[str, Calibration]) -> list[dict[str, Any]]:
    columns = output_slices()
    return [
        {
            "target": t.name,
            "condition": t.condition.value,
            "scale": t.scale.value,
            "columns": [columns[t.name].start, columns[t.name].stop],
            "needs": [Contrast.T2.value, *([Contrast.T1.value] if t.name in BOTH else [])],
            "share": fitted[t.name].share,
            "slope": round(fitted[t.name].slope, 4),
            "offsets": [round(v, 4) for v in fitted[t.name].offsets],
        }
        for t in TARGETS
        if t.condition is not None and t.scale is not None
    ]
