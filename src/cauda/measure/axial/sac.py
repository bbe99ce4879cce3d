"""The dural sac on axial slices: area and diameters at the disc, area at the pedicles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cauda.geometry import Frame
from cauda.measure.axial.cut import (
    DURAL,
    STEP_MM,
    Cut,
    Floats,
    area_mm2,
    blur_mm,
    centroid,
    chord,
    cuts,
    rings,
)
from cauda.measure.axial.profile import USUAL_SLICE_MM, at, least
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.records import Segmentation, VertebraInstance
from cauda.vocab import Quantity, Structure

LEAST_MM2 = 4.0
"""A smaller section is noise."""

NEAR_MM = 25.0
"""The sac's center lies within this distance of the midline."""

BELOW_ENDPLATE_MM = 4.0
"""The pedicle plane lies this far below a vertebra's upper endplate: in its pedicles' upper part,
where the lowest slice of a stack angled to the disc above still passes."""

PEDICLE_REACH_MM = 3.5
"""A slice's center this near to the pedicle plane still shows it: half a slice and its gap."""

LEAST_CORD_MM2 = 6.0
"""More cord than this on a slice withholds what rests on the rootlets."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SacSection:
    """The sac on one slice.

    Parameters
    ----------
    cut : Cut
    ring : (N, 2) array
        Its outline, x' and y' in mm.
    """

    cut: Cut
    ring: Floats

    @cached_property
    def area_mm2(self) -> float:
        """Area, projected on the disc plane."""
        return area_mm2(self.ring)

    @cached_property
    def center(self) -> tuple[float, float]:
        """X' and y' of the centroid."""
        return centroid(self.ring)

    @property
    def z_mm(self) -> float:
        """Z' of the slice at the centroid."""
        return self.cut.z_mm(*self.center)

    def ends(self, axis: int) -> tuple[float, float]:
        """Ends of the chord through the centroid along x' (0) or y' (1)."""
        found = chord(self.ring, axis, self.center[1 - axis])
        return found or (self.center[axis], self.center[axis])

    def line(self, axis: int) -> Floats:
        """(2, 2): that chord."""
        line = np.array([self.center, self.center])
        line[:, axis] = self.ends(axis)
        return line

    def length_mm(self, axis: int) -> float:
        """Length of that chord."""
        low, high = self.ends(axis)
        return high - low

    @cached_property
    def blur_mm(self) -> float:
        """Width of the outline's fading."""
        return blur_mm(self.cut.of(*DURAL), self.ring)

    @property
    def shows_cord(self) -> bool:
        """Whether the slice shows cord."""
        return float(self.cut.of(Structure.CORD).sum()) * STEP_MM**2 > LEAST_CORD_MM2


def section(cut: Cut) -> SacSection | None:
    """The sac on one slice; None where it is not seen."""
    found = [r for r in rings(cut.of(*DURAL)) if abs(r[:, 0].mean()) < NEAR_MM and len(r) > 3]
    largest = max(found, key=area_mm2, default=None)
    if largest is None or area_mm2(largest) < LEAST_MM2:
        return None
    return SacSection(cut=cut, ring=largest)


def sections(found: Sequence[Cut]) -> tuple[SacSection, ...]:
    """The sac on every slice that shows it."""
    return tuple(s for s in map(section, found) if s is not None)


def sac_readings(shown: Sequence[SacSection], half_disc_mm: float) -> tuple[Reading, ...]:
    """Least area, AP and transverse diameter within one slice of the disc.

    Parameters
    ----------
    shown : sequence of SacSection
        In the level's frame; empty gives nothing.
    half_disc_mm : float
        Half the disc's middle height.
    """
    if not shown:
        return ()
    reach = half_disc_mm + USUAL_SLICE_MM
    heights = [s.z_mm for s in shown]
    if min(abs(z) for z in heights) > reach:
        return ()
    areas = least(heights, [s.area_mm2 for s in shown], (-reach, reach))
    worst = shown[areas.place]
    blur = worst.blur_mm
    found = [
        Reading(
            quantity=Quantity.SAC_AREA,
            value=areas.value,
            method="sac-area-axial-min",
            slice=worst.cut.index,
            points_lps=worst.cut.lps(worst.ring),
            spread=Spread(blur=blur * float(np.pi * areas.value) ** 0.5, change=areas.step),
        )
    ]
    for quantity, axis, method in (
        (Quantity.SAC_AP, 1, "sac-ap-axial-min"),
        (Quantity.SAC_TRANSVERSE, 0, "sac-transverse-axial-min"),
    ):
        length = least(heights, [s.length_mm(axis) for s in shown], (-reach, reach))
        at_slice = shown[length.place]
        found.append(
            Reading(
                quantity=quantity,
                value=length.value,
                method=method,
                slice=at_slice.cut.index,
                points_lps=at_slice.cut.lps(at_slice.line(axis)),
                spread=Spread(blur=2**0.5 * at_slice.blur_mm, change=length.step),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleArea:
    """Area of the sac in the pedicle plane of one vertebra, and the slice nearest to it."""

    value: float
    nearest: SacSection


def pedicle_area(
    vertebra: VertebraInstance, like: Frame, segmentation: Segmentation
) -> PedicleArea | None:
    """Area of the sac in a vertebra's pedicle plane on one series; None where it is not shown.

    Parameters
    ----------
    vertebra : VertebraInstance
    like : Frame
        Of a level beside it: gives the way to the left.
    segmentation : Segmentation
        Axial.
    """
    if vertebra.upper is None:
        return None
    frame = _pedicle_frame(vertebra.upper.point_lps, vertebra.upper.normal_lps, like)
    shown = sections(cuts(segmentation, frame, 4 * PEDICLE_REACH_MM))
    if not shown:
        return None
    heights = [s.z_mm for s in shown]
    value = at(heights, [s.area_mm2 for s in shown], 0.0, PEDICLE_REACH_MM)
    if not np.isfinite(value):
        return None
    return PedicleArea(value=value, nearest=shown[int(np.abs(heights).argmin())])


def _pedicle_frame(
    point_lps: tuple[float, float, float], normal_lps: tuple[float, float, float], like: Frame
) -> Frame:
    up = np.array(normal_lps)
    left = np.array(like.left_lps) - (np.array(like.left_lps) @ up) * up
    left = left / np.linalg.norm(left)
    x, y, z = (np.array(point_lps) - BELOW_ENDPLATE_MM * up).tolist()
    back = np.cross(up, left).tolist()
    return Frame(
        origin_lps=(x, y, z),
        left_lps=(float(left[0]), float(left[1]), float(left[2])),
        posterior_lps=(back[0], back[1], back[2]),
        up_lps=normal_lps,
    )


def normal_readings(
    areas: Sequence[PedicleArea], sac_area: Reading, series: str
) -> tuple[Reading, ...]:
    """Mean sac area at the pedicles round a level, and the share of it left at the disc.

    Parameters
    ----------
    areas : sequence of PedicleArea
        From any series; empty gives nothing.
    sac_area : Reading
        At the disc.
    series : str
        The series that is measured: only its own outline is drawn.
    """
    if not areas:
        return ()
    normal = float(np.mean([a.value for a in areas]))
    own = [a.nearest for a in areas if a.nearest.cut.segmentation.series == series]
    nearest = (own or [areas[0].nearest])[0]
    blur = nearest.blur_mm * float(np.pi * normal) ** 0.5
    change = float(np.ptp([a.value for a in areas]))
    pedicle = Reading(
        quantity=Quantity.SAC_PEDICLE_AREA,
        value=normal,
        method="sac-area-pedicle",
        slice=nearest.cut.index if own else sac_area.slice,
        points_lps=nearest.cut.lps(nearest.ring) if own else (),
        spread=Spread(blur=blur, change=change / 2),
    )
    share = sac_area.value / normal
    ratio = Reading(
        quantity=Quantity.SAC_RATIO,
        value=share,
        method="sac-area-ratio-pedicle",
        slice=sac_area.slice,
        points_lps=sac_area.points_lps,
        spread=Spread(
            blur=float(np.hypot(sac_area.spread.blur, share * blur)) / normal,
            change=sac_area.spread.change / normal,
        ),
    )
    return (pedicle, ratio)
