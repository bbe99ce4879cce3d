"""Score the axial bundle on unseen phantoms, and time it on a clinical volume.

    python scripts/evaluate_axial.py [--phantoms N] [--bundle DIR] [--json FILE]

Phantoms are seeds that were never trained on. There is no real axial slice with labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from cauda.evaluation.axial import axial_series, score_axial_phantom
from cauda.evaluation.overlap import Score, bootstrap_interval
from cauda.nets import find_bundle, onnx_segmenter
from cauda.nets.bundles import Bundle
from cauda.ports import Segmenter
from cauda.vocab import Structure

PHANTOM_SEED = 990_000
"""Training seeds are pairs, so that these phantoms are unseen."""
CLINICAL = (30, 512, 512)
CLINICAL_MM = (4.4, 0.4, 0.4)
"""Slices and pixels of the volume that is timed."""
REPEATS = 3

Rows = dict[str, dict[Structure, Score]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--phantoms", type=int, default=40, help="unseen phantoms to score")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_axial")
    segmenter = onnx_segmenter(bundle)
    seeds = range(PHANTOM_SEED, PHANTOM_SEED + arguments.phantoms)
    rows = {str(seed): score_axial_phantom(seed, segmenter) for seed in seeds}
    figures = {s.value: _figures(rows, s) for s in next(iter(rows.values()))}
    table = Table("structure", "phantoms", "Dice (95 %)", "ASSD mm", title="unseen axial phantoms")
    for name, row in figures.items():
        low, high = row["dice_95"]
        table.add_row(
            name,
            str(row["cases"]),
            f"{row['dice']:.3f} ({low:.3f}-{high:.3f})",
            f"{row['assd_mm']:.2f}",
        )
    wall, processor = _seconds(segmenter)
    Console(width=100).print(table)
    print(f"{CLINICAL} voxels: {wall:.2f} s by the clock, {processor:.2f} s of processor time")
    if arguments.json is not None:
        cases = {
            seed: {s.value: dataclasses.asdict(score) for s, score in scores.items()}
            for seed, scores in rows.items()
        }
        text = json.dumps({"structures": figures, "cases": cases}, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")


def _figures(rows: Rows, structure: Structure) -> dict[str, object]:
    """Mean Dice with its interval over phantoms, and mean ASSD."""
    dice = [scores[structure].dice for scores in rows.values()]
    distance = [scores[structure].assd_mm for scores in rows.values()]
    known = [d for d in dice if not np.isnan(d)]
    return {
        "cases": len(known),
        "dice": float(np.mean(known)) if known else float("nan"),
        "dice_95": bootstrap_interval(dice),
        "assd_mm": float(np.nanmean(distance)) if np.isfinite(distance).any() else float("nan"),
    }


def _seconds(segmenter: Segmenter) -> tuple[float, float]:
    """Fastest of some runs on a clinical volume, by the clock and in processor time."""
    noise = np.random.default_rng(0).random(CLINICAL, dtype=np.float32)
    series = axial_series("timed", noise, CLINICAL_MM)
    best = []
    for _ in range(REPEATS):
        wall, processor = time.perf_counter(), time.process_time()
        segmenter(series)
        best.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(w for w, _ in best), min(p for _, p in best)


if __name__ == "__main__":
    main()
