"""What the sagittal network learns from and is validated on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cauda.datasets.layouts import open_dataset
from cauda.nets.grid import Layout
from cauda.training import cards
from cauda.training.config import TrainConfig
from cauda.training.dataset import CaseSource, Steps, choose_from
from cauda.training.lesson import Lesson, Sources, own_part
from cauda.training.phantoms import choose_phantom
from cauda.training.pseudo import choose_pseudo
from cauda.training.spider import Case, patients, read_case
from cauda.training.team import Team
from cauda.training.validate import (
    Examined,
    mean_dice,
    validation_cases,
    validation_phantoms,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a run learns from and is validated on.

    Parameters
    ----------
    real : CaseSource or None
        None where there are phantoms alone.
    phantom : CaseSource
    examined : tuple of Examined
    pseudo : CaseSource or None
        Slices that a teacher labelled.
    """

    real: CaseSource | None
    phantom: CaseSource
    examined: tuple[Examined, ...]
    pseudo: CaseSource | None = None


def sagittal_lesson(config: TrainConfig, sources: Sources, team: Team) -> Lesson:
    """What one process of a run learns from, and how it is validated.

    Raises
    ------
    UsageError
        If a card cannot be used.
    NothingFoundError
        If a named folder holds no cases.
    """
    material = gather(config, sources)
    layout = Layout(pixel_mm=config.pixel_mm, multiple=config.multiple)
    own = own_part(config, team)
    real = material.real or material.phantom
    return Lesson(
        steps=Steps(own, real, material.phantom, material.pseudo),
        validate=mean_dice(material.examined, layout, device=str(team.device)),
    )


def gather(config: TrainConfig, sources: Sources) -> Material:
    """Find what a run learns from."""
    found: list[tuple[int, CaseSource]] = []
    examined: list[Examined] = []
    if sources.spider is not None:
        known = patients(sources.spider)
        kept_out = [p for p in known if p in config.validation]
        training = [read_case(sources.spider, p) for p in known if p not in config.validation]
        examined += validation_cases(sources.spider, kept_out)
        found.append((len(training), choose_from(training)))
    for number, dataset in enumerate(open_dataset(path) for path in sources.cards):
        cases = cards.training_cases(dataset)
        store = sources.folder / "cases" / f"{number}"
        found.append((len(cases), cards.choose_stored(dataset, cases, store)))
        examined += [cards.examined_case(dataset, c) for c in cards.validation_cases(dataset)]
    examined += validation_phantoms(config.validation_phantoms)
    taught = sources.pseudo if config.pseudo else None
    return Material(
        real=_any_of(found) if found else None,
        phantom=choose_phantom(sources.store, config.phantoms, config.seed),
        examined=tuple(examined),
        pseudo=choose_pseudo(taught) if taught else None,
    )


def _any_of(sources: Sequence[tuple[int, CaseSource]]) -> CaseSource:
    """Pick uniformly among the cases of several sources."""
    if len(sources) == 1:
        return sources[0][1]
    shares = np.asarray([count for count, _ in sources], dtype=float)
    shares /= shares.sum()

    def pick(rng: np.random.Generator) -> Case:
        return sources[int(rng.choice(len(sources), p=shares))][1](rng)

    return pick
