"""Decisions about a disc's outline from axial images, with the sagittal plane beside them."""

from __future__ import annotations

from math import hypot

from cauda.grade.causes import is_displaced, is_slipped
from cauda.grade.disc import is_extruded
from cauda.grade.rules import Case, Verdict
from cauda.grade.thresholds import FILE, Derived
from cauda.knowledge import row
from cauda.vocab import UNKNOWN, Quantity

SIZES = ("small", "moderate", "large")
"""Up to a third of the canal, up to two thirds, more."""


def contour(case: Case) -> Verdict:
    """Fardon's word for the outline: normal, uncovered, bulge, protrusion, extrusion, fragment."""
    if not _is_beyond(case) or _is_fragment(case):
        return _kept(case)
    if is_slipped(case):
        words = case.say("uncovered", mm=_depth(case), slip=case.values[Quantity.SLIP])
        return Verdict("displaced", words, is_doubtful=True)
    share = case.values[Quantity.DISPLACEMENT_CIRCUMFERENCE]
    grade = _shape(case, share)
    words = case.say("measured", mm=_depth(case), percent=100 * share) + _size(case)
    is_doubtful = _is_axial_only(case)
    if grade == "bulge":
        kind = "symmetric" if share > case.cut("bulge-symmetric") else "asymmetric"
        words = f"{kind}; {words}"
    else:
        words += _extrusion_words(case)
    if is_doubtful:
        words += case.say("axial_only", mm=case.values[Quantity.DISPLACEMENT])
    is_out_of_view = grade == "extrusion" and _has_migrated(case)
    return Verdict(grade, words, is_doubtful=is_doubtful, is_out_of_view=is_out_of_view)


def _is_axial_only(case: Case) -> bool:
    """Whether sagittal slices show no displaced disc where axial ones show it within the canal."""
    apex, beside = Quantity.DISPLACEMENT_APEX, Quantity.DISPLACEMENT
    if not case.has(apex, beside) or is_displaced(case):
        return False
    depth = Quantity.DISPLACEMENT_DEPTH
    errors = hypot(case.uncertainties[depth], case.uncertainties[beside])
    is_in_canal = abs(case.values[apex]) <= row(FILE, "place", "apex-canal").number("value")
    return is_in_canal and case.values[depth] - case.values[beside] > errors


def _depth(case: Case) -> float:
    return case.values[Quantity.DISPLACEMENT_DEPTH]


def _is_beyond(case: Case) -> bool:
    """Whether the disc passes the outline of the ring apophyses by more than noise."""
    return _depth(case) >= case.cut("depth-detect")


def _is_fragment(case: Case) -> bool:
    """Whether material lies behind the vertebrae, away from a disc that keeps its outline.

    The outline is judged on the slice through the disc's middle, since slices beside it may show
    the fragment itself.
    """
    is_narrow = case.values[Quantity.DISPLACEMENT_CIRCUMFERENCE] < case.cut("outline-kept")
    is_kept = is_narrow or not _is_beyond(case)
    return is_kept and _has_migrated(case)


def _has_migrated(case: Case) -> bool:
    """Whether displaced material reaches clearly beyond an endplate on sagittal images."""
    up = case.values.get(Quantity.MIGRATION_CRANIAL, 0.0)
    down = case.values.get(Quantity.MIGRATION_CAUDAL, 0.0)
    is_away = up >= case.cut("fragment-cranial") or down >= case.cut("fragment-caudal")
    return is_displaced(case) and is_away


def _kept(case: Case) -> Verdict:
    """The disc keeps its outline; material behind the vertebrae has then left it."""
    if _is_fragment(case):
        ways = (Quantity.MIGRATION_CRANIAL, Quantity.MIGRATION_CAUDAL)
        away = max(case.values.get(way, 0.0) for way in ways)
        return Verdict("sequestration", case.say("fragment", mm=away), is_out_of_view=True)
    if is_displaced(case):
        words = case.say("sagittal_only", mm=case.values[Quantity.DISPLACEMENT])
        return Verdict(_sagittal_grade(case), words, is_doubtful=True)
    return Verdict("normal", case.say("normal"))


def _sagittal_grade(case: Case) -> str:
    """What sagittal images alone say of a disc that keeps its outline on the axial ones.

    A slip uncovers the disc behind the upper body without displacing it.
    """
    if is_slipped(case):
        return "normal"
    return "extrusion" if is_extruded(case) else "displaced"


def _is_contradicted(case: Case) -> bool:
    """Whether sagittal images show displaced disc where the axial ones show none."""
    return is_displaced(case) and not is_slipped(case)


def _shape(case: Case, share: float) -> str:
    if _is_mushroom(case) or is_extruded(case):
        return "extrusion"
    is_wide = share > case.cut("bulge-circumference")
    return "bulge" if is_wide and not _is_focal(case) else "protrusion"


def _is_focal(case: Case) -> bool:
    """Whether a lesion stands out, if on a bulge: only then are its base and dome measured."""
    return Derived.DOME_SHARE in case.values


def _is_mushroom(case: Case) -> bool:
    """Whether displaced material is wider than its base in the axial plane."""
    dome = case.values.get(Derived.DOME_SHARE)
    return dome is not None and dome > case.cut("dome-share")


def _extrusion_words(case: Case) -> str:
    """In which plane an extrusion shows."""
    planes = [
        plane
        for plane, shown in (("axial", _is_mushroom(case)), ("sagittal", is_extruded(case)))
        if shown
    ]
    return case.say("wider", planes=" and ".join(planes)) if planes else ""


def _size(case: Case) -> str:
    """Size by thirds of the canal."""
    canal = case.values.get(Quantity.DISPLACEMENT_CANAL)
    if canal is None:
        return ""
    third = sum(canal > limit for limit in case.cuts["displacement-canal"])
    return case.say("thirds", percent=100 * canal, size=SIZES[third])


def _undecided(case: Case) -> Verdict:
    """The planes contradict each other, and nothing tells which is right."""
    return Verdict(UNKNOWN, case.say("contradicted", mm=case.values[Quantity.DISPLACEMENT]))


def _beside(case: Case) -> Verdict:
    """Herniation of a disc that keeps its outline: an extrusion may show in one plane alone."""
    if not _is_contradicted(case):
        return Verdict("absent", case.say("absent"))
    if not is_extruded(case):
        return _undecided(case)
    words = case.say("sagittal_only", mm=case.values[Quantity.DISPLACEMENT])
    return Verdict("present", words, is_doubtful=True)


def bulge(case: Case) -> Verdict:
    """Present where the outline is passed over more than a quarter of it, no slip uncovering it."""
    if not _is_beyond(case):
        return _undecided(case) if _is_contradicted(case) else Verdict("absent", case.say("absent"))
    if is_slipped(case):
        return Verdict(UNKNOWN, case.say("uncovered", slip=case.values[Quantity.SLIP]))
    share = case.values[Quantity.DISPLACEMENT_CIRCUMFERENCE]
    is_wide = share > case.cut("bulge-circumference")
    return Verdict("present" if is_wide else "absent", case.say("share", percent=100 * share))


def herniation(case: Case) -> Verdict:
    """Present where the contour is a protrusion, an extrusion or a fragment."""
    if _is_fragment(case):
        return Verdict("present", case.say("free"))
    if not _is_beyond(case):
        return _beside(case)
    if is_slipped(case):
        return Verdict(UNKNOWN, case.say("uncovered", slip=case.values[Quantity.SLIP]))
    shape = _shape(case, case.values[Quantity.DISPLACEMENT_CIRCUMFERENCE])
    if shape == "bulge":
        return Verdict("absent", case.say("bulge"))
    return Verdict("present", case.say("present", kind=shape))
