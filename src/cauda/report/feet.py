"""Both feet as drawings: territories shaded by how strongly a root could be affected.

Four views, each from one examiner at the foot end of the bed: the patient's right foot is always
at the left, as on the images. Shading is by pattern and label, never by color alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from xml.sax.saxutils import escape

from cauda.knowledge import rows
from cauda.knowledge.roots import territory
from cauda.records import RootLink
from cauda.report import footshape
from cauda.report.footcell import CAUDA_SIGN, Foot, Shade, cell, patterns, text
from cauda.report.footshape import View
from cauda.vocab import Root, Side

_WIDTH, _HEIGHT = 560, 748
_SIDES = (Side.RIGHT, Side.LEFT)
_GAP, _TOP, _BOTTOM = 14.0, 22.0, 24.0
"""Space between the two feet of one view, above them for R and L, and below for their names."""
_MARGIN = 9.0
"""Space beside the feet of one view, into which labels may reach."""
_MIN_FOOT = 140.0
"""Least width given to a foot, so that the words below it fit."""

Reported = Mapping[Side, Collection[str]]
NOTHING: Reported = MappingProxyType({})


def feet_svg(links: Sequence[RootLink], reported: Reported = NOTHING) -> str:
    """Draw both feet in all views; an SVG element with title and description.

    Parameters
    ----------
    links : sequence of RootLink
    reported : mapping
        For each side, ids of the regions that the patient named; they are crossed.
    """
    cells = [
        cell(view, _foot(side, links, reported, "all"), _left(view, column), footshape.ROW_TOPS[n])
        for n, view in enumerate(footshape.VIEWS)
        for column, side in enumerate(_SIDES)
    ]
    heads = text("R: right foot", (_WIDTH / 4, 22), "foot-side", 15, "#16202b")
    heads += text("L: left foot", (3 * _WIDTH / 4, 22), "foot-side", 15, "#16202b")
    if has_cauda(links):
        legend = f"{CAUDA_SIGN}: cauda equina"
        heads += text(legend, (_WIDTH / 2, _HEIGHT - 5), "foot-view", 12, "#3d4957")
    return _svg(
        "feet",
        (_WIDTH, _HEIGHT),
        "Foot areas of the listed roots",
        described(links, reported),
        f"{patterns('all')}{heads}{''.join(cells)}",
    )


def view_svg(view: View, links: Sequence[RootLink], reported: Reported = NOTHING) -> str:
    """Draw both feet in one view, R and L written above them."""
    key = f"feet-{view.name}"
    wide = max(view.width, _MIN_FOOT)
    parts = [patterns(key)]
    for column, side in enumerate(_SIDES):
        left = _MARGIN + column * (wide + _GAP) + (wide - view.width) / 2
        foot = _foot(side, links, reported, key)
        parts.append(cell(view, foot, left, _TOP))
        at = (_MARGIN + column * (wide + _GAP) + wide / 2, 16.0)
        parts.append(text(side.value[0].upper(), at, "foot-side", 17, "#16202b"))
    size = (2 * (wide + _MARGIN) + _GAP, view.height + _TOP + _BOTTOM)
    title = f"Both feet, {view.title}"
    return _svg(key, size, title, described(links, reported), "".join(parts))


def has_cauda(links: Sequence[RootLink]) -> bool:
    """Whether a drawing of these links needs the legend of the cauda equina."""
    return any(link.root is Root.CAUDA and link.tier > 0 for link in links)


def shades(links: Sequence[RootLink], side: Side) -> dict[str, Shade]:
    """Region id -> highest tier and all roots that reach it, on one side."""
    found: dict[str, Shade] = {}
    for link in sorted(links, key=lambda lk: -lk.tier):
        if link.side is not side or link.tier < 1:
            continue
        for region in territory(link.root):
            before = found.get(region, Shade(tier=link.tier, roots=()))
            names = tuple(dict.fromkeys((*before.roots, link.root.value)))
            found[region] = Shade(tier=max(before.tier, link.tier), roots=names)
    return found


def described(links: Sequence[RootLink], reported: Reported = NOTHING) -> str:
    """The drawing in words."""
    lines = [
        f"{link.side.value} foot, {link.root.value} ({link.tier_text}): "
        f"{', '.join(link.associated.sensation) or 'no area in the foot'}."
        for link in links
        if link.tier > 0
    ]
    lines = lines or ["No area is shaded: no finding was linked to a root of the foot."]
    names = {r.id: r.text("name") for r in rows("regions.toml", "regions")}
    names |= {f"toe{n}_plantar": f"toe {n}, underside" for n in (2, 3, 4)}
    lines += [
        f"Reported on the {side.value}: {', '.join(names.get(r, r) for r in reported[side])}."
        for side in _SIDES
        if reported.get(side)
    ]
    return " ".join(lines)


def _foot(side: Side, links: Sequence[RootLink], reported: Reported, key: str) -> Foot:
    return Foot(side=side, shading=shades(links, side), reported=reported.get(side, ()), key=key)


def _left(view: View, column: int) -> float:
    return column * _WIDTH / 2 + (_WIDTH / 2 - view.width) / 2


def _svg(key: str, size: tuple[float, float], title: str, words: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" '
        f'role="img" aria-labelledby="{key}-title {key}-text" class="feet">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-text">{escape(words)}</desc>{body}</svg>'
    )
