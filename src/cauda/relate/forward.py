"""The relate stage: findings in; roots, red flags, base rates and other causes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cauda.knowledge import rows
from cauda.records import Finding, Relation, RootLink, Spine
from cauda.relate.base_rates import base_rates
from cauda.relate.complaint import Complaint
from cauda.relate.concordance import concordance, unmatched
from cauda.relate.context import context
from cauda.relate.explain import Candidate, candidates
from cauda.relate.flags import flags
from cauda.relate.gaps import gaps
from cauda.relate.links import links
from cauda.relate.structured import as_mapping, from_mapping


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
        As :func:`cauda.relate.read_symptoms` returns them, or any other form that
        :func:`cauda.relate.structured.from_mapping` takes.

    Returns
    -------
    Relation
        No grade or tier depends on the symptoms.
    """
    known = context(findings, spine)
    found = links(findings, known)
    complaint = from_mapping(symptoms) if symptoms is not None else None
    return Relation(
        roots=found,
        red_flags=flags(complaint, findings),
        base_rates=base_rates(findings, age_years),
        other_causes=other_causes(),
        not_assessed=gaps(findings, known),
        symptoms=_compared(complaint, found) if complaint else None,
    )


def _compared(complaint: Complaint, found: Sequence[RootLink]) -> Mapping[str, Any]:
    """The complaint as it was read, held against the findings, as plain values."""
    held = concordance(complaint, found)
    return {
        **as_mapping(complaint),
        "concordance": [asdict(item) for item in held],
        "unmatched_findings": list(unmatched(held, found)),
        "candidates": [_plain(candidate) for candidate in candidates(complaint)],
    }


def _plain(candidate: Candidate) -> Mapping[str, Any]:
    """A candidate without its weight, which only orders them."""
    return {key: value for key, value in asdict(candidate).items() if key != "weight"}


def other_causes() -> tuple[str, ...]:
    """Causes of foot symptoms outside the lumbar roots, each with what separates it."""
    return tuple(
        f"{row.text('name')}: {row.text('clue')}. Told apart by: {row.text('test')}."
        for row in rows("differentials.toml", "differentials", ("name", "clue", "test"))
    )
