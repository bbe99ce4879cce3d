"""Decisions about the marrow beside the endplates, where T1 and T2 show it."""

from __future__ import annotations

from cauda.grade.rules import Case, Verdict
from cauda.vocab import Quantity


def modic(case: Case) -> Verdict:
    """0 to 3 by the marrow's signal beside the endplate over that of the vertebra's middle."""
    t1, t2 = (
        _sign(case, Quantity.ENDPLATE_T1, "endplate-t1"),
        _sign(case, Quantity.ENDPLATE_T2, "endplate-t2"),
    )
    words = case.say(
        "signal",
        t1=100 * case.values[Quantity.ENDPLATE_T1],
        t2=100 * case.values[Quantity.ENDPLATE_T2],
    )
    if t1 > 0 and t2 >= 0:
        return Verdict("2", words)
    if t1 < 0 < t2:
        return Verdict("1", words + case.say("infection"))
    if t1 < 0 and t2 < 0:
        return Verdict("3", words)
    if (t1, t2) == (0, 0):
        return Verdict("0", words)
    return Verdict("0", words + case.say("untyped"), is_doubtful=True)


def presence(case: Case) -> Verdict:
    """Present where any type is."""
    verdict = modic(case)
    return verdict._replace(grade="absent" if verdict.grade == "0" else "present")


def _sign(case: Case, quantity: Quantity, cut: str) -> int:
    """-1 darker, 1 brighter, 0 like the middle of the vertebra."""
    dark, bright = case.cuts[cut]
    value = case.values[quantity]
    return int(value > bright) - int(value < dark)
