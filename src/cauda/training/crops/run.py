"""From nothing to a bundle of crop graders: draw, train, calibrate on kept-out spines, write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cauda.nets.bundles import METADATA
from cauda.nets.crop_questions import CANAL_TASK, FORAMEN_TASK, Task
from cauda.training.crops import canals, foramina
from cauda.training.crops.card import VERSION, card
from cauda.training.crops.export import export
from cauda.training.crops.fit import Fit, fitted
from cauda.training.crops.learn import Plan, answers, learn
from cauda.training.crops.shards import Draw, read_shards, write_shard
from cauda.training.graders.bundle import write_hashes

SEED = 910_000
"""Of the drawn spines: none of those on which the whole of Cauda is measured."""
KEPT_OUT = 4
"""The first shards are not learned from: they calibrate and test."""
TELL_EVERY = 50
DRAWN: Mapping[str, Draw] = {FORAMEN_TASK.name: foramina.draw, CANAL_TASK.name: canals.draw}
README = "docs/README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where samples are kept, how many shards of them there are, and processes that draw them."""

    cache: Path
    shards: int
    workers: int = 1


def run(out: Path, scope: Scope, plan: Plan, say: Callable[[str], None]) -> None:
    """Write the bundle to ``out``.

    Parameters
    ----------
    out : Path
        Its graphs, card and hashes are replaced.
    scope : Scope
    plan : Plan
    say : callable
        Told what happens, line by line.
    """
    figures, learned = {}, {}
    for task in (FORAMEN_TASK, CANAL_TASK):
        paths = _drawn(task, scope, say)
        figures[task.name] = _trained(task, paths, plan, out, say)
        learned[task.name] = {"shards": len(paths) - KEPT_OUT, "steps": plan.steps}
    describe(out, figures, learned)


def _drawn(task: Task, scope: Scope, say: Callable[[str], None]) -> list[Path]:
    """The shards of a task; those that are missing are drawn."""
    folder, numbers = scope.cache / task.name, range(scope.shards)
    draw = DRAWN[task.name]
    with ProcessPoolExecutor(scope.workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(write_shard, folder, n, draw, SEED) for n in numbers]
        paths = []
        for n, job in enumerate(jobs, start=1):
            paths.append(job.result())
            say(f"{task.name}: {n} of {scope.shards} shards")
    return paths


def _trained(
    task: Task, paths: list[Path], plan: Plan, out: Path, say: Callable[[str], None]
) -> Mapping[str, Fit]:
    losses: list[float] = []

    def tell(step: int, loss: float) -> None:
        losses.append(loss)
        if step % TELL_EVERY == 0:
            say(f"{task.name}: step {step}, loss {np.mean(losses[-TELL_EVERY:]):.4f}")

    torch.set_num_threads(1)
    network = learn(task, read_shards(paths[KEPT_OUT:]), plan, tell)
    crops, left, _ = read_shards(paths[:KEPT_OUT])
    found = fitted(task, answers(network, crops).double().numpy(), left.astype(np.int64))
    for name, fit in found.items():
        say(f"{task.name}: {name} {fit}")
    export(network, task, out / "models" / f"{task.name}.onnx")
    return found


def describe(
    out: Path,
    figures: Mapping[str, Mapping[str, Fit]],
    learned: Mapping[str, Mapping[str, int]],
) -> None:
    """Write card, page and hashes beside the graphs.

    Parameters
    ----------
    out : Path
    figures : mapping of task to mapping of question to Fit
    learned : mapping of task to mapping
        Shards learned from, and steps.
    """
    rows: dict[str, dict[str, Any]] = {
        task: {name: _rounded(fit) for name, fit in fits.items()} for task, fits in figures.items()
    }
    described = {
        "name": out.name,
        "version": VERSION,
        "task": "Opinions on foramina, recesses, canal and disc contour from crops of MRI",
        "validation": "synthetic",
        "learned": {"seed": SEED, **learned},
        "crop_graders": rows,
    }
    for path, text in (
        (out / METADATA, json.dumps(described, indent=2, allow_nan=False) + "\n"),
        (out / README, card(rows)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_hashes(out)


def _rounded(fit: Fit) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(fit).items()}
