"""Every rule, in the order of a report: disc, canal, recess, foramen, alignment, endplates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType

from cauda.errors import KnowledgeError
from cauda.grade import alignment, disc, stenosis
from cauda.grade.rules import Case, Decide, Rule, Verdict, build
from cauda.grade.thresholds import FILE
from cauda.knowledge import Row, row, rows
from cauda.vocab import UNKNOWN


def undecided(case: Case) -> Verdict:
    """UNKNOWN with the rule's reason: what it needs is not measured by this version."""
    return Verdict(UNKNOWN, case.say("undecided"))


_DECISIONS: Mapping[str, Decide] = MappingProxyType(
    {
        "contour-sagittal": disc.contour,
        "bulge-sagittal": disc.bulge,
        "herniation-sagittal": disc.herniation,
        "narrowing-share": disc.narrowing,
        "pfirrmann-signal": disc.pfirrmann,
        "lee-canal-ratio": stenosis.canal,
        "schizas": undecided,
        "bartynski": undecided,
        "rsna-subarticular": undecided,
        "root-contact": undecided,
        "lee-foramen-size": stenosis.foramen,
        "slip-presence": alignment.presence,
        "slip-meyerding": alignment.meyerding,
        "modic": undecided,
    }
)


@cache
def catalog() -> tuple[Rule, ...]:
    """Every rule of ``thresholds.toml``, checked, in the order of the file.

    Raises
    ------
    KnowledgeError
        If a row has no decision, or uses a cut of another structure, plane or quantity.
    """
    return tuple(build(found, _decision(found)) for found in rows(FILE, "rule"))


def _decision(rule_row: Row) -> Decide:
    """The decision of that row; a crosswalk takes another rule's and translates the grade."""
    source = rule_row.text("from_rule", "")
    if (source or rule_row.id) not in _DECISIONS:
        msg = f"{rule_row.place}: no decision of that id; it is one of {', '.join(_DECISIONS)}."
        raise KnowledgeError(msg)
    if not source:
        return _DECISIONS[rule_row.id]
    return partial(_translated, row(FILE, "rule", source), _DECISIONS[source])


def _translated(source: Row, decide: Decide, case: Case) -> Verdict:
    """The grade of rule ``source`` on the other scale, by position."""
    words = Case(values=case.values, uncertainties=case.uncertainties, cuts=case.cuts, row=source)
    verdict = decide(words)
    if verdict.grade == UNKNOWN:
        return verdict
    return verdict._replace(grade=case.row.texts("crosswalk")[int(verdict.grade)])
