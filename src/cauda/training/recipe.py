"""One training run from one configuration file, as the command and the script start it."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from cauda.nets.grid import Layout
from cauda.training.config import TrainConfig, read_config
from cauda.training.dataset import Steps, choose_from
from cauda.training.loop import train
from cauda.training.phantoms import choose_phantom
from cauda.training.spider import patients, read_case
from cauda.training.validate import mean_dice, validation_cases

DATA_VARIABLE = "CAUDA_DATA"
"""Environment variable that names the folder of training data."""
AVERAGE = "average.pt"
"""The averaged weights that a finished run leaves behind."""


def run(
    config: Path,
    *,
    smoke: bool = False,
    spider: Path | None = None,
    folder: Path | None = None,
    phantoms: Path | None = None,
) -> Path:
    """Train, or go on training, as ``config`` says.

    Parameters
    ----------
    config : Path
        JSON with a ``training`` table.
    smoke : bool
        Shorten the run to a few minutes.
    spider : Path, optional
        Folder of the SPIDER cases; ``$CAUDA_DATA/spider_t2_space`` if left out.
    folder : Path, optional
        For checkpoints and progress; ``runs/<bundle>`` (``-smoke``) if left out.
    phantoms : Path, optional
        Folder of stored phantoms, filled as needed; inside ``folder`` if left out.

    Returns
    -------
    Path
        The averaged weights.

    Raises
    ------
    UsageError
        If the configuration cannot be used.
    NothingFoundError
        If there are no cases.
    """
    recipe = read_config(config)
    recipe = recipe.smoke() if smoke else recipe
    source = spider or Path(os.environ.get(DATA_VARIABLE, "data")) / "spider_t2_space"
    target = folder or Path("runs") / (config.parents[1].name + ("-smoke" if smoke else ""))
    layout = Layout(pixel_mm=recipe.pixel_mm, multiple=multiple_of(recipe))
    kept_out = [p for p in recipe.validation if p in patients(source)]
    cases = validation_cases(source, kept_out[:1] if smoke else kept_out)
    steps = batches(recipe, source, phantoms or target / "phantoms")
    network = train(recipe, steps, target, mean_dice(cases, layout))
    torch.save(network.state_dict(), target / AVERAGE)
    return target / AVERAGE


def batches(config: TrainConfig, spider: Path, phantoms: Path) -> Steps:
    """The batches of a run: every patient that is not kept out, and phantoms."""
    training = [p for p in patients(spider) if p not in config.validation]
    real = choose_from([read_case(spider, p) for p in training])
    return Steps(config, real, choose_phantom(phantoms, config.phantoms, config.seed))


def multiple_of(config: TrainConfig) -> int:
    """What the network's input must be a multiple of: every level but one halves it."""
    return int(2 ** (len(config.channels) - 1))
