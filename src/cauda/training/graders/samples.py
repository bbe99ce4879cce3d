"""Discs with their features: a patient's pictures go through the usual pipeline, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

import cauda
from cauda.locate import locate, settle
from cauda.measure import measure
from cauda.nets.features import level_features
from cauda.nets.features_patch import Patch
from cauda.records import Segmentation, Series, Spine, Study
from cauda.vocab import Contrast, Plane

CHANNELS = ("t2", "t1", "disc", "bone", "sac")
"""Order of a disc's pictures in :attr:`Disc.patch`."""
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
    patch : (5, 80, 48) float32 array
        In the order of :data:`CHANNELS`.
    """

    patient: str
    number: int
    center_mm: tuple[float, float]
    numbers: Mapping[str, float]
    reference: Mapping[str, float]
    patch: np.ndarray[tuple[int, ...], np.dtype[np.float32]]


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
    contrasts : tuple of str
        Series that the features could use.
    """

    patient: str
    discs: tuple[Disc, ...]
    levels: int
    has_sacrum: bool
    state: str
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
                patch=stacked(found.patch),
            )
        )
    return Read(
        patient=patient,
        discs=tuple(discs),
        levels=len(spine.levels),
        has_sacrum=any(v.label == 1 for v in spine.vertebrae),
        state=spine.numbering.state,
        contrasts=_contrasts(spine, settled),
    )


def stacked(patch: Patch) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(5, 80, 48): a patch as one array; T2 in units of CSF."""
    t2 = patch.t2 / np.float32(patch.fluid)
    return np.stack([t2, patch.t1, patch.disc, patch.bone, patch.sac]).astype(np.float32)


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
        "state": read.state, "contrasts": read.contrasts,
        "discs": [
            {"number": d.number, "center_mm": d.center_mm, "numbers": dict(d.numbers),
             "reference": dict(d.reference)}
            for d in read.discs
        ],
    }  # fmt: skip
    temporary = path.with_suffix(".part.npz")
    patches = [d.patch.astype(np.float16) for d in read.discs]
    np.savez(temporary, facts=json.dumps(facts), patches=np.array(patches))
    temporary.rename(path)


def load_read(path: Path) -> Read:
    """Read what :func:`write_read` kept."""
    with np.load(path) as kept:
        facts, patches = json.loads(str(kept["facts"])), kept["patches"].astype(np.float32)
    discs = tuple(
        Disc(
            patient=facts["patient"],
            number=row["number"],
            center_mm=tuple(row["center_mm"]),
            numbers=MappingProxyType(row["numbers"]),
            reference=MappingProxyType(row["reference"]),
            patch=patch,
        )
        for row, patch in zip(facts["discs"], patches, strict=True)
    )
    return Read(
        patient=facts["patient"],
        discs=discs,
        levels=facts["levels"],
        has_sacrum=facts["has_sacrum"],
        state=facts["state"],
        contrasts=tuple(facts["contrasts"]),
    )
