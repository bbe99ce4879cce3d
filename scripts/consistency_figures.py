"""Print how well two checks tell wrong levels and moved slices from sound ones.

Unseen phantoms, and patients kept out of training, are segmented untouched and spoiled. A level is
wrong if the Dice of its disc is below 0.75. Printed are the area under the ROC curve of the
agreement of the network's two answers and of its confidence, the levels and series that the checks
limit, and the processor time that the second answer costs. Results are cached a case.

Example: python scripts/consistency_figures.py --phantoms 4 --spider DATA
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track
from scipy import stats

from cauda.check import consistency, motion
from cauda.check.scene import limit
from cauda.evaluation.artifacts import ARTIFACTS
from cauda.evaluation.overlap import dice
from cauda.evaluation.segmentation import as_series, three_label_case
from cauda.geometry import Array, Space, canonical, resample
from cauda.locate import locate
from cauda.nets import find_bundle
from cauda.nets.grid import segment_series
from cauda.nets.onnx_segmenter import onnx_predictor
from cauda.nets.second_look import with_second_look
from cauda.phantom import PROTOCOLS, draw_anatomy, render, structure_labels
from cauda.phantom.stacks import StudyPlan, sagittal_space
from cauda.ports import Segmenter
from cauda.records import LevelInstance, Segmentation, Series, Spine, Study, Volume
from cauda.training.spider import read_masks
from cauda.vocab import STRUCTURES, Contrast, Level, Plane, Structure

FIRST_SEED = 700_000
THICK = 4
"""Native slices of a patient averaged into one."""
WRONG = 0.75
REACH_MM = np.array([28.0, 45.0, 12.0])
"""Disc this near to a level's frame is compared with the truth."""
KEPT_OUT = ("11", "61", "107", "118", "129", "136")
SPOILED = ("none", "noise", "blur", "motion", "moved slices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A study of one series, and its true discs on any grid."""

    study: Study
    discs: Callable[[Space], Array]


def phantom(seed: int) -> Case:
    """A T2 stack of an unseen phantom."""
    anatomy = draw_anatomy(np.random.default_rng(seed), lumbar_count=5)
    stored = sagittal_space(anatomy, StudyPlan(sagittal_matrix=300, sagittal_slices=11), "1.2.3")
    _, space = canonical(np.empty(stored.shape, np.uint8), stored)
    signal = render(anatomy, space, PROTOCOLS[Contrast.T2], np.random.default_rng(seed))
    return Case(
        study=_study(Volume(voxels=signal.astype(np.float32), space=space, slice_axis=0)),
        discs=lambda grid: structure_labels(anatomy, grid) == STRUCTURES.index(Structure.DISC),
    )


def patient(folder: Path, name: str) -> Case:
    """A patient's volume averaged to thick slices."""
    case = three_label_case(name, *read_masks(folder, name), slices=THICK)
    volume = as_series(case).volume
    if volume is None:
        msg = f"{name} has no pixels."
        raise ValueError(msg)
    mask = case.masks["disc"].astype(np.float32)
    return Case(
        study=_study(volume),
        discs=lambda grid: resample(mask, volume.space, grid) > 0.5,
    )


def _study(volume: Volume) -> Study:
    one = Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=volume,
        used=True,
        reason="A case to be scored.",
    )
    return Study(series=(one,))


def judge(case: Case, artifact: str, segmenter: Segmenter) -> dict[str, Any]:
    """What the checks and the truth say of one spoiled study."""
    spoiled = ARTIFACTS[artifact](case.study, np.random.default_rng(len(artifact)))
    found = segmenter(spoiled.series[0])
    spine = locate((found,), spoiled)
    discs = case.discs(found.space)
    drawn = found.probabilities.argmax(axis=0) == STRUCTURES.index(Structure.DISC)
    agreed = consistency.agreements(found, spine.levels)
    levels = [
        {"level": lv.name, "agreement": a, "confidence": c, "dice": d}
        for lv, a in zip(spine.levels, agreed, strict=True)
        if (d := _level_dice(lv, discs, drawn, found.space)) is not None
        and (c := _confidence(found, spine, lv)) is not None
    ]
    return {"artifact": artifact, "levels": levels, "jump_mm": motion.series_jump_mm(found)}


def _level_dice(level: LevelInstance, discs: Array, drawn: Array, space: Space) -> float | None:
    """Dice of the disc near a level; None where the truth has none."""
    places = np.argwhere(discs | drawn)
    near = (np.abs(level.frame.to_local(space.to_lps(places))) <= REACH_MM).all(axis=1)
    here = tuple(places[near].T)
    return dice(discs[here], drawn[here]) if discs[here].any() else None


def _confidence(found: Segmentation, spine: Spine, level: LevelInstance) -> float | None:
    inside = np.isin(spine.instances[found.series], (level.label, level.above, level.below))
    return float(found.probabilities[:, inside].max(axis=0).mean()) if inside.any() else None


def roc_area(scores: Sequence[float], wrong: Sequence[bool]) -> float:
    """Chance that a wrong level scores lower than a right one; NaN without one of either."""
    bad = [s for s, w in zip(scores, wrong, strict=True) if w]
    good = [s for s, w in zip(scores, wrong, strict=True) if not w]
    if not bad or not good:
        return float("nan")
    return float(stats.mannwhitneyu(good, bad).statistic / (len(bad) * len(good)))


def table(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Lines of Markdown: a row an artifact, then the areas."""
    least, jump = limit("second-look-lower"), limit("slice-jump-lower")
    yield "| artifact | levels | wrong | limited | wrong and limited | largest jump mm | moved |"
    yield "|---|---|---|---|---|---|---|"
    for name in SPOILED:
        own = [r for r in results if r["artifact"] == name]
        levels = _levels(own)
        low = [v for v in levels if v["agreement"] < least]
        bad = [v for v in levels if v["dice"] < WRONG]
        both = sum(v["dice"] < WRONG for v in low)
        jumps = [r["jump_mm"] for r in own]
        moved = f"{sum(j > jump for j in jumps)} of {len(own)}"
        yield (
            f"| {name} | {len(levels)} | {len(bad)} | {len(low)} | {both} "
            f"| {min(jumps):.1f} to {max(jumps):.1f} | {moved} |"
        )
    levels = _levels([r for r in results if r["artifact"] != "moved slices"])
    wrong = [v["dice"] < WRONG for v in levels]
    for what in ("agreement", "confidence"):
        area = roc_area([v[what] for v in levels], wrong)
        yield f"\nROC area of {what}, moved slices left out: {area:.3f} ({len(levels)} levels)"


def _levels(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Levels of the lumbar spine that the network was asked about twice."""
    every = [v for r in results for v in r["levels"] if v["agreement"] is not None]
    return [v for v in every if Level(v["level"]).value.startswith("L")]


def asked_twice(seconds: list[float]) -> Segmenter:
    """The shipped network; the processor time of each second answer is added to ``seconds``."""
    bundle = find_bundle("cauda_sagittal")
    predict = onnx_predictor(bundle)

    def segment(series: Series) -> Segmentation:
        once = segment_series(series, predict, bundle.layout, bundle.name)
        start = time.process_time()
        twice = with_second_look(once, predict, bundle.layout)
        seconds.append(time.process_time() - start)
        return twice

    return segment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--phantoms", type=int, default=4)
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER cases")
    parser.add_argument("--cache", type=Path, default=Path("runs/consistency"))
    arguments: Any = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.phantoms)
    cases = {f"phantom {seed}": partial(phantom, seed) for seed in seeds}
    if arguments.spider:
        cases |= {f"patient {name}": partial(patient, arguments.spider, name) for name in KEPT_OUT}
    seconds: list[float] = []
    segmenter = asked_twice(seconds)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    jobs = [(name, artifact) for artifact in SPOILED for name in cases]
    made: dict[str, Case] = {}
    results = []
    for name, artifact in track(jobs, description="studies"):
        path = arguments.cache / f"{name} {artifact}.json".replace(" ", "_")
        if not path.is_file():
            made[name] = made[name] if name in made else cases[name]()
            path.write_text(json.dumps(judge(made[name], artifact, segmenter)))
        results.append(json.loads(path.read_text()))
    print("\n".join(table(results)))
    if seconds:
        print(f"Second answer: {np.median(seconds):.2f} s of processor time a series (median)")


if __name__ == "__main__":
    main()
