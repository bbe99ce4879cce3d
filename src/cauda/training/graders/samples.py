"""Discs with their features: a patient's pictures go through the usual pipeline, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

import cauda
from cauda.locate import locate, settle
from cauda.measure import measure
from cauda.nets.features import level_features
from cauda.records import Segmentation, Series, Spine, Study
from cauda.vocab import Contrast, Plane

FEATURE_CODE = ("locate", "measure", "nets")
"""Packages whose code decides the features: a change in them makes kept features stale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disc:
    """One disc of one patient, before it is known which grade belongs to it.

    Parameters
    ----------
    patient : str
    number : int
        Counted upward from the lowest disc found, from 1.
    center_mm : (posterior, superior)
        Its middle in the patient's T2 picture (T1 without T2), from the picture's middle.
    numbers : mapping of str to float
        See :mod:`cauda.nets.features`.
    reference : mapping of str to float
        Every preferred measurement of the level, by quantity.
    signals : (2, 80, 48) float32 array
        T2 in units of CSF, T1 in units of marrow; NaN where not seen.
    """

    patient: str
    number: int
    center_mm: tuple[float, float]
    numbers: Mapping[str, float]
    reference: Mapping[str, float]
    signals: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """What the pipeline read of one patient.

    Parameters
    ----------
    patient : str
    discs : tuple of Disc
        From below upward; only those with features.
    levels : int
        All levels found.
    has_sacrum : bool
    state : str
        Of the numbering.
    room : float
        From the highest disc to the picture's upper edge, over the distance of the highest two:
        about 1 where one more disc lies on the edge.
    contrasts : tuple of str
        Series that the features could use.
    """

    patient: str
    discs: tuple[Disc, ...]
    levels: int
    has_sacrum: bool
    state: str
    room: float
    contrasts: tuple[str, ...]


def read_patient(patient: str, segmentations: Sequence[Segmentation]) -> Read:
    """Locate, measure and describe the discs of one patient's single slices.

    Parameters
    ----------
    patient : str
    segmentations : sequence of Segmentation
        T2 and T1, or one of them.
    """
    series = tuple(
        Series(
            key=s.series, plane=Plane.SAGITTAL, contrast=s.contrast, volume=None, used=True,
            reason="A single mid-sagittal slice.",
        )
        for s in segmentations
    )  # fmt: skip
    spine = locate(segmentations, Study(series=series))
    settled = tuple(settle(s, spine) for s in segmentations)
    measurements = measure(spine, settled)
    described = {f.level: f for f in level_features(spine, settled, measurements)}
    discs = []
    for number, level in enumerate(spine.levels, start=1):
        if level.name not in described:
            continue
        found = described[level.name]
        _, posterior, superior = level.frame.origin_lps
        discs.append(
            Disc(
                patient=patient,
                number=number,
                center_mm=(posterior, superior),
                numbers=found.numbers,
                reference={
                    m.quantity.value: m.value
                    for m in measurements
                    if m.level == level.name and m.preferred and m.side is None
                },
                signals=found.patch.signals,
            )
        )
    return Read(
        patient=patient,
        discs=tuple(discs),
        levels=len(spine.levels),
        has_sacrum=any(v.label == 1 for v in spine.vertebrae),
        state=spine.numbering.state,
        room=_room(spine, segmentations[0]),
        contrasts=_contrasts(spine, settled),
    )


def _room(spine: Spine, segmentation: Segmentation) -> float:
    if len(spine.levels) < 2:
        return float("nan")
    last, highest = (np.array(lv.frame.origin_lps) for lv in spine.levels[-2:])
    _, rows, columns = segmentation.space.shape
    edge = float(segmentation.space.to_lps(np.array([0, rows / 2, columns - 0.5]))[2])
    return (edge - float(highest[2])) / float(np.linalg.norm(highest - last))


def _contrasts(spine: Spine, segmentations: Sequence[Segmentation]) -> tuple[str, ...]:
    wanted = (Contrast.T2, Contrast.T1)
    found = {s.contrast for s in segmentations if s.series in spine.instances}
    return tuple(c.value for c in wanted if c in found)


def code_digest() -> str:
    """Digest of the code that decides the features."""
    root = Path(cauda.__file__).parent
    files = sorted(p for name in FEATURE_CODE for p in (root / name).rglob("*.py"))
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in files))
    return digest.hexdigest()[:8]


def write_read(read: Read, path: Path) -> None:
    """Keep what was read of a patient, without pickle."""
    facts = {
        "patient": read.patient, "levels": read.levels, "has_sacrum": read.has_sacrum,
        "state": read.state, "room": read.room, "contrasts": read.contrasts,
        "discs": [
            {"number": d.number, "center_mm": d.center_mm, "numbers": dict(d.numbers),
             "reference": dict(d.reference)}
            for d in read.discs
        ],
    }  # fmt: skip
    temporary = path.with_suffix(".part.npz")
    signals = np.array([d.signals.astype(np.float16) for d in read.discs])
    np.savez(temporary, facts=json.dumps(facts), signals=signals)
    temporary.rename(path)


def load_read(path: Path) -> Read:
    """Read what :func:`write_read` kept."""
    with np.load(path) as kept:
        facts, signals = json.loads(str(kept["facts"])), kept["signals"].astype(np.float32)
    discs = tuple(
        Disc(
            patient=facts["patient"],
            number=row["number"],
            center_mm=tuple(row["center_mm"]),
            numbers=MappingProxyType(row["numbers"]),
            reference=MappingProxyType(row["reference"]),
            signals=picture,
        )
        for row, picture in zip(facts["discs"], signals, strict=True)
    )
    return Read(
        patient=facts["patient"],
        discs=discs,
        levels=facts["levels"],
        has_sacrum=facts["has_sacrum"],
        state=facts["state"],
        room=facts["room"],
        contrasts=tuple(facts["contrasts"]),
    )
