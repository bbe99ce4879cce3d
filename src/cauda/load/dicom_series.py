"""Slices of a DICOM study -> drafts of its series: told apart, stacked, read, or set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from cauda.errors import MixedStudiesError, OutOfScopeError, UnreadableError
from cauda.load.appearance import open_contrast
from cauda.load.describe import Weighting, has_agent, plane_of, reason_of, weighting_of
from cauda.load.drafts import Draft, depth_order, set_aside
from cauda.load.facts import Facts
from cauda.load.headers import Person, Reading
from cauda.load.pixels import same_pixels, volume_of
from cauda.load.scope import is_localizer, refusal_of, region_warning
from cauda.load.slices import Slice
from cauda.load.stacks import Fault, Stack, stacks_of
from cauda.records import Series, Volume
from cauda.vocab import Contrast, Plane


def dicom_drafts(reading: Reading, contrast: Contrast | None) -> list[Draft]:
    """Draft every DICOM series.

    Parameters
    ----------
    reading : Reading
        From :func:`cauda.load.headers.read_headers`.
    contrast : Contrast or None
        What the user says, for series whose header and description say nothing.

    Raises
    ------
    MixedStudiesError
        If the files belong to more than one patient or study.
    """
    require_one_study(reading.people)
    drafts: list[Draft] = []
    by_series: dict[str, list[Slice]] = defaultdict(list)
    for item in reading.slices:
        by_series[item.series_uid].append(item)
    for uid in sorted(by_series):
        drafts.extend(_series_drafts(by_series[uid], contrast))
    if reading.damaged:
        reason = f"DICOM files with a damaged header, which could not be read: {reading.damaged}."
        drafts.append(set_aside(reason, UnreadableError))
    return drafts


def require_one_study(people: Sequence[Person]) -> None:
    """Refuse files of several patients or studies.

    Raises
    ------
    MixedStudiesError
        Saying how many of each, and how many files each study has.
    """
    # Names are spelled in many ways, so they count only where nobody has an id.
    patients = _values(people, "PatientID") or _values(people, "PatientName")
    studies = [uid for p in people if (uid := p.identifiers.get("StudyInstanceUID", ""))]
    if len(patients) <= 1 and len(set(studies)) <= 1:
        return
    counts = sorted((studies.count(uid) for uid in set(studies)), reverse=True)
    listed = ", ".join(str(count) for count in counts)
    msg = (
        f"The input mixes patients or studies (patients: {len(patients)}, studies: "
        f"{len(counts)}, files in each study: {listed}); give one study of one patient."
    )
    raise MixedStudiesError(msg)


def _values(people: Sequence[Person], keyword: str) -> set[str]:
    return {value for p in people if (value := p.identifiers.get(keyword, ""))}


def _series_drafts(slices: Sequence[Slice], contrast: Contrast | None) -> list[Draft]:
    kept: list[Slice] = []
    refused: dict[str, Draft] = {}
    for item in slices:
        refusal = refusal_of(item.facts)
        if refusal is None:
            kept.append(item)
        elif refusal.reason not in refused:
            refused[refusal.reason] = set_aside(
                refusal.reason, refusal.error, order=(*_series_order(item), item.sop_uid)
            )
    single = _without_copies(kept)
    parts = stacks_of(single, same_pixels=same_pixels)
    if is_localizer([(_plane(p.slices[0]), len(p.slices)) for p in parts if isinstance(p, Stack)]):
        reason = "Set aside because it shows several planes in one series, as a localizer does."
        localizer = set_aside(reason, OutOfScopeError, order=_series_order(single[0]))
        return [*refused.values(), localizer]
    copies = len(kept) - len(single)
    notes = (f"Duplicate files left out: {copies}.",) if copies else ()
    return [*refused.values(), *(_draft(part, contrast, notes) for part in parts)]


def _without_copies(slices: Iterable[Slice]) -> list[Slice]:
    """Drop files that repeat an image's identity and place; the largest file is the whole one."""
    return list({(s.identity, s.pose): s for s in slices}.values())


def _draft(part: Stack | Fault, contrast: Contrast | None, notes: tuple[str, ...]) -> Draft:
    if isinstance(part, Fault):
        return _faulty(part)
    first = part.slices[0]
    try:
        volume = volume_of(part, first.facts.frame_of_reference)
    except UnreadableError as error:
        return _faulty(Fault(slices=part.slices, reason=str(error), error=UnreadableError))
    plane, weighting = _plane(first), weighting_of(first.facts)
    if weighting.is_open:
        weighting = open_contrast(weighting, contrast, volume, plane)
    order = (*_series_order(first), depth_order(volume, plane), *_place_order(first))
    return Draft(series=_series(part, volume, plane, weighting, notes), order=order)


def _faulty(fault: Fault) -> Draft:
    first = fault.slices[0]
    return set_aside(
        fault.reason,
        fault.error,
        order=(*_series_order(first), 0.0, *_place_order(first)),
        plane=_plane(first),
        contrast=weighting_of(first.facts).contrast,
    )


def _plane(item: Slice) -> Plane:
    return Plane.UNKNOWN if item.pose is None else plane_of(item.pose.normal)


def _series(
    stack: Stack, volume: Volume, plane: Plane, weighting: Weighting, notes: tuple[str, ...]
) -> Series:
    facts = stack.slices[0].facts
    headers = {id(s.header): s.header for s in stack.slices}
    return Series(
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
        contrast_agent=has_agent(facts),
        field_strength_t=facts.field_strength_t,
        warnings=(*_warnings(facts, weighting), *notes, *stack.warnings),
        headers=tuple(headers.values()),
        frames=_frames(stack, list(headers)),
    )


def _frames(stack: Stack, header_ids: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Header index and frame number (from 1; 0 for a classic image) of every slice."""
    return tuple(
        (header_ids.index(id(s.header)), 0 if s.frame is None else s.frame + 1)
        for s in stack.slices
    )


def _warnings(facts: Facts, weighting: Weighting) -> tuple[str, ...]:
    lossy = "The images were compressed with loss." if facts.is_lossy else ""
    return tuple(w for w in (weighting.warning, region_warning(facts), lossy) if w)


def _series_order(item: Slice) -> tuple[float | str, ...]:
    return item.facts.series_number, item.series_uid


def _place_order(item: Slice) -> tuple[float | str, ...]:
    position = item.pose.position_lps if item.pose else ()
    return (item.facts.echo_ms or 0.0, *item.turn, *position, item.sop_uid)
