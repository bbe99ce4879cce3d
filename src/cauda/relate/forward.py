"""The relate stage: findings in; roots, red flags, base rates and other causes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cauda.knowledge import rows
from cauda.records import Finding, Relation, Spine
from cauda.relate.base_rates import base_rates
from cauda.relate.context import context
from cauda.relate.flags import standing_flags
from cauda.relate.gaps import gaps
from cauda.relate.links import links


def relate(
    findings: Sequence[Finding],
    spine: Spine,
    *,
    age_years: float | None = None,
    symptoms: Mapping[str, Any] | None = None,
) -> Relation:
    """Say which nerve roots the findings could affect and what is associated with them.

    Parameters
    ----------
    findings : sequence of Finding
        Graded ones and UNKNOWN ones; the latter become entries of ``not_assessed``.
    spine : Spine
        For how sure the level names are, and which levels axial slices show.
    age_years : float or None
        For the base rates of the patient's decade; without it there are none.
    symptoms : mapping or None
        As :func:`cauda.relate.read_symptoms` returns them.

    Returns
    -------
    Relation
        No grade or tier depends on the symptoms.
    """
    known = context(findings, spine)
    return Relation(
        roots=links(findings, known),
        red_flags=standing_flags(findings),
        base_rates=base_rates(findings, age_years),
        other_causes=other_causes(),
        not_assessed=gaps(findings, known),
        symptoms=symptoms,
    )


def other_causes() -> tuple[str, ...]:
    """Causes of foot symptoms outside the lumbar roots, each with what separates it."""
    return tuple(
        f"{row.text('name')}: {row.text('clue')}. Told apart by: {row.text('test')}."
        for row in rows("differentials.toml", "differentials", ("name", "clue", "test"))
    )
