"""Series before they are named: what was found, in what order, and what to raise if it fails."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cauda.errors import GeometryError, InputError, OutOfScopeError, UnreadableError
from cauda.records import Series, Volume
from cauda.vocab import Contrast, Plane

SHORT = {
    Plane.SAGITTAL: "sag",
    Plane.AXIAL: "ax",
    Plane.CORONAL: "cor",
    Plane.UNKNOWN: "other",
}
"""Planes as the keys of series spell them, in the order of the study."""
CONTRASTS = (Contrast.T2, Contrast.T1, Contrast.STIR, Contrast.UNKNOWN)
RAISED_FIRST = (GeometryError, UnreadableError, OutOfScopeError)
"""Of several faults the one that a person can mend is raised."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """A series without its key.

    Parameters
    ----------
    series : Series
    order : tuple
        Sorts drafts of the same plane and contrast; independent of file names and order.
    error : type of InputError or None
        What to raise if nothing can be used; ``None`` for a usable series.
    """

    series: Series
    order: tuple[float | str, ...]
    error: type[InputError] | None = None


def set_aside(
    reason: str,
    error: type[InputError],
    *,
    order: tuple[float | str, ...] = (),
    plane: Plane = Plane.UNKNOWN,
    contrast: Contrast = Contrast.UNKNOWN,
) -> Draft:
    """Draft a series that is not used."""
    series = Series(key="", plane=plane, contrast=contrast, volume=None, used=False, reason=reason)
    return Draft(series=series, order=order, error=error)


def named(drafts: Sequence[Draft]) -> tuple[Series, ...]:
    """Give every series its key: ``sag_t2``, or ``ax_t2_1`` ... where there are several.

    Plain series come before fat-suppressed and contrast-enhanced ones, so number 1 is the
    plainest. Series that were set aside are ``aside_1`` ... at the end.
    """
    used = sorted((d for d in drafts if d.error is None), key=_rank)
    aside = sorted((d for d in drafts if d.error is not None), key=_rank)
    counts = Counter(_base(d.series) for d in used)
    seen: Counter[str] = Counter()
    result = []
    for draft in used:
        base = _base(draft.series)
        seen[base] += 1
        key = base if counts[base] == 1 else f"{base}_{seen[base]}"
        result.append(dataclasses.replace(draft.series, key=key))
    for number, draft in enumerate(aside, start=1):
        result.append(dataclasses.replace(draft.series, key=f"aside_{number}"))
    return tuple(result)


def require_usable(drafts: Sequence[Draft]) -> None:
    """Raise if no draft can be used, with the reasons.

    Raises
    ------
    GeometryError, UnreadableError, OutOfScopeError
        The first of these that explains a draft.
    """
    if any(d.error is None for d in drafts):
        return
    ranked = sorted(drafts, key=_severity)
    reasons = tuple(dict.fromkeys(d.series.reason for d in ranked))
    error = ranked[0].error or InputError
    raise error("No series of the input can be used. " + " ".join(reasons[:3]))


def depth_order(volume: Volume, plane: Plane) -> float:
    """Sort key of stacks of one series: axial stacks from the head down."""
    if plane is not Plane.AXIAL:
        return 0.0
    center = (np.array(volume.space.shape) - 1) / 2
    return -round(float(volume.space.to_lps(center)[2]), 1)


def _severity(draft: Draft) -> int:
    for rank, kind in enumerate(RAISED_FIRST):
        if draft.error is not None and issubclass(draft.error, kind):
            return rank
    return len(RAISED_FIRST)


def _base(series: Series) -> str:
    return f"{SHORT[series.plane]}_{series.contrast.value.lower()}"


def _rank(draft: Draft) -> tuple[object, ...]:
    series = draft.series
    return (
        list(SHORT).index(series.plane),
        CONTRASTS.index(series.contrast),
        series.fat_suppressed,
        series.contrast_agent,
        *((isinstance(part, str), part) for part in draft.order),
    )
