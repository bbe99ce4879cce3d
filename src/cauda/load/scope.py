"""What is set aside before its pixels are read, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cauda.errors import InputError, OutOfScopeError
from cauda.load.facts import Facts, says, shows
from cauda.vocab import Plane

LOCALIZER_SLICES_MAX = 9
"""A stack of more slices than this is no part of a localizer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something is not used, and what to raise if nothing else can be used."""

    reason: str
    error: type[InputError] = OutOfScopeError


def refusal_of(facts: Facts) -> Refusal | None:
    """Say why a series of these facts is out of scope; ``None`` if it is not."""
    for judge in (_modality, _image_type, _region, _purpose):
        reason = judge(facts)
        if reason:
            return Refusal(reason=reason)
    return None


def is_localizer(stacks: Collection[tuple[Plane, int]]) -> bool:
    """Whether one series shows several planes with few slices each, as only localizers do.

    Parameters
    ----------
    stacks : collection of (Plane, int)
        Plane and number of slices of every stack of the series.
    """
    planes = {plane for plane, _ in stacks}
    has_few = all(count <= LOCALIZER_SLICES_MAX for _, count in stacks)
    return Plane.SAGITTAL in planes and len(planes) > 1 and has_few


def region_warning(facts: Facts) -> str:
    """A warning where the header's body part alone names another region; it never excludes."""
    part = frozenset({facts.body_part.lower()})
    if says(part, "elsewhere"):
        return "The header names another body part; that alone does not exclude the series."
    return ""


def _modality(facts: Facts) -> str:
    if facts.modality != "MR":
        name = facts.modality or "an object without a modality"
        return f"Set aside because it is {name}, not MR."
    if not facts.has_pixels:
        return "Set aside because it holds no image."
    return ""


def _image_type(facts: Facts) -> str:
    kind = facts.image_type
    if shows(kind, "localizer"):
        return "Set aside because the image type says that it is a localizer."
    if kind[:1] == ("DERIVED",) or shows(kind, "derived"):
        return "Set aside because the image type says that it is derived, not acquired."
    other = shows(kind[2:], "not_anatomy")
    if other:
        return f"Set aside because the image type {other} is not an anatomical image."
    return ""


def _region(facts: Facts) -> str:
    """Exclude on the free text of the series, then of the study; the body part only keeps in."""
    part = frozenset({facts.body_part.lower()})
    if says(part, "lumbar"):
        return ""
    for name, words in (("series", facts.words), ("study", facts.study_words)):
        if says(words, "lumbar"):
            return ""
        if says(words, "elsewhere"):
            return f"Set aside because the {name} description names another body region."
    return ""


def _purpose(facts: Facts) -> str:
    if says(facts.words, "localizer"):
        return "Set aside because the description says that it is a localizer."
    if says(facts.words, "derived"):
        return "Set aside because the description says that it was computed from other images."
    return ""
