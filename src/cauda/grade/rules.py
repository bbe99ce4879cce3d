"""Rules: frozen records with a stable id, their cited cuts, and a pure decision.

A rule's words, cuts and source stand in ``knowledge/thresholds.toml`` under ``[rule]``; its
decision is a function of one :class:`Case` whose docstring is the advice printed beside a grade.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from cauda.errors import KnowledgeError
from cauda.grade.thresholds import FILE, Readable, Threshold, bind, readable
from cauda.knowledge import Row, row
from cauda.records import Certainty
from cauda.vocab import Condition, Level, Plane, Scale

CERTAINTIES: tuple[Certainty, ...] = ("high", "moderate", "low")
Validation = Literal["none", "synthetic", "real"]


class Verdict(NamedTuple):
    """What a rule decides.

    ``words`` is the detail, or the reason where ``grade`` is ``UNKNOWN``. ``is_doubtful`` lowers
    the certainty by a step. ``is_out_of_view`` says that the grade rests on what images at the
    height of the disc do not show.
    """

    grade: str
    words: str = ""
    is_doubtful: bool = False
    is_out_of_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one rule sees of one level and side.

    Parameters
    ----------
    values, uncertainties : mapping
        Of the quantities that were measured; half-width of the 90 % interval.
    cuts : mapping of threshold id to limits
        Only the cuts made for this level.
    row : Row
        The rule's own row, which holds its texts.
    """

    values: Mapping[Readable, float]
    uncertainties: Mapping[Readable, float]
    cuts: Mapping[str, tuple[float, ...]]
    row: Row

    def has(self, *quantities: Readable) -> bool:
        """Whether all of them were measured."""
        return all(q in self.values for q in quantities)

    def cut(self, id_: str) -> float:
        """The single limit of that threshold."""
        (limit,) = self.cuts[id_]
        return limit

    def first_cut(self, *ids: str) -> float:
        """The limit of the first of those thresholds that was made for the level."""
        return self.cut(next(id_ for id_ in ids if id_ in self.cuts))

    def say(self, field: str, **numbers: float | str) -> str:
        """The rule's text ``field`` with the numbers filled in."""
        return self.row.text(field).format(**numbers)


Decide = Callable[[Case], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to grade one condition on one scale.

    Parameters
    ----------
    id : str
    condition : Condition
    scale : Scale
    needs : tuple of Readable
        Without all of them the grade is UNKNOWN.
    helps : tuple of Readable
        Used where they were measured.
    plane : Plane
        Of the images it reads; a quantity measured on another plane does not count.
    beside : frozenset of Readable
        Those of ``needs`` and ``helps`` that an axial rule reads on sagittal images.
    thresholds : tuple of Threshold
    certainty : Certainty
        Before anything lowers it.
    validation : {"none", "synthetic", "real"}
    row : Row
        Its texts, source and evidence tag.
    decide : callable
        Only called when all ``needs`` were measured.
    """

    id: str
    condition: Condition
    scale: Scale
    needs: tuple[Readable, ...]
    helps: tuple[Readable, ...]
    plane: Plane
    beside: frozenset[Readable]
    thresholds: tuple[Threshold, ...]
    certainty: Certainty
    validation: Validation
    row: Row
    decide: Decide

    @property
    def reads(self) -> tuple[Readable, ...]:
        """Every quantity it looks at."""
        return self.needs + self.helps

    def plane_of(self, quantity: Readable) -> Plane:
        """The plane on which it reads ``quantity``."""
        return Plane.SAGITTAL if quantity in self.beside else self.plane

    @property
    def gives_probabilities(self) -> bool:
        """Whether its grade comes with probabilities."""
        return self.row.values.get("probabilities") is True

    @property
    def adopts_opinion(self) -> bool:
        """Whether a learned opinion decides where the rule cannot."""
        return self.row.values.get("adopts_opinion") is True

    @property
    def opinion_weight(self) -> float:
        """How much a learned opinion on the same images weighs beside the rule; 0 where not."""
        named = self.row.text("weight", "")
        return row(FILE, "probability", named).number("value") if named else 0.0

    @property
    def advice(self) -> str:
        """What the rule does, in one sentence."""
        return self.row.text("says")

    def margin(self, quantity: Readable, level: Level) -> float:
        """How near to a limit a value of ``quantity`` is borderline by decree."""
        own = [t for t in self.thresholds if t.quantity == quantity and t.holds_at(level)]
        return max((t.margin for t in own), default=0.0)

    def cuts_at(self, level: Level) -> dict[str, tuple[float, ...]]:
        """The limits that were made for ``level``."""
        return {t.id: t.values for t in self.thresholds if t.holds_at(level)}


def build(rule_row: Row, decide: Decide) -> Rule:
    """Make a rule from its row and its decision; one ``from_rule`` reads what that one reads.

    Raises
    ------
    KnowledgeError
        If a cut belongs to a structure, plane or quantity that the rule does not read, or a field
        has a value outside the vocabulary.
    """
    plane = Plane(_member(rule_row, "plane", tuple(Plane)))
    other = rule_row.text("from_rule", "")
    reading = row(FILE, "rule", other) if other else rule_row
    needs = tuple(readable(name) for name in reading.texts("needs"))
    helps = tuple(readable(name) for name in reading.texts("helps"))
    beside = frozenset(readable(name) for name in reading.texts("beside"))
    cuts = tuple(_cut(id_, plane, beside) for id_ in reading.texts("thresholds"))
    for cut in cuts:
        require_scope(rule_row, needs + helps, cut)
    return Rule(
        id=rule_row.id,
        condition=Condition(_member(rule_row, "condition", tuple(Condition))),
        scale=Scale(_member(rule_row, "scale", tuple(Scale))),
        needs=needs,
        helps=helps,
        plane=plane,
        beside=beside,
        thresholds=cuts,
        certainty=cast("Certainty", _member(rule_row, "certainty", CERTAINTIES)),
        validation=cast(
            "Validation", _member(rule_row, "validation", ("none", "synthetic", "real"))
        ),
        row=rule_row,
        decide=decide,
    )


def _cut(id_: str, plane: Plane, beside: frozenset[Readable]) -> Threshold:
    """The threshold of that id, bound to the plane on which the rule reads its quantity."""
    cut_row = row(FILE, "threshold", id_)
    is_beside = readable(cut_row.text("quantity")) in beside
    return bind(cut_row, Plane.SAGITTAL if is_beside else plane)


def require_scope(rule_row: Row, reads: tuple[Readable, ...], cut: Threshold) -> None:
    """Refuse a cut of another structure or quantity than the rule reads.

    Raises
    ------
    KnowledgeError
    """
    rule_row.expect(structure=cut.row.text("structure"))
    if cut.quantity not in reads:
        msg = (
            f"{rule_row.place}: applies {cut.id} to {', '.join(reads) or 'nothing'}, but that is "
            f"a cut of {cut.quantity}; read that quantity or use its own cut."
        )
        raise KnowledgeError(msg)


def _member(rule_row: Row, field: str, allowed: tuple[str, ...]) -> str:
    value = rule_row.text(field)
    if value not in allowed:
        msg = f"{rule_row.place}: {field} is {value!r}; use one of {', '.join(allowed)}."
        raise KnowledgeError(msg)
    return value
