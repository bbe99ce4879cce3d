"""Does fine-tuning on a few of one's own cases help? A trial on a scanner nobody trained on.

    python scripts/finetune_trial.py --spider DATA --folder TRIAL

Takes four training patients of SPIDER as "the user's" and three that were kept out, gives all of
them a look that no scanner in training had (magnitude inversion recovery near the null point of
marrow, low resolution, noise, a surface coil; 4 mm slices), writes the user's as NIfTI with a card,
runs what docs/how-to/fine-tune.md tells a user to run, and prints Dice before and after on the
kept-out ones, in the new look and in the old one.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from cauda.datasets import Case, DataSet, named_map, write_card
from cauda.datasets.layouts import SPIDER_CREDIT, SPIDER_LICENSE
from cauda.evaluation.overlap import bootstrap_interval
from cauda.evaluation.robustness import blurred, noisy, shaded
from cauda.evaluation.segmentation import THREE_LABELS, LabelledCase, three_label_case
from cauda.nets import find_bundle
from cauda.nets.network import build_network
from cauda.nets.torch_segmenter import segmenter_of
from cauda.training import Options, run
from cauda.training.initial import initial, state_of
from cauda.training.spider import read_masks
from cauda.training.validate import Examined, case_dice
from cauda.vocab import Contrast

OWN = ("7", "18", "22", "34")
KEPT_OUT = ("11", "61", "107")
SLICES = 4
NULL = 0.45
"""Signal of marrow, as a share of bright tissue, that becomes zero."""
BLUR_MM, NOISE, SHADING = 1.0, 0.1, 0.6
"""As :mod:`cauda.evaluation.robustness` has them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spider", type=Path, required=True, help="folder of the SPIDER cases")
    parser.add_argument("--folder", type=Path, required=True, help="for the cases and the run")
    parser.add_argument("--bundle", default="cauda_sagittal", help="what to begin with")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    card = write_own(arguments.spider, arguments.folder / "cases")
    bundle = find_bundle(arguments.bundle)
    config = bundle.folder / "configs" / "finetune.json"
    options = Options(data=(card,), folder=arguments.folder / "run", init=arguments.bundle)
    tuned = run(config, options)
    cases = [case_of(arguments.spider, p) for p in KEPT_OUT]
    looks = {"the new look": [strange(c) for c in cases], "the look of training": cases}
    table = Table(
        "", *THREE_LABELS, title=f"Dice on {len(cases)} kept-out patients (95 % interval)"
    )
    for look, examined in looks.items():
        before = initial(arguments.bundle).weights
        for title, weights in (("before", before), ("after", state_of(tuned))):
            network = build_network(**bundle.architecture).eval()
            network.load_state_dict(dict(weights or {}))
            table.add_row(f"{look}, {title}", *cells(network, examined))
    Console(width=140).print(table)


def case_of(folder: Path, patient: str) -> LabelledCase:
    return three_label_case(patient, *read_masks(folder, patient), slices=SLICES)


def strange(case: LabelledCase) -> LabelledCase:
    """The case as a scanner would show it that nobody trained on."""
    scaled = case.signal / np.percentile(case.signal, 99.0)
    seen = dataclasses.replace(case, signal=100.0 * np.abs(scaled - NULL))
    return shaded(noisy(blurred(seen, BLUR_MM), NOISE), SHADING)


def write_own(spider: Path, folder: Path) -> Path:
    """The user's cases as NIfTI, and their card."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for patient in OWN:
        case = strange(case_of(spider, patient))
        labels = sum(n * m for n, m in enumerate(case.masks.values(), start=1))
        i, j, k = case.spacing_mm
        files = {f"{patient}.nii.gz": case.signal, f"{patient}_seg.nii.gz": np.asarray(labels)}
        for name, array in files.items():
            kind = np.float32 if array.dtype.kind == "f" else np.uint8
            image = nib.Nifti1Image(array.astype(kind), np.diag([-i, -j, k, 1.0]))
            image.set_sform(image.affine, code=1)
            nib.save(image, folder / name)
        image_path, mask_path = (folder / name for name in files)
        cases.append(
            Case(
                id=patient,
                patient=patient,
                image=image_path,
                masks=(mask_path,),
                contrast=Contrast.UNKNOWN,
            )
        )
    labels_map = named_map("spider-merged")
    dataset = DataSet(
        name="Four cases of a new scanner",
        labels=(labels_map,),
        labelled=labels_map.told,
        cases=tuple(cases),
        license=SPIDER_LICENSE,
        credit=SPIDER_CREDIT,
    )
    write_card(dataset, folder / "dataset.yaml")
    return folder / "dataset.yaml"


def cells(network: torch.nn.Module, cases: list[LabelledCase]) -> list[str]:
    segmenter = segmenter_of(network, find_bundle("cauda_sagittal").layout)
    rows = [case_dice(Examined(case=c, structures=THREE_LABELS), segmenter) for c in cases]
    found = []
    for name in THREE_LABELS:
        values = [row[name] for row in rows]
        low, high = bootstrap_interval(values)
        found.append(f"{np.mean(values):.3f} ({low:.3f}-{high:.3f})")
    return found


if __name__ == "__main__":
    main()
