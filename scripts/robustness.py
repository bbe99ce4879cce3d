"""Dice of a bundle's network under noise, blur, contrast, shading, thickness, pose and cropping.

    python scripts/robustness.py --spider DATA [--bundle DIR] [--quick] [--page docs/robustness.md]

Kept-out patients at simulated 4 mm slices, and unseen phantoms. Every score is kept in ``--cache``
by the weights' hash, so a run that was stopped goes on, and new weights start anew. ``--quick``
takes half the patients and two phantoms.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cauda.evaluation.overlap import bootstrap_interval
from cauda.evaluation.robustness import Condition, conditions, dice_under
from cauda.evaluation.segmentation import (
    SINGLE_STRUCTURES,
    THREE_LABELS,
    LabelledCase,
    phantom_case,
    three_label_case,
)
from cauda.nets import Bundle, find_bundle, onnx_segmenter
from cauda.ports import Segmenter
from cauda.training.spider import read_masks

SLICES = 4
THICKNESS = (1, 2, 3, 4, 5, 6)
PHANTOM_SEED = 970_000
"""Far from the seeds of training, validation and evaluation."""
BREAKS = 0.05
SHOWN = {
    "patients": ("vertebra", "disc", "canal"),
    "phantoms": ("vertebral body", "disc", "thecal sac", "sacrum", "foramen"),
}


class Cache:
    """Scores by weights, group, condition and case, one JSON line each."""

    def __init__(self, path: Path, weights: str) -> None:
        self._path, self._weights = path, weights
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = (json.loads(line) for line in lines)
        self._known = {tuple(r["key"]): r["dice"] for r in rows if r["weights"] == weights}

    def score(
        self, group: str, condition: Condition, case: LabelledCase, segmenter: Segmenter
    ) -> dict[str, float]:
        """Dice of a case under a condition, from the cache where it is there."""
        key = (group, condition.name, condition.level, case.name)
        if key not in self._known:
            structures = THREE_LABELS if group == "patients" else SINGLE_STRUCTURES
            self._known[key] = dice_under(condition, case, segmenter, structures)
            row = {"weights": self._weights, "key": key, "dice": self._known[key]}
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
        return self._known[key]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER cases")
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--patients", type=int, help="only so many of those kept out")
    parser.add_argument("--phantoms", type=int, default=6)
    parser.add_argument("--cache", type=Path, default=Path("runs/robustness.jsonl"))
    parser.add_argument("--page", type=Path, help="Markdown to write, such as docs/robustness.md")
    parser.add_argument("--quick", action="store_true", help="half the patients, two phantoms")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_sagittal")
    cache = Cache(arguments.cache, bundle.sha256)
    segmenter = onnx_segmenter(bundle)
    count = min(arguments.patients or 3, 3) if arguments.quick else arguments.patients
    patients = kept_out(bundle)[:count] if arguments.spider else []
    phantoms = min(arguments.phantoms, 2) if arguments.quick else arguments.phantoms
    tables = {
        "patients": patient_table(arguments.spider, patients, cache, segmenter),
        "phantoms": phantom_table(phantoms, cache, segmenter),
    }
    page = "\n".join(lines_of(tables, bundle, len(patients), phantoms))
    print(page)
    if arguments.page is not None:
        arguments.page.write_text(page + "\n", encoding="utf-8")


Table = dict[tuple[str, str], list[dict[str, float]]]


def patient_table(folder: Path, patients: list[str], cache: Cache, segmenter: Segmenter) -> Table:
    table: Table = {}
    for patient in patients:
        native = read_masks(folder, patient)
        case = three_label_case(patient, *native, slices=SLICES)
        for condition in conditions():
            scores = cache.score("patients", condition, case, segmenter)
            table.setdefault((condition.name, condition.level), []).append(scores)
        for slices in THICKNESS:
            same = Condition(name="slice thickness", level=f"{slices} mm", change=lambda c: c)
            thick = three_label_case(patient, *native, slices=slices)
            scores = cache.score("patients", same, thick, segmenter)
            table.setdefault((same.name, same.level), []).append(scores)
    return table


def phantom_table(count: int, cache: Cache, segmenter: Segmenter) -> Table:
    table: Table = {}
    for number in range(count):
        case = phantom_case(PHANTOM_SEED + number)
        for condition in conditions():
            scores = cache.score("phantoms", condition, case, segmenter)
            table.setdefault((condition.name, condition.level), []).append(scores)
    return table


def kept_out(bundle: Bundle) -> list[str]:
    config = json.loads((bundle.folder / "configs" / "train.json").read_text(encoding="utf-8"))
    return list(config["training"]["validation"])


def lines_of(
    tables: dict[str, Table], bundle: Bundle, patients: int, phantoms: int
) -> Iterator[str]:
    yield "# Robustness"
    yield ""
    yield f"Dice of `{bundle.name}` {bundle.version} (mean, 95 % bootstrap interval over cases)"
    yield "when the image is changed on purpose. Slices of patients are simulated 4 mm ones, but"
    yield "for the rows on thickness. Made by"
    yield ""
    command = f"python scripts/robustness.py --spider DATA --phantoms {phantoms}"
    yield f"    {command} --page docs/robustness.md"
    for group, count in (("patients", patients), ("phantoms", phantoms)):
        if not count:
            continue
        names = SHOWN[group]
        yield ""
        kind = "patients never trained on" if group == "patients" else "unseen phantoms"
        yield f"## {count} {kind}"
        yield ""
        yield f"| change | {' | '.join(names)} |"
        yield f"|---|{'---|' * len(names)}"
        for (name, level), rows in tables[group].items():
            cells = (cell([r[n] for r in rows]) for n in names)
            yield f"| {name} {level}".rstrip() + f" | {' | '.join(cells)} |"
        yield ""
        yield f"Breaks (a mean Dice more than {BREAKS} below that of the unchanged image): "
        yield "; ".join(breaking(tables[group], names)) + "."


def breaking(table: Table, names: tuple[str, ...]) -> Iterator[str]:
    """The changes under which a structure is lost, and how far each falls, worst first."""
    plain, *changed = table.items()

    def mean(rows: list[dict[str, float]], name: str) -> float:
        return float(np.nanmean([r[name] for r in rows]))

    falls = [
        (mean(plain[1], n) - mean(rows, n), f"{key[0]} {key[1]}".rstrip(), n)
        for key, rows in changed
        for n in names
        if not all(np.isnan(r[n]) for r in rows)
    ]
    deep = sorted((f for f in falls if f[0] > BREAKS), reverse=True)
    for change in dict.fromkeys(f[1] for f in deep):
        yield f"{change} ({', '.join(f'{n} -{d:.2f}' for d, c, n in deep if c == change)})"
    if not deep:
        yield "nothing"


def cell(values: list[float]) -> str:
    known = [v for v in values if not np.isnan(v)]
    if not known:
        return "-"
    low, high = bootstrap_interval(known)
    return f"{np.mean(known):.3f} ({low:.3f}-{high:.3f})"


if __name__ == "__main__":
    main()
