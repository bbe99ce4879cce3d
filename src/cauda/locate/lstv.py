"""Signs of a lumbosacral transitional vertebra that sagittal images can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cauda.geometry import FloatArray
from cauda.knowledge import Row, rows
from cauda.locate.column import Column
from cauda.locate.junction import Junction, junction
from cauda.records import VertebraInstance

LEAST_HEIGHT_MM = 0.1
"""A disc is taken to be at least this high where it divides."""


def transitional_signs(measures: Mapping[str, float]) -> tuple[Row, ...]:
    """Rows of the knowledge base whose limits the measures reach; missing ones say nothing."""
    return tuple(row for row in rows("numbering.toml", "lstv") if _is_met(row, measures))


def _is_met(row: Row, measures: Mapping[str, float]) -> bool:
    value = measures.get(row.text("measure"))
    if value is None:
        return False
    limit = row.number("limit")
    other = measures.get(row.text("with_measure", ""), -np.inf)
    is_with = row.text("with_measure", "") == "" or -np.inf < other <= row.number("with_limit")
    return is_with and (value >= limit if row["at_least"] else value <= limit)


def transitional_measures(
    column: Column,
    vertebrae: Sequence[VertebraInstance],
    discs: Sequence[int],
    heights: Mapping[int, float],
) -> dict[str, float]:
    """Measure the lumbosacral junction of a spine with a sacrum.

    Parameters
    ----------
    column : Column
    vertebrae : sequence of VertebraInstance
    discs : sequence of int
        Labels of the discs, from below.
    heights : mapping of int to float
        Disc label to height, mm.

    Returns
    -------
    measures : dict
        Those that can be told of: ``ratio`` of S1's upper to lower depth, ``junction_mm`` height of
        the disc or its remnant below S1, ``share`` of the depth where the network sees disc there,
        ``angle_deg`` by which the two lowest free bodies stand at a larger angle to each other
        than the lowest of them to S1, ``last_to_next`` height of the lowest disc over the next.
    """
    measures: dict[str, float] = {}
    if len(discs) > 1 and {discs[0], discs[1]} <= set(heights):
        measures["last_to_next"] = heights[discs[0]] / max(heights[discs[1]], LEAST_HEIGHT_MM)
    found = junction(column)
    if found is None:
        return measures
    measures |= {"ratio": found.ratio, "junction_mm": found.height_mm, "share": found.share}
    angle = _excess_deg(column, vertebrae, found)
    return measures if angle is None else measures | {"angle_deg": angle}


def _excess_deg(
    column: Column, vertebrae: Sequence[VertebraInstance], found: Junction
) -> float | None:
    """Angle between the two lowest free bodies less that between the lowest of them and S1.

    Each body's direction joins the middles of its endplates, as in the vertical mid-vertebral
    angle; both angles are seen from the side.
    """
    known = {v.label: v for v in vertebrae}
    ends = [_ends(known.get(label)) for label in (2, 3)]
    sacrum = known.get(1)
    top = None if sacrum is None or sacrum.upper is None else sacrum.upper
    if top is None or ends[0] is None or ends[1] is None:
        return None
    first = np.array(top.point_lps) - found.point_lps
    lower, upper = (_angle_deg(column, a, b) for a, b in ((first, ends[0]), (ends[0], ends[1])))
    return upper - lower


def _ends(vertebra: VertebraInstance | None) -> FloatArray | None:
    """From the middle of the lower endplate to that of the upper one, mm."""
    if vertebra is None or vertebra.upper is None or vertebra.lower is None:
        return None
    way: FloatArray = np.array(vertebra.upper.point_lps) - np.array(vertebra.lower.point_lps)
    return way


def _angle_deg(column: Column, first: FloatArray, second: FloatArray) -> float:
    """Angle between two directions in the plane of the slices."""
    aside = column.view.space.directions[:, 0]
    flat = [v - (v @ aside) * aside for v in (first, second)]
    cosine = flat[0] @ flat[1] / (np.linalg.norm(flat[0]) * np.linalg.norm(flat[1]))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
