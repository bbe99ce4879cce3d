"""What both summaries share: the drawings, and the line at the foot of every printed page."""

from __future__ import annotations

import json
from collections.abc import Sequence

from markupsafe import Markup

from cauda.records import RootLink
from cauda.report import footshape
from cauda.report.feet import Reported, view_svg
from cauda.report.footcell import swatch


def drawings(links: Sequence[RootLink], sites: Reported) -> list[tuple[str, Markup]]:
    """The four views of both feet, by name."""
    return [(view.name, Markup(view_svg(view, links, sites))) for view in footshape.VIEWS]


def legend(kind: int | str) -> Markup:
    """The fill of a tier, or of ``"said"`` for reported sites."""
    return Markup(swatch(kind))


def page_line(text: str) -> Markup:
    """The text as a string of a style sheet."""
    return Markup(json.dumps(text).replace("<", "\\3c "))
