"""The stage itself: paths in, one :class:`~cauda.records.Study` out."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from cauda.errors import NothingFoundError
from cauda.load.dicom_series import dicom_drafts
from cauda.load.discover import Found, files_of
from cauda.load.drafts import Draft, named, require_usable
from cauda.load.file_series import file_draft
from cauda.load.headers import Reading, read_headers
from cauda.load.image_files import is_image_file
from cauda.records import Series, Study, Volume
from cauda.vocab import Contrast

SAME_FRAME_UID = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, 'cauda/same frame').int}"
"""Frame of reference that files without one share where the user says that they do."""


def load(
    paths: Sequence[Path | str] | Path | str,
    *,
    contrast: Contrast | None = None,
    same_frame: bool = False,
) -> Study:
    """Read one study: folders of any depth, zips, a DICOMDIR, single files, or a mix.

    Parameters
    ----------
    paths : path or sequence of paths
        Together one study: DICOM (classic and enhanced MR), NIfTI, MHA, NRRD.
    contrast : Contrast or None
        Contrast of files that carry no timing; wins over their names.
    same_frame : bool
        Whether series without a frame of reference share one.

    Returns
    -------
    Study
        Usable series first, then those that were set aside, each with its reason.

    Raises
    ------
    NothingFoundError
        If no image lies at the paths.
    UnreadableError
        If everything is damaged or in a syntax that cannot be decoded.
    MixedStudiesError
        If there is more than one patient or study.
    GeometryError
        If geometry is missing or slices are missing or uneven, and nothing else is usable.
    OutOfScopeError
        If nothing is an acquired lumbar MR series.
    """
    several = [paths] if isinstance(paths, Path | str) else list(paths)
    with files_of([Path(p) for p in several]) as found:
        reading = read_headers(found.files)
        drafts = dicom_drafts(reading, contrast)
        drafts += [file_draft(p, contrast) for p in reading.others if is_image_file(p)]
    if not drafts:
        msg = (
            f"None of the {len(found.files)} files is an image that can be read; Cauda reads "
            "DICOM, NIfTI, MHA and NRRD."
        )
        raise NothingFoundError(msg)
    require_usable(drafts)
    return _study(drafts, reading, found, same_frame=same_frame)


def _study(drafts: Sequence[Draft], reading: Reading, found: Found, *, same_frame: bool) -> Study:
    series = tuple(_with_warnings(s, found.warnings) for s in named(drafts))
    people = reading.people
    identifiers = {k: v for p in reversed(people) for k, v in p.identifiers.items()}
    return Study(
        series=_in_one_frame(series) if same_frame else series,
        age_years=next((p.age_years for p in people if p.age_years is not None), None),
        sex=next((p.sex for p in people if p.sex is not None), None),
        identifiers=MappingProxyType(identifiers),
    )


def _with_warnings(series: Series, warnings: tuple[str, ...]) -> Series:
    return dataclasses.replace(series, warnings=(*series.warnings, *warnings))


def _in_one_frame(series: Sequence[Series]) -> tuple[Series, ...]:
    """Give series without a frame of reference the study's only one, or one made for them."""
    volumes = [s.volume for s in series if s.volume is not None]
    known = {v.space.frame_of_reference for v in volumes} - {None}
    uid = known.pop() if len(known) == 1 else SAME_FRAME_UID
    return tuple(_placed(s, uid) for s in series)


def _placed(series: Series, uid: str | None) -> Series:
    volume = series.volume
    if volume is None or volume.space.frame_of_reference is not None:
        return series
    space = volume.space.replace(frame_of_reference=uid)
    return dataclasses.replace(series, volume=Volume(voxels=volume.voxels, space=space))
