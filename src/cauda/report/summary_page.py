"""What both summaries share: the drawings, and the line at the foot of every printed page."""

from __future__ import annotations

import json
from collections.abc import Sequence

from markupsafe import Markup

from cauda.records import RootLink
from cauda.report import footshape
from cauda.report.feet import Reported, view_svg


def drawings(links: Sequence[RootLink], sites: Reported) -> list[tuple[str, Markup]]:
    """The four views of both feet, by name."""
    return [(view.name, Markup(view_svg(view, links, sites))) for view in footshape.VIEWS]


def page_line(text: str) -> Markup:
    """The text as a string of a style sheet."""
    return Markup(json.dumps(text).replace("<", "\\3c "))
