"""The impression of a report: one composed line a level, and what was not assessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cauda.grade.severity import WORDS, severity, worst
from cauda.grade.zones import is_herniation
from cauda.knowledge import rows
from cauda.records import Finding, Spine
from cauda.vocab import GRADED_LEVELS, Condition, Level, Scale, Side

JUDGED_LEVELS = (Level.L4_L5, Level.L5_S1)
"""First among equals: the levels the product is judged by."""


def impression(findings: Sequence[Finding], spine: Spine) -> tuple[str, ...]:
    """Short sentences, the worst level first; L4-L5 and L5-S1 first among equals.

    Parameters
    ----------
    findings : sequence of Finding
    spine : Spine
        Its numbering is said first where it is uncertain.

    Returns
    -------
    tuple of str
        One line for each level with something to say, never empty.
    """
    first: tuple[str, ...] = ()
    if spine.numbering.state == "uncertain":
        reasons = "; ".join(spine.numbering.reasons)
        first = (f"Level names are uncertain ({reasons}); verify the level before any procedure.",)
    levels = tuple(dict.fromkeys(f.level for f in findings))
    graded = [lv for lv in levels if any(f.is_known for f in findings if f.level == lv)]
    ordered = sorted(graded, key=lambda lv: _place(findings, lv, levels))
    is_doubted = spine.numbering.state == "uncertain"
    said = (level_line(findings, lv, spine.title(lv), is_name_doubted=is_doubted) for lv in ordered)
    lines = tuple(line for line in said if line)
    return (*first, *(lines or (_nothing_line(graded),)))


def _place(
    findings: Iterable[Finding], level: Level, levels: Sequence[Level]
) -> tuple[int, bool, int]:
    worst_here = worst(f for f in findings if f.level == level)
    return -worst_here, level not in JUDGED_LEVELS, -levels.index(level)


def _nothing_line(graded: Sequence[Level]) -> str:
    if not graded:
        return "No level could be graded; see what was not assessed."
    return f"Nothing abnormal among what was graded at {_named(graded)}; see what was not assessed."


def level_line(
    findings: Iterable[Finding], level: Level, title: str = "", *, is_name_doubted: bool = False
) -> str:
    """What is abnormal at ``level`` in one sentence under that title; empty where nothing is.

    Where the level's name is in doubt every finding has lost a step of certainty: what is mild is
    said all the same.
    """
    here = [f for f in findings if f.level == level]
    parts = [disc_phrase(here), _slip_phrase(here), *_stenosis_phrases(here, is_name_doubted)]
    said = "; ".join(part for part in parts if part)
    return f"{title or level.value}: {said}." if said else ""


def disc_phrase(findings: Iterable[Finding]) -> str:
    """One phrase for the disc, from contour, bulge, herniation, height and signal together.

    The most specific contour word that was graded stands alone: the kind of herniation where axial
    images gave it, else herniation, then bulge, then displacement.
    """
    known = {f.condition: f for f in findings if f.is_known and f.rank > 0}
    contour = known.get(Condition.DISC_CONTOUR)
    parts = []
    if contour is not None and is_herniation(contour):
        word = " ".join(part for part in (_place_word(contour), "disc", contour.grade) if part)
        parts.append(_bracketed(word, _clauses(contour)[-1:], contour))
        known.pop(Condition.DISC_HERNIATION, None)
    for condition, word in (
        (Condition.DISC_HERNIATION, "disc herniation"),
        (Condition.DISC_BULGE, "disc bulge"),
        (Condition.DISC_CONTOUR, "disc displacement"),
    ):
        if condition in known and not parts:
            parts.append(_bracketed(word, _clauses(known[condition]), known[condition]))
    if Condition.DISC_NARROWING in known:
        parts.append("disc narrowing")
    degeneration = known.get(Condition.DISC_DEGENERATION)
    if degeneration is not None and severity(degeneration) > 0:
        said = f"degeneration Pfirrmann {degeneration.grade}"
        parts.append(_bracketed(said, [], degeneration))
    return ", ".join(parts)


def _place_word(contour: Finding) -> str:
    """``left subarticular``; empty where the zone was not told."""
    return " ".join(str(part) for part in (contour.side, contour.zone) if part)


def _slip_phrase(findings: Iterable[Finding]) -> str:
    known = {
        f.scale: f for f in findings if f.condition == Condition.SPONDYLOLISTHESIS and f.rank > 0
    }
    if Scale.PRESENCE not in known:
        return ""
    slip = known[Scale.PRESENCE]
    grade = [f"Meyerding {known[Scale.MEYERDING].grade}"] if Scale.MEYERDING in known else []
    return _bracketed("slip", [*_clauses(slip)[:1], *grade], slip)


def _stenosis_phrases(findings: Sequence[Finding], is_name_doubted: bool) -> list[str]:
    places = (
        (Condition.CANAL_STENOSIS, None, "canal stenosis"),
        (Condition.SUBARTICULAR_STENOSIS, Side.RIGHT, "right subarticular stenosis"),
        (Condition.SUBARTICULAR_STENOSIS, Side.LEFT, "left subarticular stenosis"),
        (Condition.ROOT_COMPROMISE, Side.RIGHT, "right root compromise"),
        (Condition.ROOT_COMPROMISE, Side.LEFT, "left root compromise"),
        (Condition.FORAMINAL_STENOSIS, Side.RIGHT, "right foraminal stenosis"),
        (Condition.FORAMINAL_STENOSIS, Side.LEFT, "left foraminal stenosis"),
    )
    phrases = []
    for condition, side, words in places:
        here = [f for f in findings if (f.condition, f.side) == (condition, side)]
        found = max(here, key=severity, default=None)
        if found is not None and (
            _is_worth_saying(found) or _is_only_doubted(found, is_name_doubted)
        ):
            author = found.scale.value.split(maxsplit=1)[0]
            said = f"{WORDS[severity(found)]} {words}"
            phrases.append(_bracketed(said, [f"{author} {found.grade}"], found))
    return phrases


def _is_worth_saying(finding: Finding) -> bool:
    """Mild narrowing of low certainty stays in the findings: it would bury what matters."""
    return severity(finding) > 1 or (severity(finding) == 1 and finding.certainty != "low")


def _is_only_doubted(finding: Finding, is_name_doubted: bool) -> bool:
    """Whether something mild may be of low certainty for its level's name alone."""
    return is_name_doubted and severity(finding) == 1 and not finding.borderline


def _clauses(finding: Finding) -> list[str]:
    """The detail's clauses without their numbers, which stand at the level itself."""
    return [clause.split(": ")[0] for clause in finding.detail.split("; ") if clause]


def _bracketed(words: str, remarks: Sequence[str], finding: Finding) -> str:
    """``words (remarks; borderline; low certainty)``."""
    doubts = ["borderline"] * finding.borderline + ["low certainty"] * (finding.certainty == "low")
    said = "; ".join([*remarks, *doubts])
    return f"{words} ({said})" if said else words


def not_assessed(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What could not be graded, with the reasons, then what is never looked at.

    Findings that share condition, sides and reason are said once, with their levels.
    """
    findings = tuple(findings)
    grouped: dict[tuple[str, str], list[Level]] = {}
    for level in dict.fromkeys(f.level for f in findings):
        here = [f for f in findings if f.level == level]
        if not any(f.is_known for f in here) and len({f.reason_unknown for f in here}) == 1:
            grouped.setdefault(("Everything", here[0].reason_unknown), []).append(level)
            continue
        for key in dict.fromkeys(_unknown_keys(here)):
            grouped.setdefault(key, []).append(level)
    unknown = [f"{what}, {_named(lv)}: {why}" for (what, why), lv in grouped.items()]
    standing = [found.text("text") for found in rows("not_assessed.toml", "standing")]
    return tuple(f"{line.rstrip('.')}." for line in (*unknown, *standing))


def _unknown_keys(here: Sequence[Finding]) -> list[tuple[str, str]]:
    """(What, why) of each condition that is UNKNOWN at one level, both sides as one."""
    unknown = [f for f in here if not f.is_known]
    keys = []
    for finding in unknown:
        alike = [
            f
            for f in unknown
            if (f.condition, f.reason_unknown) == (finding.condition, finding.reason_unknown)
        ]
        words = finding.condition.value.replace("_", " ").capitalize()
        place = (finding.condition, finding.side)
        if any(f.is_known and (f.condition, f.side) == place for f in here):
            words += f" on the scale {' and '.join(dict.fromkeys(f.scale for f in alike))}"
        sides = [s.value for s in (Side.RIGHT, Side.LEFT) if any(f.side == s for f in alike)]
        keys.append((f"{words}, {' and '.join(sides)}" if sides else words, finding.reason_unknown))
    return keys


def _named(levels: Sequence[Level]) -> str:
    """The levels by name; a run of the usual five as first to last."""
    if tuple(levels) == GRADED_LEVELS:
        return f"{levels[0].value} to {levels[-1].value}"
    return ", ".join(level.value for level in levels)
