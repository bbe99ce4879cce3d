"""The stage itself: from the probabilities of all sagittal series to one named spine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cauda.geometry import Array, share_frame
from cauda.locate.axial import axial_slices
from cauda.locate.axial_instances import axial_instances, known_arches
from cauda.locate.column import Column, column
from cauda.locate.conus import conus
from cauda.locate.instances import Drawn, Scaffold, column_labels, draw_instances
from cauda.locate.lstv import transitional_measures, transitional_signs
from cauda.locate.naming import alternate, conus_flags, names, numbering
from cauda.locate.vertebrae import bones, disc_heights_mm, level_records, vertebra_records
from cauda.locate.view import view
from cauda.records import (
    Conus,
    LevelInstance,
    Numbering,
    Segmentation,
    Spine,
    Study,
    VertebraInstance,
)
from cauda.vocab import Contrast, Plane

PREFERENCE = (Contrast.T2, Contrast.STIR, Contrast.T1, Contrast.UNKNOWN)
"""The contrast on which the spine is located, best first."""
COVERAGE_SHARE = 0.75
"""A series showing fewer levels than this share of the best one gives way to it."""
WHOLE_LUMBAR = 5
"""Levels beyond these, at the upper edge, do not make a series the better covered one."""


def locate(segmentations: Sequence[Segmentation], study: Study) -> Spine:
    """Find, name and orient the vertebrae and levels of a study.

    Parameters
    ----------
    segmentations : sequence of Segmentation
        One a series. The best covered sagittal T2 (else STIR, T1) becomes the primary one; those
        that share its frame of reference get its names, axial ones included.
    study : Study
        Gives the contrasts and the axial series.

    Returns
    -------
    spine : Spine
        Without vertebrae where none was found; the numbering then says so.
    """
    sagittal = [s for s in segmentations if s.plane is Plane.SAGITTAL]
    columns = [c for c in (column(s, view(s)) for s in sagittal) if c is not None]
    if not columns:
        return _nothing("No vertebral column was found in the sagittal images.")
    primary = _primary(columns, study)
    labels = column_labels(primary, primary, np.zeros(3))
    measured = bones(primary, labels)
    if not any(b.label > 1 for b in measured):
        return _nothing("No vertebral body was found in the sagittal images.")
    has_sacrum = primary.order.has_sacrum
    given = names(sum(b.label > 1 for b in measured), has_sacrum)
    vertebrae = vertebra_records(measured, given)
    levels = level_records(primary, labels, vertebrae, given)
    heights = disc_heights_mm(levels, vertebrae)
    counted, levels = _counted(primary, vertebrae, levels, heights)
    scaffold = Scaffold(
        primary=primary, bones=measured, vertebrae=vertebrae, levels=levels, labels=labels
    )
    tip = conus(primary.view, primary.line, vertebrae, levels)
    drawn = draw_instances(scaffold, columns)
    return Spine(
        vertebrae=vertebrae,
        levels=levels,
        numbering=dataclasses.replace(
            counted,
            reasons=(*counted.reasons, *drawn.left_out),
            flags=(*counted.flags, *drawn.flags, *conus_flags(tip, has_sacrum)),
        ),
        conus=tip,
        instances=MappingProxyType({**drawn.maps, **_axial_maps(segmentations, scaffold, drawn)}),
        axial_slices=axial_slices(study, primary.view.space, levels, heights),
    )


def _axial_maps(
    segmentations: Sequence[Segmentation], scaffold: Scaffold, drawn: Drawn
) -> dict[str, Array]:
    """Instance maps of the axial series in the primary series' frame of reference."""
    view_ = scaffold.primary.view
    arches = known_arches(view_, drawn.maps[view_.series])
    return {
        s.series: axial_instances(s, scaffold.vertebrae, scaffold.levels, arches)
        for s in segmentations
        if s.plane is Plane.AXIAL and share_frame(s.space, view_.space)
    }


def _nothing(reason: str) -> Spine:
    return Spine(
        vertebrae=(),
        levels=(),
        numbering=Numbering(state="uncertain", reasons=(reason,), lumbar_count=None),
        conus=Conus(level=None, tip_lps=None, reason=reason),
        instances=MappingProxyType({}),
    )


def _primary(columns: Sequence[Column], study: Study) -> Column:
    """The series to locate on: with a sacrum, well covered, then by contrast."""
    best = max(min(len(c.planes), WHOLE_LUMBAR) for c in columns)

    def rank(candidate: Column) -> tuple[bool, bool, int]:
        is_short = min(len(candidate.planes), WHOLE_LUMBAR) < COVERAGE_SHARE * best
        contrast = _contrast(candidate.segmentation, study)
        return is_short, not candidate.order.has_sacrum, PREFERENCE.index(contrast)

    return min(columns, key=rank)


def _contrast(segmentation: Segmentation, study: Study) -> Contrast:
    found = next((s for s in study.series if s.key == segmentation.series), None)
    return found.contrast if found is not None else Contrast.UNKNOWN


def _counted(
    primary: Column,
    vertebrae: tuple[VertebraInstance, ...],
    levels: tuple[LevelInstance, ...],
    heights: Mapping[int, float],
) -> tuple[Numbering, tuple[LevelInstance, ...]]:
    """The numbering's state, and the levels with their alternate names."""
    has_sacrum = primary.order.has_sacrum
    discs = [lv.label for lv in levels]
    measures = transitional_measures(primary, vertebrae, discs, heights) if has_sacrum else {}
    signs = transitional_signs(measures)
    state = numbering(len(vertebrae) - has_sacrum, has_sacrum, primary.order.reasons, signs)
    return state, tuple(
        dataclasses.replace(lv, alternate=alternate(lv.name, signs)) for lv in levels
    )
