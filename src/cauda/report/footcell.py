"""One foot in one view as SVG: its outline, the shaded areas, their labels, the reported sites.

Everything is said by attributes, not by style sheets, and labels are drawn twice (halo, then ink),
so that every renderer, a PDF one included, draws the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cauda.report.footshape import Region, View
from cauda.vocab import Root, Side

CAUDA_SIGN = "CE"
"""How the drawing labels the cauda equina; its legend spells it out."""

_TIER_INK = {1: "#12263a", 2: "#12263a", 3: "#ffffff"}
_TIER_HALO = {1: "#ffffff", 2: "#ffffff", 3: "#1f4e79"}
_SOLID = "#1f4e79"
_FONT = "system-ui, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """How one region of one foot is drawn."""

    tier: int
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """What is drawn on one foot.

    Parameters
    ----------
    side : Side
    shading : mapping
        Region id to its shade.
    reported : collection of str
        Ids of the regions that the patient named.
    key : str
        Makes the ids of patterns and clips unique in a page with several drawings.
    """

    side: Side
    shading: Mapping[str, Shade]
    reported: Collection[str] = ()
    key: str = "all"


def patterns(key: str) -> str:
    """Fills that stay apart in gray: dots, stripes, and crosses for what was reported."""
    return (
        f'<defs><pattern id="{key}-tier1" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<rect width="7" height="7" fill="#eaf2fa"/><circle cx="2" cy="2" r="1.1" fill="#2f6fab"/>'
        f'</pattern><pattern id="{key}-tier2" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="#cfe2f3"/>'
        '<rect width="2.6" height="7" fill="#5b93c7"/></pattern>'
        f'<pattern id="{key}-said" width="11" height="11" patternUnits="userSpaceOnUse">'
        '<path d="M2 2 L8 8 M8 2 L2 8" stroke="#ffffff" stroke-width="3.6"/>'
        '<path d="M2 2 L8 8 M8 2 L2 8" stroke="#000000" stroke-width="1.7"/></pattern></defs>'
    )


def swatch(kind: int | str) -> str:
    """The fill of a tier, or of ``"said"``, for a legend; the words beside it say what it is."""
    marks = {
        1: "".join(
            f'<circle cx="{x}" cy="{y}" r="1.2"/>' for x in (4, 10, 16, 21) for y in (4, 10)
        ),
        2: '<path d="M0 14 L14 0 M8 14 L22 0 M16 14 L24 6 M0 6 L6 0" stroke-width="2.6"/>',
        "said": '<path d="M8 3 L16 11 M16 3 L8 11" stroke="#000000" stroke-width="2"/>',
    }
    ground = {1: "#eaf2fa", 2: "#cfe2f3", 3: _SOLID}.get(kind if isinstance(kind, int) else 0)
    edge = f'stroke="{_SOLID}"' if ground else 'stroke="#000000" stroke-dasharray="4 2"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 14" width="24" height="14" '
        'class="swatch" aria-hidden="true">'
        f'<rect width="24" height="14" fill="{ground or "#ffffff"}"/>'
        f'<g fill="#2f6fab" stroke="#5b93c7" stroke-width="0">{marks.get(kind, "")}</g>'
        f'<rect x="0.5" y="0.5" width="23" height="13" fill="none" {edge}/></svg>'
    )


def cell(view: View, foot: Foot, left: float, top: float) -> str:
    """One foot at a place of the drawing; paths are mirrored where needed, labels never are."""
    is_mirrored = view.is_mirrored != (foot.side is Side.LEFT)
    flip = f"translate({view.width},0) scale(-1,1)" if is_mirrored else "translate(0,0)"
    clip = f"{foot.key}-{view.name}-{foot.side.value}"
    drawn = [r for r in view.regions if r.id in foot.shading or r.id in foot.reported]
    toes = [r for r in drawn if r.id.startswith("toe") and view.toes]
    others = [r for r in drawn if r not in toes]
    labels = "".join(
        _label(region.label_at, foot.shading[region.id], view.width if is_mirrored else None)
        for region in drawn
        if region.label_at is not None and region.id in foot.shading
    )
    name = f"{foot.side.value} foot, {view.title}"
    return (
        f'<g transform="translate({left:.0f},{top:.0f})"><g transform="{flip}">'
        f'<clipPath id="{clip}"><path d="{view.body}"/></clipPath>'
        f"{_filled(view.toes)}{_painted(toes, foot)}{_outlined(view.toes)}"
        f'{_filled(view.body)}<g clip-path="url(#{clip})">{_painted(others, foot)}</g>'
        f"{_outlined(view.body)}</g>{labels}"
        f"{text(name, (view.width / 2, view.height + 17), 'foot-view', 13, '#3d4957')}</g>"
    )


def text(words: str, at: tuple[float, float], kind: str, size: float, ink: str) -> str:
    """Centered words; those of roots and sides are bold."""
    weight = "400" if kind == "foot-view" else "700"
    return (
        f'<text x="{at[0]:.0f}" y="{at[1]:.0f}" class="{kind}" text-anchor="middle" '
        f'font-family="{_FONT}" font-size="{size:g}" font-weight="{weight}" '
        f'fill="{ink}">{escape(words)}</text>'
    )


def _filled(path: str) -> str:
    return f'<path d="{path}" fill="#ffffff"/>' if path else ""


def _outlined(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#33414f" stroke-width="1.5"/>' if path else ""


def _painted(regions: Sequence[Region], foot: Foot) -> str:
    shaded = [
        f'<path d="{r.path}" fill="{_fill(foot, r.id)}" stroke="{_SOLID}" stroke-width="0.5"/>'
        for r in regions
        if r.id in foot.shading
    ]
    said = [
        f'<path d="{r.path}" class="reported" fill="url(#{foot.key}-said)" stroke="#000000" '
        'stroke-width="1.6" stroke-dasharray="4 2"/>'
        for r in regions
        if r.id in foot.reported
    ]
    return "".join((*shaded, *said))


def _fill(foot: Foot, region: str) -> str:
    tier = foot.shading[region].tier
    return _SOLID if tier == max(_TIER_INK) else f"url(#{foot.key}-tier{tier})"


def _label(at: tuple[float, float], shade: Shade, mirrored_width: float | None) -> str:
    x = at[0] if mirrored_width is None else mirrored_width - at[0]
    names = "+".join(CAUDA_SIGN if name == Root.CAUDA.value else name for name in shade.roots)
    ink = text(names, (x, at[1]), "foot-root", 12.5, _TIER_INK[shade.tier])
    halo = text(names, (x, at[1]), "foot-halo", 12.5, _TIER_HALO[shade.tier])
    stroke = f'stroke="{_TIER_HALO[shade.tier]}" stroke-width="3" stroke-linejoin="round" '
    return halo.replace("<text ", f"<text {stroke}") + ink
