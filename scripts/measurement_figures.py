"""Draw how each sagittal measurement is made, on a synthetic spine, from the measurements.

Every line is the ``segment_lps`` of a measurement that the measuring stage made on the phantom's
own segmentation, so the figure cannot differ from what is measured.

Example: python scripts/measurement_figures.py --out docs/concepts/figures/sagittal.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np

from cauda.geometry import Space
from cauda.locate import locate
from cauda.measure import measure
from cauda.phantom import PROTOCOLS, draw_anatomy, truth_segmentation
from cauda.phantom.anatomy import Lesion, LesionKind
from cauda.records import Measurement, Segmentation, Spine, Study
from cauda.vocab import Contrast, Level, Quantity, Side, Vertebra, Zone

mpl.use("Agg")
import matplotlib.pyplot as plt

LEVEL = Level.L4_L5
SEED = 7
SLICE_MM, PIXEL_MM = 4.0, 0.9
LESIONS = (
    Lesion(kind=LesionKind.EXTRUSION, level=LEVEL, size_mm=6.0, migration_mm=-4.0),
    Lesion(kind=LesionKind.MODIC_2, level=LEVEL),
    Lesion(
        kind=LesionKind.FACET_OVERGROWTH,
        level=LEVEL,
        side=Side.LEFT,
        zone=Zone.FORAMINAL,
        size_mm=2.0,
    ),
)
_Q = Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture: what is drawn in it, and half of its height, mm."""

    title: str
    quantities: tuple[Quantity, ...]
    contrast: Contrast = Contrast.T2
    half_mm: float = 30.0
    side: Side | None = None


PANELS = (
    Panel(
        title="Disc heights, depth, slip, wedge",
        quantities=(
            _Q.DISC_HEIGHT_ANTERIOR,
            _Q.DISC_HEIGHT_MIDDLE,
            _Q.DISC_HEIGHT_POSTERIOR,
            _Q.DISC_DEPTH,
            _Q.SLIP,
            _Q.SEGMENTAL_ANGLE,
        ),
    ),
    Panel(
        title="Displaced disc: depth, extent, migration",
        quantities=(
            _Q.DISPLACEMENT,
            _Q.DISPLACEMENT_EXTENT,
            _Q.MIGRATION_CRANIAL,
            _Q.MIGRATION_CAUDAL,
        ),
    ),
    Panel(
        title="Nucleus, sac, bony canal",
        quantities=(_Q.NUCLEUS_SIGNAL, _Q.SAC_AP, _Q.BONY_CANAL_AP, _Q.CSF_FRACTION),
    ),
    Panel(
        title="Vertebra L5: heights; marrow beside the endplate (T1)",
        quantities=(
            _Q.VERTEBRA_HEIGHT_ANTERIOR,
            _Q.VERTEBRA_HEIGHT_MIDDLE,
            _Q.VERTEBRA_HEIGHT_POSTERIOR,
            _Q.ENDPLATE_T1,
        ),
        contrast=Contrast.T1,
    ),
    Panel(
        title="Left foramen: height, width, area, root (T1)",
        quantities=(_Q.FORAMEN_HEIGHT, _Q.FORAMEN_WIDTH, _Q.FORAMEN_AREA, _Q.FORAMEN_ROOT_AREA),
        contrast=Contrast.T1,
        side=Side.LEFT,
        half_mm=25.0,
    ),
    Panel(title="Lordosis, sacral slope", quantities=(_Q.LORDOSIS, _Q.SACRAL_SLOPE), half_mm=95.0),
)


def segmented() -> tuple[Spine, tuple[Segmentation, ...]]:
    """The phantom's own T2 and T1 segmentation and its spine."""
    anatomy = draw_anatomy(np.random.default_rng(SEED), lesions=LESIONS)
    centers = np.array([s.origin_lps for s in anatomy.segments if s.name[0] in "LS"])
    low = centers.min(axis=0) - np.array([0.0, 40.0, 20.0])
    high = centers.max(axis=0) + np.array([0.0, 62.0, 30.0])
    matrix = np.diag([SLICE_MM, PIXEL_MM, PIXEL_MM, 1.0])
    matrix[:3, 3] = [centers[:, 0].mean() - 8 * SLICE_MM, low[1], low[2]]
    shape = (17, *(int((high[a] - low[a]) / PIXEL_MM) for a in (1, 2)))
    space = Space.from_matrix(shape, matrix, "1.2.3")
    found = tuple(
        truth_segmentation(anatomy, space, key, protocol=PROTOCOLS[c], subsamples=(1, 2, 2))
        for key, c in (("sag_t2", Contrast.T2), ("sag_t1", Contrast.T1))
    )
    return locate(found, Study(series=())), found


def chosen(panel: Panel, found: Sequence[Measurement], series: str) -> list[Measurement]:
    """The measurements of one panel."""
    places = (LEVEL, Vertebra.L5, None)
    return [
        m
        for m in found
        if m.quantity in panel.quantities
        and m.series == series
        and (m.level or m.vertebra) in places
        and m.side is panel.side
        and m.segment_lps
    ]


def draw(axes: plt.Axes, panel: Panel, own: list[Measurement], image: Segmentation) -> None:
    """One slice with the lines of its measurements; front to the left."""
    points = np.concatenate([np.array(m.segment_lps) for m in own])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    slices = [m.slice for m in own if m.slice is not None]
    index = max(set(slices), key=slices.count)
    (y0, z0), (dy, dz) = image.space.matrix[1:3, 3], image.space.spacing_mm[1:]
    rows, columns = image.space.shape[1:]
    extent = (y0 - dy / 2, y0 + (rows - 0.5) * dy, z0 - dz / 2, z0 + (columns - 0.5) * dz)
    signal = image.signal[index].T
    axes.imshow(
        signal, cmap="gray", origin="lower", extent=extent, vmax=np.percentile(signal, 99.5)
    )
    for color, m in zip(plt.colormaps["tab10"].colors, own, strict=False):
        line = np.array(m.segment_lps)
        closed = np.vstack([line, line[:1]]) if len(line) > 4 else line
        parts = closed.reshape(2, 2, 3) if len(line) == 4 else closed[None]
        for number, part in enumerate(parts):
            name = m.quantity.value if number == 0 else None
            axes.plot(part[:, 1], part[:, 2], color=color, lw=1.8, label=name)
            if len(part) == 2:
                axes.plot(part[:, 1], part[:, 2], ".", color=color, ms=6)
    axes.set_xlim(middle[1] - 1.25 * panel.half_mm, middle[1] + 1.25 * panel.half_mm)
    axes.set_ylim(middle[2] - panel.half_mm, middle[2] + panel.half_mm)
    axes.set_title(panel.title, fontsize=10)
    axes.legend(fontsize=7, loc="lower left", framealpha=0.8)
    axes.set_xticks([])
    axes.set_yticks([])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=Path("docs/concepts/figures/sagittal.png"))
    args = parser.parse_args()
    spine, images = segmented()
    found = measure(spine, images)
    by_contrast = {s.contrast: s for s in images}
    figure, grid = plt.subplots(2, 3, figsize=(13.5, 8.2))
    for axes, panel in zip(grid.ravel(), PANELS, strict=True):
        image = by_contrast[panel.contrast]
        draw(axes, panel, chosen(panel, found, image.series), image)
    figure.tight_layout()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, dpi=80, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
