"""Measure unseen phantoms and print how far off each quantity is, plane by plane.

Each phantom is written as DICOM at clinical resolution with random lesions (sagittal T2 and T1, and
an axial T2 stack a level), analyzed like any study, and compared with its exact truth. Results are
cached a phantom, with the series that each value comes from, so a stopped run goes on. With
``--exact`` the networks are left out: true segmentations are located and measured, which tells what
the definitions themselves cost.

Example: python scripts/error_budget.py --count 200 --workers 2 --out docs/error_budget.md
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import cauda
from cauda.evaluation.agreement import GradePair, grade_pairs, kappa_interval, weighted_kappa
from cauda.evaluation.budget import (
    BudgetRow,
    Comparison,
    Where,
    compare,
    summarize,
    summarize_stated,
)
from cauda.evaluation.places import exchanged, misnamed, on_other_side, side_errors, sided
from cauda.evaluation.zones import ZonePair, named_zone_pairs, zone_kappa, zone_pairs
from cauda.locate import locate
from cauda.measure import measure
from cauda.phantom import Anatomy, truth_segmentation
from cauda.phantom.stacks import StudyPlan, axial_spaces, sagittal_space
from cauda.phantom.truth import landmarks, truth
from cauda.phantom.truth_axial import axial_truth
from cauda.records import Finding, Measurement, Segmentation, Series, Spine, Study, Volume
from cauda.vocab import GRADED_LEVELS, Condition, Level, Plane, Quantity, Side, Vertebra, Zone
from phantom_studies import Kind, make_study

USUAL_LUMBAR = 5
LESIONS = {
    "random": "random lesions",
    "dense": "a lesion at nearly every level",
    "stenotic": "what narrows canal, recesses and foramina at most levels",
}
FIRST_SEED = 500_000
"""Training draws its phantoms from seeds far below."""
SIDE_MARGIN = {
    Quantity.FORAMEN_HEIGHT: 4.0,
    Quantity.FORAMEN_AREA: 40.0,
    Quantity.RECESS_HEIGHT: 2.5,
    Quantity.RECESS_AREA: 25.0,
}
"""Least true difference of the sides that makes a swap decidable."""
GRADED = (
    Condition.DISC_CONTOUR,
    Condition.DISC_BULGE,
    Condition.DISC_HERNIATION,
    Condition.CANAL_STENOSIS,
    Condition.SUBARTICULAR_STENOSIS,
    Condition.FORAMINAL_STENOSIS,
    Condition.ENDPLATE_CHANGE,
    Condition.DISC_NARROWING,
    Condition.DISC_DEGENERATION,
    Condition.SPONDYLOLISTHESIS,
)


def measure_phantom(kind: Kind, cache: Path, is_exact: bool) -> dict[str, Any]:
    """Analyze one phantom, or read what an earlier run found."""
    path = cache / f"{kind.name}{'_exact' if is_exact else ''}.json"
    if path.is_file():
        return dict(json.loads(path.read_text()))
    anatomy = kind.anatomy
    seconds: dict[str, float] = {}
    graded: tuple[Finding, ...] = ()
    if is_exact:
        spine, measured = exact(anatomy)
    else:
        analysis = cauda.analyze(make_study(kind, has_axial=True) / "dicom")
        spine, measured, graded = analysis.spine, analysis.measurements, analysis.findings
        seconds = dict(analysis.provenance.seconds)
    result = compared(anatomy, spine, measured, graded) | {"seed": kind.seed, "seconds": seconds}
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result))
    return result


def exact(anatomy: Anatomy) -> tuple[Spine, tuple[Measurement, ...]]:
    """Locate and measure a phantom on its true segmentations: sagittal T2 and axial T2."""
    plan = StudyPlan(sagittal_matrix=320, axial_matrix=224)
    sagittal = truth_segmentation(anatomy, sagittal_space(anatomy, plan, "1.2.3"), "sag_t2")
    axial = [
        truth_segmentation(anatomy, space, f"ax_t2_{n + 1}")
        for n, space in enumerate(axial_spaces(anatomy, plan, "1.2.3"))
    ]
    # A stack tilted past 45 degrees is coronal to the loader too.
    axial = [s for s in axial if s.plane is Plane.AXIAL]
    spine = locate((sagittal, *axial), Study(series=tuple(_as_series(s) for s in axial)))
    return spine, measure(spine, (sagittal, *axial))


def _as_series(segmentation: Segmentation) -> Series:
    volume = Volume(voxels=segmentation.signal, space=segmentation.space)
    return Series(
        key=segmentation.series,
        plane=segmentation.plane,
        contrast=segmentation.contrast,
        volume=volume,
        used=True,
        reason="A true segmentation.",
    )


def compared(
    anatomy: Anatomy,
    spine: Spine,
    measured: Sequence[Measurement],
    graded: Sequence[Finding],
) -> dict[str, Any]:
    """What was found beside the truth, as JSON."""
    sagittal, findings = truth(anatomy)
    axial = axial_truth(anatomy)
    comparisons, missing = compare(measured, (*sagittal, *axial))
    centers = landmarks(anatomy).discs
    return {
        "comparisons": [asdict(c) for c in comparisons],
        "missing": missing,
        "zones": [asdict(p) for p in zone_pairs(measured, axial)],
        "named_zones": [asdict(p) for p in named_zone_pairs(graded, findings)],
        "grades": [asdict(p) for p in grade_pairs(graded, findings)],
        "levels": len(spine.levels),
        "sided": len(sided(measured, centers)),
        "wrong_side": [m.id for m in on_other_side(measured, centers)],
        "misnamed": misnamed(spine.levels, centers),
        "unfound": sorted(set(centers) & set(GRADED_LEVELS) - {lv.name for lv in spine.levels}),
        "apart": sorted({f"{m.level} {m.series}: {m.apart}" for m in measured if m.apart}),
        "numbering": spine.numbering.state,
    }


def comparison(values: dict[str, Any]) -> Comparison:
    """A comparison from its JSON form."""
    return Comparison(
        quantity=Quantity(values["quantity"]),
        level=Level(values["level"]) if values["level"] else None,
        vertebra=Vertebra(values["vertebra"]) if values["vertebra"] else None,
        side=Side(values["side"]) if values["side"] else None,
        measured=values["measured"],
        truth=values["truth"],
        uncertainty=values["uncertainty"],
        plane=Plane(values["plane"]),
        series=values["series"],
        preferred=values["preferred"],
    )


def zone_pair(values: dict[str, Any]) -> ZonePair:
    """A pair of zones from its JSON form."""
    sides = (values["measured_side"], values["truth_side"])
    return ZonePair(
        level=Level(values["level"]),
        measured=Zone(values["measured"]) if values["measured"] else None,
        truth=Zone(values["truth"]),
        measured_side=Side(sides[0]) if sides[0] else None,
        truth_side=Side(sides[1]) if sides[1] else None,
    )


def table(rows: tuple[BudgetRow, ...]) -> str:
    """The error budget as a Markdown table."""
    lines = [
        "| quantity | plane | n | not measured | mean abs. error | bias | 95th pct. | relative "
        "| 90 % interval holds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{r.quantity.value}` | {r.plane.value if r.plane else 'stated'} | {r.n} | {r.missing} "
        f"| {r.mean_absolute:.2f} | {r.bias:+.2f} "
        f"| {r.percentile_95:.2f} | {100 * r.relative:.1f} % | {100 * r.coverage:.0f} % |"
        for r in rows
    ]
    return "\n".join(lines)


def grade_table(studies: list[list[GradePair]]) -> str:
    """Agreement of the grades with what was built, intervals by study."""
    pairs = [p for own in studies for p in own]
    lines = [
        "| condition | scale | n | abnormal | not graded | weighted kappa (95 % interval) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for condition in GRADED:
        for scale in sorted({p.scale for p in pairs if p.condition == condition}):
            asked = [
                [p for p in study if p.condition == condition and p.scale == scale]
                for study in studies
            ]
            own = [p for study in asked for p in study]
            known = [p for p in own if p.measured >= 0]
            low, high = kappa_interval(asked)
            lines.append(
                f"| {condition.value} | {scale} | {len(known)} | {sum(p.truth > 0 for p in known)} "
                f"| {len(own) - len(known)} | {weighted_kappa(known):.2f} ({low:.2f}-{high:.2f}) |"
            )
    return "\n".join(lines)


def series_table(comparisons: Sequence[Comparison]) -> str:
    """Mean absolute error by the series (stacks of one kind together) that gave the value."""
    kinds = sorted({_kind(c.series) for c in comparisons})
    lines = [f"| quantity | {' | '.join(kinds)} |", "|" + " --- |" * (len(kinds) + 1)]
    for quantity in Quantity:
        own = [c for c in comparisons if c.quantity is quantity]
        cells = []
        for kind in kinds:
            errors = [abs(c.error) for c in own if _kind(c.series) == kind]
            cells.append(f"{np.mean(errors):.2f} (n {len(errors)})" if errors else "-")
        if own:
            lines.append(f"| `{quantity.value}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _kind(series: str) -> str:
    """A series' key without the number of its stack."""
    return re.sub(r"_\d+$", "", series)


def zone_lines(results: Sequence[dict[str, Any]]) -> list[str]:
    """Agreement of the zone of each displaced disc: as named in the finding, and as measured."""
    lines = []
    for key, what in (
        ("named_zones", "Zone that the finding names of a built herniation"),
        ("zones", "Zone that holds most of the displaced disc, as measured"),
    ):
        pairs = [zone_pair(z) for r in results for z in r[key]]
        told = [p for p in pairs if p.measured is not None]
        lines.append(
            f"- {what}: kappa **{zone_kappa(pairs):.2f}** over {len(told)} discs, "
            f"{len(pairs) - len(told)} not told, "
            f"**{sum(p.is_wrong_side for p in pairs)}** on the wrong side"
        )
    return lines


def page(results: list[dict[str, Any]], args: argparse.Namespace) -> str:
    """The whole page."""
    count, lumbar_count = len(results), args.lumbar_count
    how = (
        "with true segmentations instead of the networks'"
        if args.exact
        else "rendered as DICOM at clinical resolution (sagittal T2 and T1: 0.7 mm pixels, 4 mm "
        "slices with 0.4 mm gaps; axial T2: 0.6 mm pixels, five such slices a level) and run "
        "through the shipped networks"
    )
    comparisons = [comparison(c) for r in results for c in r["comparisons"]]
    missing = [
        Where(Quantity(m[0]), m[1], m[2], m[3], Plane(m[4])) for r in results for m in r["missing"]
    ]
    sided_values = [
        ([c for c in own if c.quantity is quantity], margin)
        for quantity, margin in SIDE_MARGIN.items()
        for own in ([comparison(c) for c in r["comparisons"]] for r in results)
    ]
    nearer = sum(len(side_errors(*values)) for values in sided_values)
    swapped = sum(len(exchanged(*values)) for values in sided_values)
    graded = [[GradePair(**p) for p in r["grades"]] for r in results]
    wrong_names = sum(bool(r["misnamed"]) for r in results)
    unfound = sum(len(r["unfound"]) for r in results)
    return "\n".join(
        [
            "# Error budget on unseen phantoms",
            "",
            f"{count} phantoms with {lumbar_count} lumbar vertebrae and {LESIONS[args.lesions]}, "
            f"seeds from {args.first_seed}, {how}. Truth is computed from the geometry, never from "
            "voxels. Phantoms are not patients: see the log for real images. Printed by",
            "",
            f"    {_command(args)}",
            "",
            table(summarize(comparisons, missing)),
            "",
            "Lengths in mm, areas in mm2, angles in degrees; the rest as named.",
            "",
            "Of quantities that both planes show, the values that a report states:",
            "",
            table(summarize_stated(comparisons)),
            "",
            "- Left and right exchanged (foramina or recesses whose sides truly differ, both read "
            f"nearer to the other's truth): **{swapped}**. One alone nearer to the other, as where "
            f"a narrow one is read as wide: {nearer - swapped}",
            *zone_lines(results),
            f"- Studies with a wrong level name: **{wrong_names}** of {count}",
            f"- Levels L1-L2 to L5-S1 not found: **{unfound}** of {5 * count}",
            "- Measurements of a side read on the other side of the true disc than they are named: "
            f"**{sum(len(r['wrong_side']) for r in results)}** of "
            f"{sum(r['sided'] for r in results)}",
            "",
            "## Mean absolute error by series",
            "",
            series_table(comparisons),
            "",
            "## Grades against what was built",
            "",
            grade_table(graded),
            "",
        ]
    )


def _command(args: argparse.Namespace) -> str:
    words = ["python scripts/error_budget.py", f"--count {args.count}"]
    words += [f"--lumbar-count {args.lumbar_count}"] if args.lumbar_count != USUAL_LUMBAR else []
    words += [f"--lesions {args.lesions}"] if args.lesions != "random" else []
    words += [f"--first-seed {args.first_seed}"] if args.first_seed != FIRST_SEED else []
    words += ["--exact"] if args.exact else []
    return " ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--lumbar-count", type=int, default=USUAL_LUMBAR, choices=(4, 5, 6))
    parser.add_argument("--lesions", default="random", choices=tuple(LESIONS))
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path("runs/error_budget"))
    parser.add_argument("--exact", action="store_true", help="True segmentations, no network.")
    parser.add_argument("--out", type=Path, help="Write the page here as well.")
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.count)
    with ProcessPoolExecutor(args.workers) as pool:
        kinds = [Kind(seed=s, lumbar_count=args.lumbar_count, lesions=args.lesions) for s in seeds]
        jobs = [pool.submit(measure_phantom, kind, args.cache, args.exact) for kind in kinds]
        results = [done.result() for done in track(jobs, description="phantoms")]
    text = page(results, args)
    print(text)
    if args.out:
        args.out.write_text(text)


if __name__ == "__main__":
    main()
