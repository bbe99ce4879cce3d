"""The clinician's summary: findings to roots to the foot on one or two pages, with the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Literal

from markupsafe import Markup

from cauda.records import Analysis
from cauda.report import tables, words
from cauda.report.feet import has_cauda
from cauda.report.html import environment, resource
from cauda.report.summary_flags import flag_views, questions
from cauda.report.summary_gaps import gaps, standing
from cauda.report.summary_page import drawings, legend, page_line
from cauda.report.summary_patient import patient_html
from cauda.report.summary_roots import (
    RootView,
    foot_evidence,
    root_views,
    shared_notes,
    silent_roots,
)
from cauda.report.summary_said import Said, mark, sentence_of, sources
from cauda.report.summary_symptoms import (
    causes,
    fits,
    further_causes,
    names,
    reading,
    reported,
    unmatched,
    without_side,
)

Audience = Literal["clinician", "patient"]
MAX_FINDINGS = 6
"""More lines of the impression than this are left to the full report."""
DENSE_ROOTS = 3
"""With more roots than this, symptoms counting as one, print is set smaller to keep two pages."""
DENSE_EVIDENCE = 4
"""Lines of general evidence on such a page."""
DENSE_CAUSES = 3
"""Causes shown with their clues on such a page."""
_VERDICTS = {"compatible": "=", "atypical": "~", "discordant": "≠", "no_match": "–"}
"""Signs beside the verdict's words, so that the table can be skimmed."""


def summary_html(analysis: Analysis, audience: Audience = "clinician") -> str:
    """Render the summary for those who will examine the person, or for the person.

    Parameters
    ----------
    analysis : Analysis
    audience : {"clinician", "patient"}

    Returns
    -------
    str
        A page that needs no other file and no network; it holds no identifier.
    """
    return patient_html(analysis) if audience == "patient" else _clinician(analysis)


def _clinician(analysis: Analysis) -> str:
    relation = analysis.relation
    roots = root_views(analysis)
    is_dense = len(roots) + (relation.symptoms is not None) > DENSE_ROOTS
    evidence = foot_evidence(relation.roots, is_cramp=names(relation.symptoms, "cramp"))
    evidence = evidence[:DENSE_EVIDENCE] if is_dense else evidence
    others = causes(relation.symptoms)[: DENSE_CAUSES if is_dense else None]
    numbered = sources(_in_order(roots, [c.test for c in others], evidence))
    template = environment().get_template("summary.html.j2")
    return template.render(
        css=Markup(resource("summary.css")),
        page_line=page_line(words.statement("disclaimer")),
        say=partial(sentence_of, "clinician"),
        analysis=analysis,
        relation=relation,
        symptoms=relation.symptoms,
        person=tables.facts(analysis).person,
        used=_kinds(tables.series_rows(analysis)),
        flags=flag_views(analysis),
        questions=questions(relation),
        findings=analysis.impression[:MAX_FINDINGS],
        further=len(analysis.impression[MAX_FINDINGS:]),
        roots=roots,
        shared=shared_notes(relation.roots),
        silent=silent_roots(relation.roots),
        is_widened=any(link.widened for link in relation.roots),
        feet=drawings(relation.roots, reported(relation.symptoms)),
        no_side=without_side(relation.symptoms),
        reading=reading(relation.symptoms),
        fits=fits(relation.symptoms),
        is_dense=is_dense,
        unmatched=unmatched(relation.symptoms),
        verdicts=_VERDICTS,
        causes=others,
        other_names=further_causes(others),
        gaps=gaps(analysis),
        standing=standing(analysis),
        has_cauda=has_cauda(relation.roots),
        swatch=legend,
        evidence=evidence,
        sources=numbered,
        mark=lambda statement: mark(statement, numbered),
    )


def _kinds(series: Sequence[tables.SeriesRow]) -> list[str]:
    """Each kind of series that was used, once, with how many there are."""
    counts = Counter(s.kind for s in series if s.state == "used")
    return [kind if n == 1 else f"{kind} ({n} series)" for kind, n in counts.items()]


def _in_order(
    roots: Sequence[RootView], tests: Sequence[Said], evidence: Sequence[Said]
) -> list[Said]:
    """Every statement in the order in which it stands on the page."""
    said: list[Said] = []
    for view in roots:
        said += [text for _, texts in view.expect for text in texts]
        said += [*view.examine, *view.evidence]
    return [*said, *tests, *evidence]
