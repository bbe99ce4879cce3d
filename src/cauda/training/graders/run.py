"""The whole way from pictures and grades to a bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cauda.ports import Segmenter
from cauda.training.graders.bundle import write_bundle
from cauda.training.graders.calibrate import calibrations
from cauda.training.graders.figures import figures
from cauda.training.graders.learn import fit, learn, learning_table
from cauda.training.graders.page import tables
from cauda.training.graders.pairing import Pairing, pair
from cauda.training.graders.prepare import TABLES, prepare
from cauda.training.graders.rule import rule_figures
from cauda.training.graders.tables import read_grades
from cauda.training.graders.validate import Table, Tested, cross_validate

HELD_OUT = ("11", "61", "107", "118", "129", "136")
"""Validation patients of the segmentation network: kept from the shipped fit, so that they stay
a clean test of everything together."""
LOWEST = 2
"""The discs the product is judged by: the lowest two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to read and where to write.

    Parameters
    ----------
    data, out, cache : Path
    repeats : int
        Cross-validations with other folds.
    held_out : tuple of str
        Patients that the shipped fit never sees.
    network : str
        The segmentation network, for the card.
    """

    data: Path
    out: Path
    cache: Path
    repeats: int
    held_out: tuple[str, ...]
    network: str


def run(plan: Plan, segmenter: Segmenter, tell: Callable[[str], None]) -> None:
    """Read, pair, test, fit and write."""
    reads = prepare(plan.data, segmenter, plan.cache, tell)
    paired = pair(reads, read_grades(plan.data / TABLES))
    table = learning_table(paired.pairs)
    tell(f"{len(table.patients)} discs of {len(set(table.patients))} patients")
    tested = []
    for seed in range(plan.repeats):
        tested.append(cross_validate(table, learn, seed))
        tell(f"cross-validation {seed + 1} of {plan.repeats}")
    facts = _facts(plan, paired, table, tested)
    kept = ~np.isin(table.patients, plan.held_out)
    fitted = calibrations(tested[0].forest[kept], tested[0].kernel[kept], table.ranks[kept])
    write_bundle(plan.out, fit(table.part(kept), 0), fitted, table.names, facts)
    tell(tables(facts))


def _facts(plan: Plan, paired: Pairing, table: Table, tested: list[Tested]) -> dict[str, Any]:
    """What the card says beside the learners themselves."""
    return {
        "features_from": plan.network,
        "feature_count": len(table.names),
        "held_out": list(plan.held_out),
        "left_out": dict(paired.left_out),
        "metrics": figures(table, tested, _parts(plan, paired)),
        "shares": {name: list(values) for name, values in tested[0].shares.items()},
        "rule": rule_figures(paired),
    }


def _parts(plan: Plan, paired: Pairing) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    discs = [disc for disc, _ in paired.pairs]
    seen = {p.name.split("_", 1)[0] for p in (plan.data / "spider_t2_space").glob("*.nii.gz")}
    return {
        "all": np.ones(len(discs), dtype=bool),
        "without mask patients": np.array([d.patient not in seen for d in discs]),
        "lowest two discs": np.array([d.number <= LOWEST for d in discs]),
    }
