"""Score the sagittal bundle: held-out patients, native and thick slices, and unseen phantoms.

    python scripts/evaluate_segmentation.py --spider DATA [--bundle DIR] [--json FILE]

Patients are those the bundle's training configuration kept out; phantoms are seeds it never saw.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from cauda.evaluation.overlap import Score, bootstrap_interval
from cauda.evaluation.segmentation import (
    SINGLE_STRUCTURES,
    THREE_LABELS,
    LabelledCase,
    as_series,
    phantom_case,
    score_case,
    score_segmentation,
    three_label_case,
)
from cauda.evaluation.strays import LEAST_MM3, REACH_MM, Stray, strays
from cauda.locate import locate
from cauda.locate.labelmap import labelmap
from cauda.nets import find_bundle, onnx_segmenter
from cauda.nets.bundles import Bundle
from cauda.ports import Segmenter
from cauda.records import Study
from cauda.training.spider import read_masks

SLICE_GROUPS = {"native 1 mm": 1, "simulated 4 mm": 4}
PHANTOM_SEED = 990_000
"""Far above every training seed, so that these phantoms are unseen."""

Rows = dict[str, dict[str, Score]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER cases")
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--phantoms", type=int, default=40, help="unseen phantoms to score")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_sagittal")
    segmenter = onnx_segmenter(bundle)

    tables: dict[str, Rows] = {}
    if arguments.spider is not None:
        for title, slices in SLICE_GROUPS.items():
            tables[title] = {
                case.name: score_case(case, segmenter, THREE_LABELS)
                for case in (_patient(arguments.spider, p, slices) for p in _kept_out(bundle))
            }
    if arguments.phantoms:
        scored = [_phantom(PHANTOM_SEED + n, segmenter) for n in range(arguments.phantoms)]
        tables["unseen phantoms"] = {p.name: p.scores for p in scored}

    for title, rows in tables.items():
        _show(title, rows, per_case=len(rows) <= 10)
    if arguments.phantoms:
        _show_strays(scored)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(_figures(tables), indent=1) + "\n", encoding="utf-8")


def _kept_out(bundle: Bundle) -> list[str]:
    config = json.loads((bundle.folder / "configs" / "train.json").read_text(encoding="utf-8"))
    return list(config["training"]["validation"])


def _patient(folder: Path, patient: str, slices: int) -> LabelledCase:
    return three_label_case(patient, *read_masks(folder, patient), slices=slices)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPhantom:
    """Scores of one phantom, and what was found, written by part and named outside its spine."""

    name: str
    scores: dict[str, Score]
    found: tuple[Stray, ...]
    parts: tuple[Stray, ...]
    named: tuple[Stray, ...]


def _phantom(seed: int, segmenter: Segmenter) -> ScoredPhantom:
    case = phantom_case(seed)
    series = as_series(case)
    segmentation = segmenter(series)
    spine = locate((segmentation,), Study(series=(series,)))
    built = np.any(list(case.masks.values()), axis=0)
    space = segmentation.space
    labels = segmentation.probabilities.argmax(axis=0)
    parts = labelmap(spine, segmentation, space, "parts").astype(int)
    named = spine.instances.get(series.key)
    return ScoredPhantom(
        name=case.name,
        scores=score_segmentation(case, segmentation, SINGLE_STRUCTURES),
        found=strays(built, case.space, labels, space),
        parts=strays(built, case.space, parts, space),
        named=() if named is None else strays(built, case.space, named, space),
    )


def _show_strays(scored: list[ScoredPhantom]) -> None:
    """Print how many pieces lie outside the true spine."""
    for words, pieces in (
        ("most probable structure", [(p.name, s) for p in scored for s in p.found]),
        ("label map of parts, as written", [(p.name, s) for p in scored for s in p.parts]),
        ("named structures, as reported", [(p.name, s) for p in scored for s in p.named]),
    ):
        worst = max((s.volume_mm3 for _, s in pieces), default=0.0)
        studies = len({name for name, _ in pieces})
        print(
            f"Pieces over {LEAST_MM3:.0f} mm3 more than {REACH_MM:.0f} mm off the spine, {words}: "
            f"{len(pieces)} in {studies} of {len(scored)} phantoms, largest {worst:.0f} mm3"
        )


def _show(title: str, rows: Rows, *, per_case: bool) -> None:
    """Print one line a case and their mean with its 95 % interval."""
    structures = list(next(iter(rows.values())))
    table = Table("case", *(f"{s}\nDice / ASSD / HD95 mm" for s in structures), title=title)
    if per_case:
        for name, scores in rows.items():
            table.add_row(name, *(_cell(scores[s]) for s in structures))
    means = []
    for structure in structures:
        values = [scores[structure].dice for scores in rows.values()]
        low, high = bootstrap_interval(values)
        means.append(f"{_mean(values):.3f} ({low:.3f}-{high:.3f}) / {_assd(rows, structure):.2f}")
    table.add_row(f"mean of {len(rows)}", *means)
    Console(width=200).print(table)


def _cell(score: Score) -> str:
    return f"{score.dice:.3f} / {score.assd_mm:.2f} / {score.hd95_mm:.1f}"


def _mean(values: list[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")


def _assd(rows: Rows, structure: str) -> float:
    return _mean([scores[structure].assd_mm for scores in rows.values()])


def _figures(tables: dict[str, Rows]) -> dict[str, Any]:
    return {
        title: {
            name: {s: dataclasses.asdict(score) for s, score in scores.items()}
            for name, scores in rows.items()
        }
        for title, rows in tables.items()
    }


if __name__ == "__main__":
    main()
