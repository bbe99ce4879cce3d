"""Every rule, in the order of a report: disc, canal, recess, foramen, alignment, endplates.

Rules of one condition and scale stand together, the one that needs the better images first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType

from cauda.errors import KnowledgeError
from cauda.grade import alignment, canal, contour, disc, endplate, foramen, recess
from cauda.grade.rules import Case, Decide, Rule, Verdict, build
from cauda.grade.thresholds import FILE
from cauda.knowledge import Row, row, rows
from cauda.vocab import UNKNOWN

_DECISIONS: Mapping[str, Decide] = MappingProxyType(
    {
        "contour-axial": contour.contour,
        "contour-sagittal": disc.contour,
        "bulge-axial": contour.bulge,
        "bulge-sagittal": disc.bulge,
        "herniation-axial": contour.herniation,
        "herniation-sagittal": disc.herniation,
        "narrowing-share": disc.narrowing,
        "pfirrmann-signal": disc.pfirrmann,
        "lee-canal-fluid-sagittal": canal.by_fluid,
        "lee-canal-fluid": canal.by_fluid,
        "lee-canal-ratio": canal.by_ratio,
        "schizas": canal.schizas,
        "bartynski": recess.bartynski,
        "root-contact": recess.root,
        "lee-foramen-fat": foramen.by_fat,
        "lee-foramen-size": foramen.by_size,
        "slip-presence": alignment.presence,
        "slip-meyerding": alignment.meyerding,
        "endplate-presence": endplate.presence,
        "modic": endplate.modic,
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
