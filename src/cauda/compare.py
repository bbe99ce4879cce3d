"""Compare a study with a prior analysis: what changed beyond both uncertainties.

A number is compared only with one of the same quantity, place, side and method, and only where both
studies named their levels alike: a shifted count would compare neighbors. A difference counts as a
change where it exceeds :func:`cauda.records.error_of_difference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cauda.knowledge.sentences import wording
from cauda.records import Change, Measurement, Numbering, error_of_difference
from cauda.schema import AnalysisDocument
from cauda.schema.rows import MeasurementRow, NumberingRow

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed, and what was not compared.

    Parameters
    ----------
    changes : tuple of Change
        In the order of the present study's measurements.
    not_compared : tuple of str
        Sentences that say what was left out, and why.
    """

    changes: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()


def compare(
    measurements: Sequence[Measurement],
    numbering: Numbering,
    prior: AnalysisDocument,
    bundle_sha256: str,
) -> Comparison:
    """Compare the preferred measurements of a study with those of a prior analysis.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of the present study.
    numbering : Numbering
        How its levels were named.
    prior : AnalysisDocument
        The prior study's ``analysis.json``.
    bundle_sha256 : str
        Of the present network, to tell whether the prior study was read by the same one.
    """
    reason = _names_differ(numbering, prior.numbering)
    if reason:
        return Comparison(not_compared=(wording(reason),))
    before = {_place(row.id): row for row in _rows(prior)}
    changes: list[Change] = []
    unlike = 0
    for now in measurements:
        then = before.get(_place(now.id))
        if not now.preferred or then is None:
            continue
        if then.method != now.method or then.estimated != now.estimated:
            unlike += 1
            continue
        changes.append(_change(now, then))
    notes = [wording("prior_other_method").format(count=unlike)] if unlike else []
    if prior.provenance is None or prior.provenance.bundle_sha256 != bundle_sha256:
        notes.append(wording("prior_other_bundle"))
    return Comparison(changes=tuple(changes), not_compared=tuple(notes))


def _rows(prior: AnalysisDocument) -> Iterator[MeasurementRow]:
    """Every preferred measurement of a document, once."""
    for level in prior.levels:
        yield from (row for row in level.measurements if row.preferred)
    for vertebra in prior.vertebrae:
        yield from (row for row in vertebra.measurements if row.preferred)
    yield from (row for row in prior.alignment if row.preferred)


def _place(id_: str) -> str:
    """The id without its series: level or vertebra, quantity and side."""
    return id_.rsplit("/", 1)[0]


def _names_differ(now: Numbering, then: NumberingRow | None) -> str:
    """Id of the sentence that says why the levels cannot be matched; empty if they can."""
    if then is None:
        return "prior_unnumbered"
    if now.state == "uncertain" or then.state == "uncertain":
        return "prior_numbering_uncertain"
    return "" if now.lumbar_count == then.lumbar_count else "prior_numbering_differs"


def _change(now: Measurement, then: MeasurementRow) -> Change:
    difference = abs(now.value - then.value)
    return Change(
        measurement=_place(now.id),
        before=then.value,
        after=now.value,
        is_beyond_uncertainty=difference > error_of_difference(now, then),
    )
