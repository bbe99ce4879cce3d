"""How often the levels of four, five and six lumbar vertebrae are named right, flagged or neither.

Sagittal T2 slices beside the midline of random phantoms are rendered, segmented and located. With
``--spider`` the patients of SPIDER are located, too, on their volumes averaged to 4 mm: how many
have ordinary numbers of vertebrae is not known, so only what is flagged is printed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cauda.evaluation.segmentation import as_series, three_label_case
from cauda.locate import locate
from cauda.nets import onnx_segmenter
from cauda.nets.bundles import Bundle
from cauda.phantom import Anatomy, draw_anatomy
from cauda.phantom.render import render
from cauda.phantom.stacks import StudyPlan, sagittal_space
from cauda.phantom.tissue import PROTOCOLS
from cauda.phantom.truth import levels_of
from cauda.ports import Segmenter
from cauda.records import Series, Spine, Study, Volume
from cauda.training.spider import patients, read_masks
from cauda.vocab import Contrast, Level, Plane

PLAN = StudyPlan(sagittal_slices=5)
NEAR_MM = 12.0
"""A level belongs to the true disc this near."""
SAME = {Level.L4_S1: Level.L4_L5}
"""Above a sacralized L5 the lowest disc has two right names."""
OUTCOMES = ("right", "right, flagged", "one off, flagged", "other, flagged", "wrong, silent")


def main() -> None:
    """Locate phantoms (and patients) and print one line each, then the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("models/cauda_sagittal"))
    parser.add_argument("--count", type=int, default=8, help="phantoms of each kind")
    parser.add_argument("--first-seed", type=int, default=800000)
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER masks")
    args = parser.parse_args()
    segmenter = onnx_segmenter(Bundle.open(args.bundle))
    counts: dict[int, Counter[str]] = {4: Counter(), 6: Counter(), 5: Counter()}
    for seed in range(args.first_seed, args.first_seed + args.count):
        for lumbar, counter in counts.items():
            anatomy = draw_anatomy(np.random.default_rng(seed), lumbar_count=lumbar)
            spine = _located(_rendered(anatomy, seed), segmenter)
            found = outcome(anatomy, spine)
            counter[found] += 1
            print(lumbar, seed, found, *spine.numbering.flags, flush=True)
    for lumbar, counter in sorted(counts.items()):
        print(f"{lumbar} lumbar:", ", ".join(f"{o} {counter[o]}" for o in OUTCOMES))
    if args.spider:
        shown = list(_patients(args.spider, segmenter))
        print(f"patients: {len(shown)}, uncertain {sum(shown)}")


def outcome(anatomy: Anatomy, spine: Spine) -> str:
    """Compare every located level's name with the name of the true disc it lies on."""
    true = {lv: np.array(anatomy.discs[n].origin_lps) for n, lv in levels_of(anatomy)}
    is_right, is_alternate, is_flagged = True, True, spine.numbering.state == "uncertain"
    for level in spine.levels:
        place = np.array(level.frame.origin_lps)
        name = min(true, key=lambda lv: float(np.linalg.norm(true[lv] - place)))
        if np.linalg.norm(true[name] - place) > NEAR_MM:
            continue
        names = {name, SAME.get(name, name)}
        is_right &= level.name in names
        is_alternate &= level.alternate in names
    if is_right:
        return OUTCOMES[1] if is_flagged else OUTCOMES[0]
    if not is_flagged:
        return OUTCOMES[4]
    return OUTCOMES[2] if is_alternate else OUTCOMES[3]


def _rendered(anatomy: Anatomy, seed: int) -> Series:
    space = sagittal_space(anatomy, PLAN, "1.2")
    protocol = replace(PROTOCOLS[Contrast.T2], slice_mm=PLAN.sagittal_slice_mm, noise=PLAN.noise)
    signal = render(anatomy, space, protocol, np.random.default_rng((seed, 1)))
    return Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=signal, space=space),
        used=True,
        reason="Rendered.",
    )


def _located(series: Series, segmenter: Segmenter) -> Spine:
    return locate((segmenter(series),), Study(series=(series,)))


def _patients(folder: Path, segmenter: Segmenter) -> Iterator[bool]:
    """Print what is flagged in each patient, and tell whether the numbering is uncertain."""
    for patient in patients(folder):
        signal, labels, spacing_mm = read_masks(folder, patient)
        series = as_series(three_label_case(patient, signal, labels, spacing_mm, slices=4))
        numbering = _located(series, segmenter).numbering
        print(patient, numbering.state, *numbering.flags, flush=True)
        yield numbering.state == "uncertain"


if __name__ == "__main__":
    main()
