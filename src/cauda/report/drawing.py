"""One panel: a slice, its letters and scale bar, and what is drawn over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from skimage.measure import find_contours

from cauda.geometry import Array
from cauda.report.planes import SliceImage

_DPI = 100
_LABEL_PT, _LETTER_PT, _BAR_PT = 11.0, 13.0, 9.5
"""Type sizes; panels are shown at about two thirds of their pixels, which leaves 10 px and more."""
_LINE_PT = 2.0
_INK = [patheffects.withStroke(linewidth=2.5, foreground="black")]
_WINDOW_PERCENT = (1.0, 99.6)
_LETTER_PLACES = (
    (0.015, 0.5, "left", "center"),
    (0.985, 0.5, "right", "center"),
    (0.5, 0.985, "center", "top"),
    (0.5, 0.015, "center", "bottom"),
)
_BAR_MM = (50.0, 20.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The part of a slice that is shown, in picture mm (right, down)."""

    center: tuple[float, float]
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """A structure's 0.5 iso-contour: probabilities on a grid given in picture mm."""

    field: Array
    right_mm: Array
    down_mm: Array
    color: str
    width: float = 1.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stroke:
    """A polyline in picture mm, with an optional label at its end."""

    points_mm: Array
    color: str
    label: str = ""
    is_dashed: bool = False
    label_at: tuple[float, float] | None = None


def draw_panel(
    image: SliceImage,
    box: Box,
    width_px: int,
    outlines: Sequence[Outline] = (),
    strokes: Sequence[Stroke] = (),
) -> Array:
    """Draw one panel.

    Returns
    -------
    (rows, columns, 3) uint8 array
        Columns are ``width_px``; rows follow from the box, so a mm is as long across as down.
    """
    return draw_pair(image, box, width_px, outlines, strokes)[1]


def draw_pair(
    image: SliceImage,
    box: Box,
    width_px: int,
    outlines: Sequence[Outline],
    strokes: Sequence[Stroke],
) -> tuple[Array, Array]:
    """Draw the same panel without and with what lies over it, in little more than one's time."""
    canvas, axes = _unmarked(image, box, width_px)
    canvas.draw()
    plain = _pixels(canvas)
    for artist in _over(axes, outlines, strokes):
        axes.draw_artist(artist)
    return plain, _pixels(canvas)


def _unmarked(image: SliceImage, box: Box, width_px: int) -> tuple[FigureCanvasAgg, Axes]:
    """A panel with the slice, its letters and its scale bar, to be drawn over."""
    height_px = round(width_px * box.height_mm / box.width_mm)
    figure = Figure(figsize=(width_px / _DPI, height_px / _DPI), dpi=_DPI, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    low, high = np.percentile(image.gray, _WINDOW_PERCENT)
    axes.imshow(
        image.gray,
        cmap="gray",
        vmin=low,
        vmax=max(high, low + 1e-6),
        extent=image.extent_mm,
        interpolation="bilinear",
        aspect="auto",
    )
    x, y = box.center
    axes.set_xlim(x - box.width_mm / 2, x + box.width_mm / 2)
    axes.set_ylim(y + box.height_mm / 2, y - box.height_mm / 2)
    _annotate(axes, image, box)
    return canvas, axes


def _pixels(canvas: FigureCanvasAgg) -> Array:
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _over(axes: Axes, outlines: Sequence[Outline], strokes: Sequence[Stroke]) -> Iterator[Artist]:
    """What lies over the slice, the lowest first."""
    for outline in outlines:
        lines = LineCollection(_lines(outline), colors=outline.color, linewidths=outline.width)
        yield axes.add_collection(lines, autolim=False)
    for stroke in strokes:
        style = (0, (4, 3)) if stroke.is_dashed else "-"
        line = axes.plot(*stroke.points_mm.T[:2], color=stroke.color, linestyle=style)[0]
        line.set_linewidth(_LINE_PT)
        line.set_solid_capstyle("butt")
        line.set_path_effects(
            [patheffects.withStroke(linewidth=_LINE_PT + 1.4, foreground="black")]
        )
        yield line
    for stroke in strokes:
        if stroke.label:
            yield _label(axes, stroke)


def _lines(outline: Outline) -> list[Array]:
    """The outline's iso-contour: (N, 2) lines in picture mm."""
    return [
        np.column_stack(
            [
                np.interp(line[:, 1], np.arange(len(outline.right_mm)), outline.right_mm),
                np.interp(line[:, 0], np.arange(len(outline.down_mm)), outline.down_mm),
            ]
        )
        for line in find_contours(np.asarray(outline.field, dtype=np.float64), 0.5)
    ]


def _label(axes: Axes, stroke: Stroke) -> Text:
    at = stroke.label_at or tuple(stroke.points_mm[-1][:2])
    return axes.text(
        at[0],
        at[1],
        stroke.label,
        color=stroke.color,
        fontsize=_LABEL_PT,
        fontweight="bold",
        ha="left",
        va="center",
        clip_on=True,
        path_effects=_INK,
    )


def _annotate(axes: Axes, image: SliceImage, box: Box) -> None:
    """Patient letters on all four sides, and a scale bar at the lower left."""
    for letter, (u, v, across, along) in zip(image.letters, _LETTER_PLACES, strict=True):
        axes.text(
            u,
            v,
            letter,
            transform=axes.transAxes,
            color="white",
            fontsize=_LETTER_PT,
            fontweight="bold",
            ha=across,
            va=along,
            path_effects=_INK,
        )
    bar = next((b for b in _BAR_MM if b <= 0.35 * box.width_mm), _BAR_MM[-1])
    length = bar / box.width_mm
    axes.plot(
        [0.03, 0.03 + length],
        [0.045, 0.045],
        transform=axes.transAxes,
        color="white",
        linewidth=3.0,
        path_effects=_INK,
    )
    axes.text(
        0.03,
        0.055,
        f"{bar:.0f} mm",
        transform=axes.transAxes,
        color="white",
        fontsize=_BAR_PT,
        va="bottom",
        path_effects=_INK,
    )
