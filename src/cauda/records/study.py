"""What the load stage gives: volumes, series and the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cauda.geometry import Array, Space
from cauda.records.basic import read_only
from cauda.vocab import Contrast, Plane

IDENTIFIERS = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "InstitutionName",
)
"""DICOM keywords of what says whose images they are, and what ``Study.identifiers`` may hold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """Voxels placed in the patient.

    Parameters
    ----------
    voxels : (I, J, K) array
        Signal in arbitrary units; k runs along the slice normal for slice stacks.
    space : Space
    slice_axis : int
        The voxel axis across slices (2 for every loaded stack).
    """

    voxels: Array
    space: Space
    slice_axis: int = 2

    def __post_init__(self) -> None:
        if self.voxels.shape != self.space.shape:
            msg = f"Voxels of shape {self.voxels.shape} do not fit a space of {self.space.shape}."
            raise ValueError(msg)
        object.__setattr__(self, "voxels", read_only(self.voxels))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One acquisition, or one geometrically uniform part of it, with its voxels.

    Parameters
    ----------
    key : str
        Short stable name within the study, such as ``sag_t2``, ``ax_t2_1``; no identifier.
    plane, contrast : Plane, Contrast
    volume : Volume or None
        ``None`` for a series that was set aside before its pixels were read.
    used : bool
        Whether later stages may use it.
    reason : str
        Why it was told apart as it was, or why it was set aside; a full sentence.
    echo_ms, repetition_ms, inversion_ms : float or None
        TE, TR and TI.
    contrast_agent : bool
        Whether the header says that a contrast agent was given.
    warnings : tuple of str
        Faults that were tolerated.
    headers : tuple of mapping
        One DICOM-JSON mapping an instance, in slice order; never printed.
    frames : tuple of (int, int)
        For each slice of the volume, the index of its header in ``headers`` and its frame number
        in that instance, from 1; 0 for a classic image. Empty for other files than DICOM.
    """

    key: str
    plane: Plane
    contrast: Contrast
    volume: Volume | None
    used: bool
    reason: str
    echo_ms: float | None = None
    repetition_ms: float | None = None
    inversion_ms: float | None = None
    fat_suppressed: bool = False
    contrast_agent: bool = False
    field_strength_t: float | None = None
    warnings: tuple[str, ...] = ()
    headers: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    frames: tuple[tuple[int, int], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """One visit of one patient: the series that can be used and those that were set aside.

    Parameters
    ----------
    series : tuple of Series
    age_years : float or None
    sex : str or None
        ``"M"``, ``"F"`` or ``None``.
    identifiers : mapping
        Patient and study identifiers by DICOM keyword, of :data:`IDENTIFIERS` those that the
        headers hold; leave the program only with ``--keep-identifiers``.
    """

    series: tuple[Series, ...]
    age_years: float | None = None
    sex: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def used(self) -> tuple[Series, ...]:
        """Series that later stages may use."""
        return tuple(s for s in self.series if s.used and s.volume is not None)

    def by_key(self, key: str) -> Series:
        """The series named ``key``."""
        return next(s for s in self.series if s.key == key)
