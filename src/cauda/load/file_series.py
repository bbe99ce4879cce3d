"""NIfTI, MHA and NRRD files -> drafts; contrast from sidecar, name or appearance."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cauda.errors import GeometryError, OutOfScopeError, UnreadableError
from cauda.load.appearance import open_contrast
from cauda.load.describe import Weighting, plane_of, reason_of, said_contrast, weighting_of
from cauda.load.drafts import Draft, depth_order, set_aside
from cauda.load.facts import Facts, split_words
from cauda.load.image_files import read_image_file, sidecar, stem
from cauda.records import Series, Volume
from cauda.vocab import Contrast

LABEL_VALUES_MAX = 128
"""A label map has no more distinct values than this; 8-bit signal has more."""
LABEL_EQUAL_MIN = 0.85
"""Least share of neighboring voxels that are equal in a label map; air alone gives signal less."""
SAMPLE_STEP = 7
"""Every n-th row is looked at in a large file."""


def file_draft(path: Path, contrast: Contrast | None) -> Draft:
    """Draft the series of one file.

    Parameters
    ----------
    path : Path
    contrast : Contrast or None
        What the user says; it wins over everything else.
    """
    name = stem(path)
    try:
        volume = read_image_file(path)
    except (GeometryError, UnreadableError) as error:
        return set_aside(str(error), type(error), order=(name,))
    if _is_label_map(volume):
        reason = "Set aside because its few distinct values in even areas are those of a label map."
        return set_aside(reason, OutOfScopeError, order=(name,))
    facts = _sidecar_facts(sidecar(path))
    plane = plane_of(_normal(volume))
    weighting = _weighting(name, facts, contrast)
    if weighting.is_open:
        weighting = open_contrast(weighting, None, volume, plane)
    series = Series(
        key="",
        plane=plane,
        contrast=weighting.contrast,
        volume=volume,
        used=True,
        reason=reason_of(plane, weighting),
        echo_ms=facts.echo_ms,
        repetition_ms=facts.repetition_ms,
        inversion_ms=facts.inversion_ms,
        fat_suppressed=weighting.fat_suppressed,
        field_strength_t=facts.field_strength_t,
        warnings=(weighting.warning,) if weighting.warning else (),
    )
    return Draft(series=series, order=(0.0, name, depth_order(volume, plane)))


def _weighting(name: str, facts: Facts, contrast: Contrast | None) -> Weighting:
    own = _own_weighting(name, facts)
    if contrast is None:
        return own
    contradicts = own.contrast not in (Contrast.UNKNOWN, contrast)
    warning = f"Its file name or sidecar says {own.contrast}; the user, who decides, {contrast}."
    return Weighting(
        contrast=contrast,
        because="the user said so",
        fat_suppressed=contrast is Contrast.STIR,
        warning=warning if contradicts else "",
    )


def _own_weighting(name: str, facts: Facts) -> Weighting:
    """What the sidecar says, else the file name."""
    timed = weighting_of(facts)
    if not timed.is_open:
        because = f"in its sidecar {timed.because}"
        return dataclasses.replace(timed, because=because)
    said = said_contrast(split_words(name))
    if said is Contrast.UNKNOWN:
        because = "neither a sidecar nor the file name tells"
        return Weighting(contrast=said, because=because, is_open=True)
    return Weighting(
        contrast=said,
        because="the file name says so",
        fat_suppressed=said is Contrast.STIR,
    )


def _sidecar_facts(found: Mapping[str, Any]) -> Facts:
    """Facts of a BIDS sidecar, whose times are in seconds."""
    words = (str(found.get(k, "")) for k in ("SeriesDescription", "ProtocolName"))
    return Facts(
        sequence=_values(found, "ScanningSequence"),
        variant=_values(found, "SequenceVariant"),
        echo_ms=_ms(found, "EchoTime"),
        repetition_ms=_ms(found, "RepetitionTime"),
        inversion_ms=_ms(found, "InversionTime"),
        fat_saturated="FS" in _values(found, "ScanOptions"),
        field_strength_t=_number(found, "MagneticFieldStrength"),
        words=split_words(*words),
    )


def _values(found: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(v for v in re.split(r"[\\_\W]+", str(found.get(name, "")).upper()) if v)


def _number(found: Mapping[str, Any], name: str) -> float | None:
    value = found.get(name)
    return float(value) if isinstance(value, int | float) else None


def _ms(found: Mapping[str, Any], name: str) -> float | None:
    seconds = _number(found, name)
    return None if seconds is None else round(seconds * 1000, 3)


def _normal(volume: Volume) -> Any:  # noqa: ANN401
    first, second = volume.space.directions[:, 0], volume.space.directions[:, 1]
    return np.cross(first, second)


def _is_label_map(volume: Volume) -> bool:
    step = SAMPLE_STEP if volume.voxels.size > 10**6 else 1
    rows = volume.voxels[:, ::step]
    if len(rows) < 2 or len(np.unique(rows)) > LABEL_VALUES_MAX:
        return False
    return bool(np.mean(rows[1:] == rows[:-1]) >= LABEL_EQUAL_MIN)
