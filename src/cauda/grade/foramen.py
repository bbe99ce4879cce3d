"""Decisions about a foramen: by the fat round its root, or by its size where fat is not read."""

from __future__ import annotations

from cauda.grade.causes import causes, is_low
from cauda.grade.rules import Case, Verdict
from cauda.grade.thresholds import Derived
from cauda.vocab import Quantity

SIDES = {
    "in front of": (Quantity.FORAMEN_FAT_ANTERIOR, "foramen-fat-anterior"),
    "behind": (Quantity.FORAMEN_FAT_POSTERIOR, "foramen-fat-posterior"),
    "above": (Quantity.FORAMEN_FAT_SUPERIOR, "foramen-fat-superior"),
    "below": (Quantity.FORAMEN_FAT_INFERIOR, "foramen-fat-inferior"),
}
"""The four sides of a root, the quantity that tells its fat, and its cut."""
OPPOSING = ({"in front of", "behind"}, {"above", "below"})


def by_fat(case: Case) -> Verdict:
    """Lee 0-3 by the sides on which the fat is gone, 3 where the root has lost its shape."""
    lost = [
        side for side, (quantity, cut) in SIDES.items() if case.values[quantity] < case.cut(cut)
    ]
    if not lost:
        return Verdict("0", case.say("round"))
    words = case.say("lost", sides=_joined(lost))
    if len(lost) == 1:
        return Verdict("0", words + case.say("one_side"))
    if len(lost) > 2 and _is_open(case):
        held = case.say("held", area=case.values[Quantity.FORAMEN_AREA])
        return Verdict("1", words + held, is_doubtful=True)
    is_changed = _is_changed(case)
    if is_changed and len(lost) > 2:
        share = 100 * case.values[Derived.ROOT_SHARE]
        return Verdict("3", words + case.say("changed", percent=share) + causes(case))
    if len(lost) == len(SIDES):
        unsure = is_changed is None
        note = case.say("no_root") if unsure else ""
        return Verdict("2", words + note + causes(case), is_doubtful=unsure)
    if not any(pair <= set(lost) for pair in OPPOSING):
        words += case.say("unclassed")
    return Verdict("1", words + causes(case))


def _is_open(case: Case) -> bool:
    """Whether the foramen is too large for its root to be walled in, so that fat was misread."""
    area = case.values.get(Quantity.FORAMEN_AREA)
    return area is not None and area >= case.cut("foramen-area-open")


def _joined(sides: list[str]) -> str:
    return sides[0] if len(sides) == 1 else f"{', '.join(sides[:-1])} and {sides[-1]}"


def _is_changed(case: Case) -> bool | None:
    """Whether the root is clearly smaller than the other side's; None where not compared."""
    share = case.values.get(Derived.ROOT_SHARE)
    return None if share is None else share < case.cut("root-share")


def by_size(case: Case) -> Verdict:
    """Lee 0-3 by the directions in which the foramen is narrow."""
    width, height = case.values[Quantity.FORAMEN_WIDTH], case.values[Quantity.FORAMEN_HEIGHT]
    is_shallow = width < case.cut("foramen-width")
    limit_mm = case.first_cut("foramen-height", "foramen-height-other")
    is_short = height <= limit_mm or is_low(case)
    words = case.say("size", width=width, height=height)
    if not (is_shallow or is_short):
        return Verdict("0", words)
    if not (is_shallow and is_short):
        return Verdict("1", words + causes(case))
    if not case.has(Quantity.FORAMEN_AREA):
        return Verdict("2", words + case.say("no_area") + causes(case), is_doubtful=True)
    is_closed = case.values[Quantity.FORAMEN_AREA] < case.cut("foramen-area-severe")
    return Verdict("3" if is_closed else "2", words + causes(case))
