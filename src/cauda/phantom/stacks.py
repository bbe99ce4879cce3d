"""Where the slices of a clinical lumbar study lie, for one synthetic spine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian

from cauda.geometry import Space
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.truth import levels_of
from cauda.vocab import Contrast

OBLIQUITY_DEG = 1.5
"""Standard deviation of a sagittal stack's turn and lean: technicians do not place it perfectly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """What is acquired, and how it is stored.

    Parameters
    ----------
    contrasts : tuple of Contrast
        Sagittal series, in this order.
    sagittal_slices, sagittal_matrix : int
        Slices, and pixels along each side.
    sagittal_pixel_mm, sagittal_slice_mm, sagittal_gap_mm : float
    has_axial : bool
        Whether an axial T2 series follows: one stack a level, angled to its disc.
    axial_slices, axial_matrix : int
        Slices a level; pixels along each side.
    axial_pixel_mm, axial_slice_mm, axial_gap_mm : float
    noise : float
        As in :class:`cauda.phantom.tissue.Protocol`.
    transfer_syntax : str
        DICOM transfer syntax UID.
    """

    contrasts: tuple[Contrast, ...] = (Contrast.T2, Contrast.T1, Contrast.STIR)
    sagittal_slices: int = 17
    sagittal_matrix: int = 384
    sagittal_pixel_mm: float = 0.7
    sagittal_slice_mm: float = 4.0
    sagittal_gap_mm: float = 0.4
    has_axial: bool = True
    axial_slices: int = 5
    axial_matrix: int = 320
    axial_pixel_mm: float = 0.6
    axial_slice_mm: float = 4.0
    axial_gap_mm: float = 0.4
    noise: float = 0.012
    transfer_syntax: str = str(ExplicitVRLittleEndian)


def sagittal_space(anatomy: Anatomy, plan: StudyPlan, frame_uid: str) -> Space:
    """Columns run posterior, rows inferior, slices from the patient's left to the right."""
    rng = np.random.default_rng((anatomy.seed, 1))
    turn, lean = np.radians(rng.normal(0.0, OBLIQUITY_DEG, 2))
    yaw = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    roll = np.array([[np.cos(lean), 0, np.sin(lean)], [0, 1, 0], [-np.sin(lean), 0, np.cos(lean)]])
    turned = yaw @ roll
    directions = np.stack([turned[:, 1], -turned[:, 2], -turned[:, 0]], axis=1)
    step = plan.sagittal_slice_mm + plan.sagittal_gap_mm
    spacing = np.array([plan.sagittal_pixel_mm, plan.sagittal_pixel_mm, step])
    size = plan.sagittal_matrix
    shape = (size, size, plan.sagittal_slices)
    return _centered(shape, directions, spacing, _middle(anatomy), frame_uid)


def axial_spaces(anatomy: Anatomy, plan: StudyPlan, frame_uid: str) -> Iterator[Space]:
    """One stack a lumbar disc, from above: columns run left, rows posterior, slices up."""
    step = plan.axial_slice_mm + plan.axial_gap_mm
    spacing = np.array([plan.axial_pixel_mm, plan.axial_pixel_mm, step])
    shape = (plan.axial_matrix, plan.axial_matrix, plan.axial_slices)
    for n, level in reversed(levels_of(anatomy)):
        if level.value.startswith("T"):
            continue
        disc = anatomy.discs[n]
        directions = np.array(disc.axes).T
        center = np.array(disc.origin_lps) + directions[:, 1] * 20.0
        yield _centered(shape, directions, spacing, center, frame_uid)


def _middle(anatomy: Anatomy) -> NDArray[np.float64]:
    """Center of the sagittal field of view: the conus above and S2 below are inside."""
    column = np.array([s.origin_lps for s in anatomy.segments[anatomy.sacral_count :]])
    sacrum = np.array(anatomy.segments[anatomy.sacral_count - 1].origin_lps)
    result: NDArray[np.float64] = np.array([column[:, 0].mean(), sacrum[1] + 5.0, sacrum[2] + 80.0])
    return result


def _centered(
    shape: tuple[int, int, int],
    directions: NDArray[np.float64],
    spacing: NDArray[np.float64],
    center: NDArray[np.float64],
    frame_uid: str,
) -> Space:
    matrix = np.eye(4)
    matrix[:3, :3] = directions * spacing
    matrix[:3, 3] = center - matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Space.from_matrix(shape, matrix, frame_uid)
