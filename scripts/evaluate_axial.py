"""Score the axial bundle on unseen phantoms, and time it on a clinical volume.

    python scripts/evaluate_axial.py [--spider DIR] [--phantoms N] [--bundle DIR] [--json FILE]

Phantoms are seeds that were never trained on. No axial slice of a patient has labels; with
``--spider`` the labelled sagittal slabs of the patients kept out are cut across at their discs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from cauda.evaluation.axial import axial_series, score_axial_phantom
from cauda.evaluation.overlap import Score, bootstrap_interval
from cauda.evaluation.strips import score_strip, strips
from cauda.nets import find_bundle, onnx_segmenter
from cauda.nets.bundles import Bundle
from cauda.ports import Segmenter
from cauda.training.axial_config import AxialConfig
from cauda.training.spider import read_masks

PHANTOM_SEED = 990_000
"""Training seeds are pairs, so that these phantoms are unseen."""
CLINICAL = (30, 512, 512)
CLINICAL_MM = (4.4, 0.4, 0.4)
"""Slices and pixels of the volume that is timed."""
REPEATS = 3

Rows = dict[str, dict[str, Score]]
"""Case -> structure -> score."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER cases")
    parser.add_argument("--phantoms", type=int, default=40, help="unseen phantoms to score")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_axial")
    segmenter = onnx_segmenter(bundle)
    seeds = range(PHANTOM_SEED, PHANTOM_SEED + arguments.phantoms)
    rows: Rows = {
        str(seed): {s.value: v for s, v in score_axial_phantom(seed, segmenter).items()}
        for seed in seeds
    }
    shown = [("unseen axial phantoms", rows)]
    if arguments.spider is not None:
        shown.append(("strips of patients kept out", patients(arguments.spider, bundle, segmenter)))
    for title, own in shown:
        Console(width=100).print(_table(title, _figures_of(own)))
    wall, processor = _seconds(segmenter)
    print(f"{CLINICAL} voxels: {wall:.2f} s by the clock, {processor:.2f} s of processor time")
    if arguments.json is not None:
        cases = {
            title: {
                case: {name: dataclasses.asdict(score) for name, score in scores.items()}
                for case, scores in own.items()
            }
            for title, own in shown
        }
        text = json.dumps(cases, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")


def patients(folder: Path, bundle: Bundle, segmenter: Segmenter) -> Rows:
    """Mean scores over the discs of each patient that the bundle never saw."""
    training = json.loads((bundle.folder / "configs/train.json").read_text(encoding="utf-8"))
    found: Rows = {}
    for patient in training["training"].get("validation", AxialConfig().validation):
        cut = list(strips(patient, *read_masks(folder, patient)))
        scores = [score_strip(strip, segmenter) for strip in cut]
        found[patient] = {
            name: Score(
                dice=float(np.nanmean([s[name].dice for s in scores])),
                assd_mm=float(np.nanmean([s[name].assd_mm for s in scores])),
                hd95_mm=float(np.nanmean([s[name].hd95_mm for s in scores])),
            )
            for name in scores[0]
        }
    return found


def _figures_of(rows: Rows) -> dict[str, dict[str, Any]]:
    """Mean Dice with its interval over cases, and mean ASSD, by structure."""
    figures = {}
    for name in next(iter(rows.values())):
        dice = [scores[name].dice for scores in rows.values()]
        distance = [scores[name].assd_mm for scores in rows.values()]
        known = [d for d in dice if not np.isnan(d)]
        figures[name] = {
            "cases": len(known),
            "dice": float(np.mean(known)) if known else float("nan"),
            "dice_95": bootstrap_interval(dice),
            "assd_mm": float(np.nanmean(distance)) if np.isfinite(distance).any() else float("nan"),
        }
    return figures


def _table(title: str, figures: dict[str, dict[str, Any]]) -> Table:
    table = Table("structure", "cases", "Dice (95 %)", "ASSD mm", title=title)
    for name, row in figures.items():
        low, high = row["dice_95"]
        table.add_row(
            name,
            str(row["cases"]),
            f"{row['dice']:.3f} ({low:.3f}-{high:.3f})",
            f"{row['assd_mm']:.2f}",
        )
    return table


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
