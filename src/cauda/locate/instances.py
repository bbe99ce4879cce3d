"""Instance maps of every series that shows the same spine in the same frame of reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cauda.geometry import Array, FloatArray, share_frame
from cauda.knowledge import row
from cauda.locate.column import Column, movement
from cauda.locate.outside import drop_outside
from cauda.locate.partition import label_column
from cauda.locate.posterior import label_arches, label_foramina, label_sac
from cauda.locate.vertebrae import Bone
from cauda.records import DISC_LABELS, LevelInstance, VertebraInstance, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaffold:
    """The primary series' spine, by which every series is labeled, with that series' own labels."""

    primary: Column
    bones: tuple[Bone, ...]
    vertebrae: tuple[VertebraInstance, ...]
    levels: tuple[LevelInstance, ...]
    labels: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Instance maps by series key, why series were left out, and what to be wary of."""

    maps: Mapping[str, Array]
    left_out: tuple[str, ...]
    flags: tuple[str, ...]


def column_labels(primary: Column, other: Column, shift: FloatArray) -> Array:
    """Bones and discs of any series, shared out by the primary series' disc planes."""
    return label_column(other.view, primary.planes, other.line, primary.order.has_sacrum, shift)


def draw_instances(scaffold: Scaffold, columns: Sequence[Column]) -> Drawn:
    """Draw the instance map of every series that lies where the primary one does."""
    maps: dict[str, Array] = {}
    left_out: list[str] = []
    flags: list[str] = []
    for other in columns:
        key = other.segmentation.series
        shift = _shift(scaffold.primary, other)
        if shift is None:
            left_out.append(f"Series {key} was left out: {_why_apart(scaffold.primary, other)}.")
            continue
        distance = float(np.linalg.norm(shift))
        if distance > row("thresholds.toml", "check", "series-moved").number("value"):
            flags.append(f"The patient moved by about {distance:.0f} mm in series {key}.")
        labels, unsure = _drawn(scaffold, other, shift)
        if unsure:
            flags.append(f"Foramina with no certain level or side in series {key}: {unsure}.")
        maps[key] = read_only(other.view.restore(labels))
    return Drawn(maps=MappingProxyType(maps), left_out=tuple(left_out), flags=tuple(flags))


def _shift(primary: Column, other: Column) -> FloatArray | None:
    """How far the patient lies in ``other`` from the primary series; None where not known."""
    if other is primary:
        return np.zeros(3)
    if not share_frame(primary.view.space, other.view.space):
        return None
    return movement(primary, other)


def _why_apart(primary: Column, other: Column) -> str:
    if not share_frame(primary.view.space, other.view.space):
        return "it does not share the frame of reference of the series the spine was located on"
    return "its discs do not lie where those of the other series lie"


def _drawn(scaffold: Scaffold, other: Column, shift: FloatArray) -> tuple[Array, int]:
    """The cropped instance map, and how many foramina it leaves out."""
    labels = (
        scaffold.labels.copy()
        if other is scaffold.primary
        else column_labels(scaffold.primary, other, shift)
    )
    label_sac(other.view, labels)
    named = {v.label for v in scaffold.vertebrae}
    discs = {lv.label for lv in scaffold.levels}
    is_bone = (labels > 0) & (labels < 50)
    labels[is_bone & ~np.isin(labels, list(named))] = 0
    labels[(labels > DISC_LABELS) & ~np.isin(labels, list(discs))] = 0
    axes = {b.label: b.axes for b in scaffold.bones}
    label_arches(other.view, axes, shift, labels, named)
    frames = {lv.label: lv.frame for lv in scaffold.levels}
    unsure = label_foramina(other.view, frames, shift, labels)
    drop_outside(other.view, labels)
    return labels, unsure
