"""The radiologist's report as one self-contained HTML page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

from cauda.records import Analysis
from cauda.report import tables, words
from cauda.report.changes import change_lines
from cauda.report.content import cited, level_views, used_rules
from cauda.report.feet import feet_svg
from cauda.report.figures import Picture, draw_pictures
from cauda.report.words import Severity
from cauda.vocab import Level

_GLYPHS: dict[Severity, str] = {
    "unknown": "?",
    "normal": "○",
    "noted": "◆",
    "mild": "◔",
    "moderate": "◑",
    "severe": "●",
}
"""Shapes beside the words, so that no severity is told by color alone."""

_GROUPS = ("middle", "foramina", "axial")


def report_html(
    analysis: Analysis, pictures: Sequence[Picture] | None = None, *, with_symptoms: bool = True
) -> str:
    """Render the report.

    Parameters
    ----------
    analysis : Analysis
    pictures : sequence of Picture, optional
        Evidence pictures, if they were drawn already.
    with_symptoms : bool
        Whether the page shows the nerve roots and the foot symptoms associated with them.

    Returns
    -------
    str
        A page that needs no other file and no network; it holds no identifier.
    """
    drawn = draw_pictures(analysis) if pictures is None else tuple(pictures)
    views = level_views(analysis)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            analysis=analysis,
            with_symptoms=with_symptoms,
            changes=change_lines(analysis),
            relation=analysis.relation,
            spine=analysis.spine,
            provenance=analysis.provenance,
            facts=tables.facts(analysis),
            series=tables.series_rows(analysis),
            cited=partial(cited, analysis),
            alignment=tables.alignment_rows(analysis),
            whole=tables.spine_rows(analysis),
            keys=partial(tables.key_rows, analysis),
            measurements=tables.measurement_rows(analysis),
            pivots=[p for p in (tables.pivot(analysis), tables.vertebra_pivot(analysis)) if p.rows],
            levels=views,
            places=tables.places(views),
            overview=[p for p in drawn if p.group == "overview"],
            groups=_grouped(drawn),
            rules=used_rules(views),
            feet=Markup(feet_svg(analysis.relation.roots)),
        )
    )


def _grouped(pictures: Sequence[Picture]) -> Callable[[Level], list[tuple[str, list[Picture]]]]:
    """Pictures of a level, in the order middle, foramina (right, left), axial."""

    def at(level: Level) -> list[tuple[str, list[Picture]]]:
        found = [
            (group, [p for p in pictures if p.level == level and p.group == group])
            for group in _GROUPS
        ]
        return [(group, here) for group, here in found if here]

    return at


@cache
def environment() -> jinja2.Environment:
    """The templates of this package, with everything escaped that they are given."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        statement=words.statement,
        severity_word=words.severity_word,
        numbering_sentence=words.numbering_sentence,
        glyphs=_GLYPHS,
        css=Markup(resource("report.css")),
    )
    made.filters.update(
        source=_source, sentence=words.sentence, upfirst=words.upfirst, marked=_marked
    )
    return made


def resource(name: str) -> str:
    """A template or style sheet of this package."""
    return files("cauda.report").joinpath(name).read_text(encoding="utf-8")


def _source(picture: Picture) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture.jpeg()).decode("ascii")


def _marked(note: str) -> Markup:
    """The note with the word ``borderline`` made conspicuous."""
    return escape(note).replace("borderline", Markup('<em class="borderline">borderline</em>'))
