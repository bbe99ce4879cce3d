"""Calibration of a bundle: reliability and ECE before and after one temperature.

    python scripts/calibrate.py --spider DATA [--bundle DIR] [--write]

The temperature is fitted on training patients only; figures are those of the patients kept out and
of unseen phantoms. ``--write`` keeps it in the bundle, exporting the ONNX graph anew, if the mean
ECE of the kept-out patients falls, and else states 1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from cauda.evaluation.calibration import (
    Groups,
    Reliability,
    Sample,
    fit_temperature,
    reliability,
    sample_of,
)
from cauda.evaluation.segmentation import (
    SINGLE_STRUCTURES,
    THREE_LABELS,
    phantom_case,
    three_label_case,
)
from cauda.nets import Bundle, find_bundle, onnx_segmenter
from cauda.ports import Segmenter
from cauda.training.bundle_files import read_json, write_json
from cauda.training.export import export_bundle
from cauda.training.spider import patients, read_masks

SLICES = 4
PHANTOM_SEED = 960_000
METADATA = "configs/metadata.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spider", type=Path, required=True, help="folder of the SPIDER cases")
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--fit", type=int, default=6, help="training patients to fit on")
    parser.add_argument("--phantoms", type=int, default=6)
    parser.add_argument("--write", action="store_true", help="keep the temperature if it helps")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_sagittal")
    kept = bundle.temperature
    segmenter = onnx_segmenter(bundle)
    out = kept_out(bundle)
    training = [p for p in patients(arguments.spider) if p not in out][: arguments.fit]
    fitted = patient_samples(arguments.spider, training, segmenter)
    temperature = fit_temperature(fitted, THREE_LABELS)
    print(f"{bundle.name} {bundle.version}: fitted on {len(training)} training patients,")
    print(f"the logits' temperature is {temperature:g} times the present one ({kept:g})")
    validation = patient_samples(arguments.spider, out, segmenter)
    gain = show("kept-out patients, simulated 4 mm", validation, THREE_LABELS, temperature)
    unseen = [
        sample_of(phantom_case(PHANTOM_SEED + n), segmenter, SINGLE_STRUCTURES)
        for n in range(arguments.phantoms)
    ]
    if unseen:
        show("unseen phantoms", unseen, SINGLE_STRUCTURES, temperature)
    if arguments.write:
        keep(bundle, kept * temperature if gain > 0 else kept)


def patient_samples(folder: Path, names: list[str], segmenter: Segmenter) -> list[Sample]:
    cases = (three_label_case(p, *read_masks(folder, p), slices=SLICES) for p in names)
    return [sample_of(case, segmenter, THREE_LABELS) for case in cases]


def show(title: str, samples: list[Sample], groups: Groups, temperature: float) -> float:
    """Print both tables; return how much the mean ECE falls."""
    before, after = (reliability(samples, groups, t) for t in (1.0, temperature))
    table = Table("structure", "ECE before", "ECE after", "stated -> drawn, before", title=title)
    for name in groups:
        row = (f"{before[name].error:.4f}", f"{after[name].error:.4f}", curve(before[name]))
        table.add_row(name, *row)
    means = [float(np.nanmean([r.error for r in found.values()])) for found in (before, after)]
    table.add_row("mean", *(f"{m:.4f}" for m in means), "")
    Console(width=160).print(table)
    return means[0] - means[1]


def curve(found: Reliability) -> str:
    pairs = zip(found.stated, found.observed, found.count, strict=True)
    return "  ".join(f"{s:.2f}->{o:.2f}" for s, o, n in pairs if n)


def keep(bundle: Bundle, temperature: float) -> None:
    card = read_json(bundle.folder / METADATA)
    card["cauda"]["temperature"] = round(temperature, 3)
    write_json(bundle.folder / METADATA, card)
    export_bundle(bundle.folder / "models" / "model.pt", bundle.folder)
    print(f"kept temperature {temperature:.3f} in {bundle.name}; hashes written anew")


def kept_out(bundle: Bundle) -> list[str]:
    config = json.loads((bundle.folder / "configs" / "train.json").read_text(encoding="utf-8"))
    return list(config["training"]["validation"])


if __name__ == "__main__":
    main()
