"""Measure the T1 and the T2 slice of the same patients and print how far the two differ.

Both show the same spine minutes apart, so the difference is error: of the network, the measuring,
and the patient's movement. Takes folders as a public data set of middle sagittal slices has them:
``<id>_t1.png`` and ``<id>_t2.png`` in native pixels, seen from the left or the right (front to the
left), and a table with columns ``new_file_name`` and ``PixelSpacing``.

Example: python scripts/test_retest.py SLICES overview.csv --count 30
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image
from rich.progress import track

import cauda
from cauda.errors import CaudaError
from cauda.vocab import Quantity

THICKNESS_MM = 4.0
"""Slices carry no thickness; only the distance to a neighbor that is not there depends on it."""

THINNEST_MM = 2.0
"""No 2-D series of the lumbar spine has thinner slices."""

SHOWN = (
    Quantity.DISC_HEIGHT_ANTERIOR,
    Quantity.DISC_HEIGHT_MIDDLE,
    Quantity.DISC_HEIGHT_POSTERIOR,
    Quantity.DISC_DEPTH,
    Quantity.DISPLACEMENT,
    Quantity.SAC_AP,
    Quantity.SLIP,
    Quantity.SEGMENTAL_ANGLE,
    Quantity.VERTEBRA_HEIGHT_ANTERIOR,
    Quantity.VERTEBRA_HEIGHT_MIDDLE,
    Quantity.VERTEBRA_HEIGHT_POSTERIOR,
)
LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1", "L1", "L2", "L3", "L4", "L5")

Values = dict[str, float]
"""``<place>/<quantity>`` -> value."""

Pair = tuple[str, Values, Values]
"""Patient, T1 and T2 values."""


def spacings(table: Path) -> dict[str, tuple[float, float]]:
    """Row and column spacing of every series that states it, mm.

    A T2 series whose row gives slices under 2 mm is left out: the row then holds the header of
    the patient's 3-D T2 series, and with it another spacing.
    """
    with table.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["PixelSpacing"].startswith("[")]
    thick = [r for r in rows if float(r["SliceThickness"] or THICKNESS_MM) >= THINNEST_MM]
    found = {r["new_file_name"]: ast.literal_eval(r["PixelSpacing"]) for r in thick}
    return {name: (float(v[0]), float(v[1])) for name, v in found.items()}


def measured(png: Path, spacing_mm: tuple[float, float], cache: Path) -> Values:
    """Preferred measurements of one slice; empty where it cannot be used."""
    path = cache / f"{png.stem}.json"
    if path.is_file():
        return dict(json.loads(path.read_text()))
    pixels = np.asarray(Image.open(png).convert("L"), dtype=np.float32)
    affine = np.zeros((4, 4))
    affine[0, 0], affine[3, 3] = -THICKNESS_MM, 1.0
    affine[1, 1], affine[2, 2] = -spacing_mm[1], spacing_mm[0]
    with tempfile.TemporaryDirectory() as folder:
        # NIfTI is RAS: columns run backward (to the patient's back), rows upward.
        volume = pixels[::-1].T[None]
        name = Path(folder) / f"{png.stem.rsplit('_', 1)[1]}.nii.gz"
        nib.save(nib.Nifti1Image(volume, affine), name)
        try:
            analysis = cauda.analyze(name)
        except CaudaError:
            values: Values = {}
        else:
            values = {m.id.rsplit("/", 1)[0]: m.value for m in analysis.measurements}
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    return values


def pairs(
    folder: Path, table: Path, count: int, cache: Path
) -> Iterator[tuple[str, Values, Values]]:
    """Patient, T1 and T2 values of the first ``count`` patients with both."""
    known = spacings(table)
    both = [
        p
        for p in sorted(folder.glob("*_t1.png"))
        if p.with_name(p.name.replace("_t1", "_t2")).is_file()
        and {p.stem, p.stem.replace("_t1", "_t2")} <= known.keys()
    ]
    for first in track(both[:count], description="patients"):
        second = first.with_name(first.name.replace("_t1", "_t2"))
        values = [measured(p, known[p.stem], cache) for p in (first, second)]
        yield first.stem.rsplit("_", 1)[0], values[0], values[1]


def table_of(found: list[Pair], outlier_sd: float) -> str:
    """Mean and SD of T1 - T2 by quantity, and the pairs that lie far off."""
    lines = [
        "| quantity | n | mean T1 - T2 | SD | median abs. | outliers |",
        "|---|---|---|---|---|---|",
    ]
    far = []
    for quantity in SHOWN:
        keys = [f"{place}/{quantity.value}" for place in LEVELS]
        gaps = [(who, k, a[k] - b[k]) for who, a, b in found for k in keys if k in a and k in b]
        if not gaps:
            continue
        values = np.array([g[2] for g in gaps])
        middle = float(np.median(values))
        robust = 1.4826 * float(np.median(np.abs(values - middle)))
        out = [g for g in gaps if abs(g[2] - middle) > outlier_sd * max(robust, 0.2)]
        far += out
        lines.append(
            f"| `{quantity.value}` | {len(gaps)} | {values.mean():+.2f} | {values.std(ddof=1):.2f} "
            f"| {np.median(np.abs(values)):.2f} | {len(out)} |"
        )
    far.sort(key=lambda g: -abs(g[2]))
    lines += ["", *(f"- patient {who}: {key} {gap:+.1f}" for who, key, gap in far[:20])]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("slices", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--outlier-sd", type=float, default=5.0)
    parser.add_argument("--cache", type=Path, default=Path("runs/test_retest"))
    args = parser.parse_args()
    found = list(pairs(args.slices, args.table, args.count, args.cache))
    print(table_of(found, args.outlier_sd))


if __name__ == "__main__":
    main()
