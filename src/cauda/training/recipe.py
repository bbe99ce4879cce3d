"""One training run from one configuration file, as the command and the script start it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from cauda.training.axial import axial_lesson
from cauda.training.axial_config import AxialConfig, read_axial_config
from cauda.training.config import TrainConfig, is_axial, read_config
from cauda.training.initial import Initial, initial
from cauda.training.journal import opened_journal
from cauda.training.lesson import Lesson, Sources
from cauda.training.loop import Desk, train
from cauda.training.sagittal import sagittal_lesson
from cauda.training.state import save
from cauda.training.team import Team, gathered_team

DATA_VARIABLE = "CAUDA_DATA"
"""Environment variable that names the folder of training data."""
AVERAGE = "average.pt"
"""The averaged weights that a finished run leaves behind."""

Recipe = TrainConfig | AxialConfig


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


def run(config: Path, options: Options | None = None, console: Console | None = None) -> Path:
    """Train, or go on training, as ``config`` says.

    Parameters
    ----------
    config : Path
        JSON with a ``training`` table; one with ``"plane": "axial"`` trains the axial network.
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
    recipe, begin = _settled(config, chosen)
    sources = _sources(config, recipe, chosen)
    target = sources.folder
    with gathered_team(chosen.device) as team:
        lesson = _lesson(recipe, sources, team)
        is_kept = chosen.tensorboard and team.is_first
        shown = console if team.is_first else None
        with opened_journal(target, recipe.steps, console=shown, tensorboard=is_kept) as journal:
            desk = Desk(folder=target, validate=lesson.validate, journal=journal, team=team)
            network = train(recipe, lesson.steps, desk, begin.weights)
        if team.is_first:
            save(network.state_dict(), target / AVERAGE)
    return target / AVERAGE


def _settled(config: Path, options: Options) -> tuple[Recipe, Initial]:
    """The configuration with what the command line and the weights to begin with decide."""
    given: Recipe = read_axial_config(config) if is_axial(config) else read_config(config)
    recipe = given.smoke() if options.smoke else given
    begin = initial(options.init or recipe.init)
    return replace(recipe, **begin.settings), begin


def _sources(config: Path, recipe: Recipe, options: Options) -> Sources:
    """Where the run finds what it learns from, and its own folder."""
    own = recipe.data if isinstance(recipe, TrainConfig) else ()
    cards = tuple(config.parent / card for card in own) + options.data
    is_wanted = isinstance(recipe, TrainConfig) or recipe.real > 0
    usual = Path(os.environ.get(DATA_VARIABLE, "data")) / "spider_t2_space"
    spider = usual if is_wanted and not options.smoke and not cards else None
    return Sources(
        folder=options.folder or _usual_folder(config, recipe, smoke=options.smoke),
        cards=cards,
        spider=options.spider or spider,
        phantoms=options.phantoms,
        pseudo=options.pseudo,
    )


def _usual_folder(config: Path, recipe: Recipe, *, smoke: bool) -> Path:
    """Named after the bundle that the configuration lies in, or else after the plane."""
    folder = config.absolute().parent
    name = folder.parent.name if folder.name == "configs" else f"cauda_{recipe.plane.value}"
    return Path("runs") / (f"{name}-smoke" if smoke else name)


def _lesson(recipe: Recipe, sources: Sources, team: Team) -> Lesson:
    if isinstance(recipe, AxialConfig):
        return axial_lesson(recipe, sources, team)
    return sagittal_lesson(recipe, sources, team)
