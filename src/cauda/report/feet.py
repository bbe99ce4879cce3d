"""Both feet as one drawing: territories shaded by how strongly a root could be affected.

Four views, each from one examiner at the foot end of the bed: the patient's right foot is always
at the left, as on the images. Shading is by pattern and label, never by color alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cauda.knowledge import row, rows
from cauda.records import RootLink
from cauda.report import footshape
from cauda.report.footshape import Region, View
from cauda.vocab import Root, Side

_WIDTH, _HEIGHT = 560, 748
_TIER_FILL = {1: "url(#tier1)", 2: "url(#tier2)", 3: "#1f4e79"}
_TIER_INK = {1: "#12263a", 2: "#12263a", 3: "#ffffff"}
_TIER_HALO = {1: "#ffffff", 2: "#ffffff", 3: "#1f4e79"}
_PATTERNS = (
    '<defs><pattern id="tier1" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#eaf2fa"/><circle cx="2" cy="2" r="1.1" fill="#2f6fab"/>'
    '</pattern><pattern id="tier2" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="7" height="7" fill="#cfe2f3"/>'
    '<rect width="2.6" height="7" fill="#5b93c7"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """How one region of one foot is drawn."""

    tier: int
    roots: tuple[str, ...]


def feet_svg(links: Sequence[RootLink]) -> str:
    """Draw both feet; an SVG element with title and description."""
    cells = [
        _cell(view, side, shades(links, side), column, row)
        for row, view in enumerate(footshape.VIEWS)
        for column, side in enumerate((Side.RIGHT, Side.LEFT))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="feet-title feet-text" class="feet">'
        f'<title id="feet-title">Foot areas of the listed roots</title>'
        f'<desc id="feet-text">{escape(described(links))}</desc>{_PATTERNS}'
        f'<text x="{_WIDTH // 4}" y="22" class="foot-side">R: right foot</text>'
        f'<text x="{3 * _WIDTH // 4}" y="22" class="foot-side">L: left foot</text>'
        f"{''.join(cells)}</svg>"
    )


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


def territory(root: Root) -> tuple[str, ...]:
    """Region ids in which sensation is associated with the root."""
    return tuple(
        region
        for row in rows("roots.toml", "associated", ("root", "aspect"))
        if row.text("root") == root.value and row.text("aspect") == "sensation"
        for region in row.texts("regions")
    )


def reaches_foot(root: Root) -> bool:
    """Whether the root alone can predict anything in the foot."""
    return bool(row("roots.toml", "roots", root.value)["foot"])


def described(links: Sequence[RootLink]) -> str:
    """The drawing in words."""
    lines = [
        f"{link.side.value} foot, {link.root.value} ({link.tier_text}): "
        f"{', '.join(link.associated.sensation) or 'no area in the foot'}."
        for link in links
        if link.tier > 0
    ]
    return " ".join(lines) or "No area is shaded: no finding was linked to a root of the foot."


def _cell(view: View, side: Side, shading: dict[str, Shade], column: int, row: int) -> str:
    """One foot in one view; paths are mirrored where needed, labels never are."""
    is_mirrored = view.is_mirrored != (side is Side.LEFT)
    flip = f"translate({view.width},0) scale(-1,1)" if is_mirrored else ""
    left = column * _WIDTH / 2 + (_WIDTH / 2 - view.width) / 2
    clip = f"clip-{view.name}-{side.value}"
    shaded = [region for region in view.regions if region.id in shading]
    toes = [region for region in shaded if region.id.startswith("toe") and view.toes]
    labels = "".join(
        _label(region.label_at, shading[region.id], view.width if is_mirrored else None)
        for region in shaded
        if region.label_at is not None
    )
    return (
        f'<g transform="translate({left:.0f},{footshape.ROW_TOPS[row]})"><g transform="{flip}">'
        f'<clipPath id="{clip}"><path d="{view.body}"/></clipPath>'
        f"{_filled(view.toes)}{_painted(toes, shading)}{_outlined(view.toes)}"
        f'{_filled(view.body)}<g clip-path="url(#{clip})">'
        f"{_painted([r for r in shaded if r not in toes], shading)}</g>"
        f"{_outlined(view.body)}</g>{labels}"
        f'<text x="{view.width / 2}" y="{view.height + 17}" class="foot-view">'
        f"{side.value} foot, {view.title}</text></g>"
    )


def _filled(path: str) -> str:
    return f'<path d="{path}" fill="#ffffff"/>' if path else ""


def _outlined(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#33414f" stroke-width="1.5"/>' if path else ""


def _painted(regions: Sequence[Region], shading: dict[str, Shade]) -> str:
    return "".join(
        f'<path d="{region.path}" fill="{_TIER_FILL[shading[region.id].tier]}" '
        'stroke="#1f4e79" stroke-width="0.5"/>'
        for region in regions
    )


def _label(at: tuple[float, float], shade: Shade, mirrored_width: float | None) -> str:
    x = at[0] if mirrored_width is None else mirrored_width - at[0]
    names = "+".join("cauda" if name == Root.CAUDA.value else name for name in shade.roots)
    return (
        f'<text x="{x:.0f}" y="{at[1]:.0f}" class="foot-root" '
        f'fill="{_TIER_INK[shade.tier]}" stroke="{_TIER_HALO[shade.tier]}" stroke-width="3" '
        f'paint-order="stroke">{escape(names)}</text>'
    )
