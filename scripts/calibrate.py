"""Calibration of a bundle: reliability and ECE before and after one temperature.

    python scripts/calibrate.py --spider DATA [--bundle DIR] [--write]

The temperature is fitted on training patients only; figures are those of the patients kept out and
of unseen phantoms. An axial bundle is shown the patients' slabs cut across at their discs.
``--write`` keeps the temperature in the bundle's card, which inference applies, if the mean ECE of
the kept-out patients falls; the weights stay as they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from cauda.evaluation.axial import axial_phantom
from cauda.evaluation.calibration import (
    Groups,
    Reliability,
    Sample,
    fit_temperature,
    labelled_sample,
    reliability,
    sample_of,
)
from cauda.evaluation.segmentation import (
    SINGLE_STRUCTURES,
    THREE_LABELS,
    phantom_case,
    three_label_case,
)
from cauda.evaluation.strips import STRIP_MATRIX, strips
from cauda.geometry import Space
from cauda.nets import Bundle, find_bundle, onnx_segmenter
from cauda.ports import Segmenter
from cauda.training.axial_config import AxialConfig
from cauda.training.bundle_files import read_json, write_json
from cauda.training.export import write_hashes
from cauda.training.spider import patients, read_masks
from cauda.vocab import AXIAL_STRUCTURES, Plane, Structure

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
    samples = strip_samples if bundle.plane is Plane.AXIAL else patient_samples
    fitted = samples(arguments.spider, training, segmenter)
    temperature = fit_temperature(fitted, THREE_LABELS)
    print(f"{bundle.name} {bundle.version}: fitted on {len(training)} training patients,")
    print(f"the logits' temperature is {temperature:g} times the present one ({kept:g})")
    validation = samples(arguments.spider, out, segmenter)
    gain = show("kept-out patients, simulated 4 mm", validation, THREE_LABELS, temperature)
    unseen = [
        phantom_sample(bundle, PHANTOM_SEED + n, segmenter) for n in range(arguments.phantoms)
    ]
    if unseen:
        show("unseen phantoms", unseen, structures_of(bundle), temperature)
    if arguments.write:
        keep(bundle, kept * temperature if gain > 0 else kept)


def patient_samples(folder: Path, names: list[str], segmenter: Segmenter) -> list[Sample]:
    cases = (three_label_case(p, *read_masks(folder, p), slices=SLICES) for p in names)
    return [sample_of(case, segmenter, THREE_LABELS) for case in cases]


def strip_samples(folder: Path, names: list[str], segmenter: Segmenter) -> list[Sample]:
    """Axial stacks cut from the patients' slabs at their discs; only the slabs' voxels count."""
    found = []
    for name in names:
        for strip in strips(name, *read_masks(folder, name)):
            segmentation = segmenter(strip.series)
            space = Space.from_matrix(strip.labels.shape, STRIP_MATRIX)
            found.append(labelled_sample(segmentation, strip.labels, space, strip.known))
    return found


def phantom_sample(bundle: Bundle, seed: int, segmenter: Segmenter) -> Sample:
    if bundle.plane is not Plane.AXIAL:
        return sample_of(phantom_case(seed), segmenter, SINGLE_STRUCTURES)
    series, labels, space = axial_phantom(seed)
    return labelled_sample(segmenter(series), labels, space)


def structures_of(bundle: Bundle) -> Groups:
    if bundle.plane is not Plane.AXIAL:
        return SINGLE_STRUCTURES
    return {s.value: (s,) for s in AXIAL_STRUCTURES if s is not Structure.BACKGROUND}


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
    write_hashes(bundle.folder)
    print(f"kept temperature {temperature:.3f} in {bundle.name}; hashes written anew")


def kept_out(bundle: Bundle) -> list[str]:
    config = json.loads((bundle.folder / "configs" / "train.json").read_text(encoding="utf-8"))
    return list(config["training"].get("validation", AxialConfig().validation))


if __name__ == "__main__":
    main()
