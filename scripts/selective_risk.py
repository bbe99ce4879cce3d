"""Spoil phantom studies and print how often answers are wrong, by how willingly they were given.

Each phantom is analyzed untouched and with metal, noise, blur, motion and a short scan; every
finding is graded with and without the checks. Results are cached a phantom, so a stopped run goes
on. With --out the table and a picture of the curve are written.

Example: python scripts/selective_risk.py --count 12 --out docs/selective_risk.md
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.progress import track

from cauda.check import check
from cauda.evaluation.artifacts import ARTIFACTS
from cauda.evaluation.selective import STATES, Answer, answers, curve
from cauda.grade import grade
from cauda.load import load
from cauda.phantom.truth import truth
from cauda.pipeline import analyze_study
from cauda.settings import Settings
from cauda.wiring import connect
from phantom_studies import Kind, make_study

FIRST_SEED = 500_000
LUMBAR = 5


def judge(seed: int, artifact: str, cache: Path) -> list[Answer]:
    """Answers of one spoiled phantom, or what an earlier run found."""
    path = cache / f"{seed}_{artifact.replace(' ', '_')}.json"
    if path.is_file():
        return [Answer(**row) for row in json.loads(path.read_text())]
    kind = Kind(seed=seed, lumbar_count=LUMBAR, lesions="random")
    study = load([make_study(kind, has_axial=False) / "dicom"])
    spoiled = ARTIFACTS[artifact](study, np.random.default_rng((seed, len(artifact))))
    ports = connect(Settings())
    analysis = analyze_study(spoiled, replace(ports, graders=()))
    arguments = (spoiled, analysis.segmentations, analysis.spine, analysis.measurements)
    opinions = tuple(opinion for grader in ports.graders for opinion in grader(*arguments))
    checked = grade(analysis.spine, analysis.measurements, check(*arguments), opinions)
    unchecked = grade(analysis.spine, analysis.measurements, (), opinions)
    found = answers(checked, unchecked, truth(kind.anatomy)[1])
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(a) for a in found]))
    return list(found)


def table(title: str, found: Sequence[Answer]) -> Iterator[str]:
    """One Markdown table: the curve of these answers."""
    yield f"\n## {title} ({len(found)} answers)\n"
    yield "| answers given | share answered | wrong among them | wrong in this class alone |"
    yield "| --- | --- | --- | --- |"
    for point in curve(found):
        words = f"down to {point.state}" if point.state != STATES[-1] else "all, unchecked"
        yield (
            f"| {words} | {point.answered:.0%} | {point.error:.1%} "
            f"| {'' if np.isnan(point.error_here) else f'{point.error_here:.1%}'} |"
        )


def draw(found: dict[str, list[Answer]], path: Path) -> None:
    """Error against share answered, a line an artifact."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, own in found.items():
        points = curve(own)
        axes.plot([p.answered for p in points], [p.error for p in points], "o-", label=name)
    axes.set(xlabel="share of grades answered", ylabel="share of them wrong")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, None)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--cache", type=Path, default=Path("runs/selective_risk"))
    parser.add_argument("--out", type=Path)
    arguments: Any = parser.parse_args()
    jobs = [
        (seed, name)
        for seed in range(FIRST_SEED, FIRST_SEED + arguments.count)
        for name in ARTIFACTS
    ]
    found: dict[str, list[Answer]] = {name: [] for name in ARTIFACTS}
    for seed, name in track(jobs, description="studies"):
        found[name] += judge(seed, name, arguments.cache)
    every = [a for own in found.values() for a in own]
    lines = [
        "# Do the checks earn their keep?",
        "",
        f"{arguments.count} unseen phantoms, each untouched and spoiled in "
        f"{len(ARTIFACTS) - 1} ways, through the network; grades against the phantoms' truth.",
        "",
        f"    python scripts/selective_risk.py --count {arguments.count}",
        *table("All", every),
    ]
    for name, own in found.items():
        lines += table(name, own)
    print("\n".join(lines))
    if arguments.out:
        picture = arguments.out.with_suffix(".png")
        draw(found, picture)
        lines.insert(6, f"![error against share answered]({picture.name})\n")
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
