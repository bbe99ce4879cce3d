"""One training run from one configuration file, as the command and the script start it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from cauda.datasets.layouts import open_dataset
from cauda.nets.grid import Layout
from cauda.training import cards
from cauda.training.config import TrainConfig, read_config
from cauda.training.dataset import CaseSource, Steps, choose_from
from cauda.training.initial import Initial, initial
from cauda.training.journal import opened_journal
from cauda.training.loop import Desk, train
from cauda.training.phantoms import choose_phantom
from cauda.training.pseudo import choose_pseudo
from cauda.training.spider import Case, patients, read_case
from cauda.training.state import save
from cauda.training.team import Team, gathered_team
from cauda.training.validate import (
    Examined,
    mean_dice,
    validation_cases,
    validation_phantoms,
)

DATA_VARIABLE = "CAUDA_DATA"
"""Environment variable that names the folder of training data."""
AVERAGE = "average.pt"
"""The averaged weights that a finished run leaves behind."""
OWN_SEED = 1_000_003
"""Added to the seed once a process, so that each of a team draws its own batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line adds to a configuration.

    Parameters
    ----------
    smoke : bool
        Shorten the run to a few minutes; without named data it learns from phantoms alone.
    data : tuple of Path
        Cards, or folders with one, beside those of the configuration.
    spider : Path, optional
        Folder of SPIDER's SPACE cases as NIfTI; ``$CAUDA_DATA/spider_t2_space`` if left out and
        no card is named.
    folder : Path, optional
        For checkpoints and progress; ``runs/<bundle>`` (``-smoke``) if left out.
    phantoms : Path, optional
        Folder of stored phantoms, filled as needed; inside ``folder`` if left out.
    pseudo : Path, optional
        Folder of slices that a teacher labelled, from ``scripts/label_slices.py``.
    init : str
        Bundle or weights to begin with; the configuration's, if empty.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    tensorboard : bool
    """

    smoke: bool = False
    data: tuple[Path, ...] = ()
    spider: Path | None = None
    folder: Path | None = None
    phantoms: Path | None = None
    pseudo: Path | None = None
    init: str = ""
    device: str = "auto"
    tensorboard: bool = False


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


def run(config: Path, options: Options | None = None, console: Console | None = None) -> Path:
    """Train, or go on training, as ``config`` says.

    Parameters
    ----------
    config : Path
        JSON with a ``training`` table.
    options : Options, optional
    console : Console, optional
        Where a progress bar is drawn.

    Returns
    -------
    Path
        The averaged weights.

    Raises
    ------
    UsageError
        If the configuration, the device, a card or the weights to begin with cannot be used.
    NothingFoundError
        If a named folder holds no cases.
    """
    chosen = options or Options()
    recipe, begin = _settled(read_config(config), chosen)
    target = chosen.folder or _default_folder(config, smoke=chosen.smoke)
    cards_named = tuple(config.parent / c for c in recipe.data) + chosen.data
    layout = Layout(pixel_mm=recipe.pixel_mm, multiple=recipe.multiple)
    spider = _spider(chosen, cards_named)
    with gathered_team(chosen.device) as team:
        material = gather(recipe, cards_named, spider, target, chosen.phantoms)
        if chosen.pseudo and recipe.pseudo:
            material = replace(material, pseudo=choose_pseudo(chosen.pseudo))
        is_kept = chosen.tensorboard and team.is_first
        shown = console if team.is_first else None
        with opened_journal(target, recipe.steps, console=shown, tensorboard=is_kept) as journal:
            desk = Desk(
                folder=target,
                validate=mean_dice(material.examined, layout, device=str(team.device)),
                journal=journal,
                team=team,
            )
            network = train(recipe, steps_of(recipe, material, team), desk, begin.weights)
        if team.is_first:
            save(network.state_dict(), target / AVERAGE)
    return target / AVERAGE


def gather(
    config: TrainConfig,
    named: Sequence[Path],
    spider: Path | None,
    folder: Path,
    phantoms: Path | None = None,
) -> Material:
    """Find what a run learns from.

    Parameters
    ----------
    config : TrainConfig
    named : sequence of Path
        Cards or folders with one.
    spider : Path, optional
    folder : Path
        The run's own; stores phantoms and read cases.
    phantoms : Path, optional
    """
    sources: list[tuple[int, CaseSource]] = []
    examined: list[Examined] = []
    if spider is not None:
        kept_out = [p for p in patients(spider) if p in config.validation]
        training = [p for p in patients(spider) if p not in config.validation]
        examined += validation_cases(spider, kept_out)
        sources.append((len(training), choose_from([read_case(spider, p) for p in training])))
    for number, dataset in enumerate(open_dataset(path) for path in named):
        cases = cards.training_cases(dataset)
        store = folder / "cases" / f"{number}"
        sources.append((len(cases), cards.choose_stored(dataset, cases, store)))
        examined += [cards.examined_case(dataset, c) for c in cards.validation_cases(dataset)]
    examined += validation_phantoms(config.validation_phantoms)
    phantom = choose_phantom(phantoms or folder / "phantoms", config.phantoms, config.seed)
    return Material(
        real=_any_of(sources) if sources else None, phantom=phantom, examined=tuple(examined)
    )


def steps_of(config: TrainConfig, material: Material, team: Team | None = None) -> Steps:
    """The batches of one process of a team."""
    rank = team.rank if team else 0
    own = replace(config, seed=config.seed + OWN_SEED * rank)
    return Steps(own, material.real or material.phantom, material.phantom, material.pseudo)


def _settled(config: TrainConfig, options: Options) -> tuple[TrainConfig, Initial]:
    """The configuration with what the command line and the weights to begin with decide."""
    recipe = config.smoke() if options.smoke else config
    begin = initial(options.init or recipe.init)
    return replace(recipe, **begin.settings), begin


def _spider(options: Options, named: Sequence[Path]) -> Path | None:
    """Folder of SPACE cases: the one named, or the usual one of a full run without cards."""
    if options.spider is not None or options.smoke or named:
        return options.spider
    return Path(os.environ.get(DATA_VARIABLE, "data")) / "spider_t2_space"


def _default_folder(config: Path, *, smoke: bool) -> Path:
    return Path("runs") / (config.absolute().parents[1].name + ("-smoke" if smoke else ""))


def _any_of(sources: Sequence[tuple[int, CaseSource]]) -> CaseSource:
    """Pick uniformly among the cases of several sources."""
    if len(sources) == 1:
        return sources[0][1]
    shares = np.asarray([count for count, _ in sources], dtype=float)
    shares /= shares.sum()

    def pick(rng: np.random.Generator) -> Case:
        return sources[int(rng.choice(len(sources), p=shares))][1](rng)

    return pick
