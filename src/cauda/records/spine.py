"""What the locate stage gives: named vertebrae and levels, numbering, conus, axial slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cauda.geometry import Array, Frame
from cauda.records.basic import Point
from cauda.vocab import Level, Vertebra


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane3:
    """An endplate: a plane fitted in the patient.

    Parameters
    ----------
    point_lps : Point
        Center of the endplate, mm.
    normal_lps : Point
        Unit normal, pointing up.
    """

    point_lps: Point
    normal_lps: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraInstance:
    """One vertebra that was found; the sacrum is one with name S1.

    Parameters
    ----------
    name : Vertebra
    label : int
        Its value in the instance maps of :attr:`Spine.instances`.
    ordinal : int
        0 for the sacrum (S1), 1 for the vertebra above it, ...; counted from the lowest seen
        where no sacrum is in view.
    centroid_lps : Point
        Of the body.
    upper, lower : Plane3 or None
        Endplates; the sacrum has no lower one.
    is_partial : bool
        Cut by the edge of the field of view.
    """

    name: Vertebra
    label: int
    ordinal: int
    centroid_lps: Point
    upper: Plane3 | None
    lower: Plane3 | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInstance:
    """One disc level that was found, with its local frame.

    Parameters
    ----------
    name : Level
    alternate : Level or None
        Its name if the numbering were off by one, where that is uncertain.
    label : int
        The disc's value in the instance maps.
    above, below : int
        Labels of the two vertebrae.
    frame : Frame
    is_partial : bool
        Disc or a neighbor cut by the edge of the field of view.
    """

    name: Level
    alternate: Level | None
    label: int
    above: int
    below: int
    frame: Frame
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How sure the level names are (clinical rules 6.3 and 14.5)."""

    state: Literal["verified", "conventional", "uncertain"]
    reasons: tuple[str, ...]
    lumbar_count: int | None
    alternate: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conus:
    """Where the conus tip lies; ``level`` is None where it cannot be told, with the reason."""

    level: str | None
    tip_lps: Point | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxialSlice:
    """Which level one axial slice belongs to.

    Parameters
    ----------
    series : str
    slice : int
        Index along the series' slice axis.
    level : Level or None
    angle_deg : float
        Between the slice and the disc plane; NaN without a level.
    distance_mm : float
        Slice center to disc plane along the disc normal, positive above; NaN without a level.
    """

    series: str
    slice: int
    level: Level | None
    angle_deg: float
    distance_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spine:
    """Named vertebrae and levels, from below upward.

    Parameters
    ----------
    vertebrae, levels : tuple
        Ordered from caudal to cranial.
    instances : mapping of series key -> (I, J, K) int16 array
        On the grid of that series' segmentation: 0 background, 1 sacrum, 2, 3, ... vertebral
        bodies upward, 101, 102, ... discs upward. Where a vertebra's own label is ``v``, its
        posterior arch is ``v + 200``; foramina are ``disc + 200`` (left: 301 ...) and
        ``disc + 300`` (right: 401 ...); the sac is 50 and the cord 51.
    """

    vertebrae: tuple[VertebraInstance, ...]
    levels: tuple[LevelInstance, ...]
    numbering: Numbering
    conus: Conus
    instances: Mapping[str, Array]
    axial_slices: tuple[AxialSlice, ...] = ()

    def level(self, name: Level) -> LevelInstance | None:
        """The level of that name, if it was found."""
        return next((lv for lv in self.levels if lv.name == name), None)

    def title(self, name: Level) -> str:
        """The level's name, with the other one that it may have: ``L4-L5 (or L5-L6)``."""
        found = self.level(name)
        if found is None or found.alternate is None:
            return name.value
        return f"{name.value} (or {found.alternate.value})"

    def vertebra(self, label: int) -> VertebraInstance | None:
        """The vertebra with that instance label, if it was found."""
        return next((v for v in self.vertebrae if v.label == label), None)


SAC_LABEL = 50
CORD_LABEL = 51
DISC_LABELS = 100
"""Disc n (1 lowest) is ``DISC_LABELS + n`` in an instance map."""
ARCH_OFFSET = 200
LEFT_FORAMEN_OFFSET = 200
"""Left foramen of disc label d is ``d + LEFT_FORAMEN_OFFSET``."""
RIGHT_FORAMEN_OFFSET = 300
