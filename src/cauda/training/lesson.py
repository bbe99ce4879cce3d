"""What a run is taught and examined on, and where that is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cauda.training.config import Config
from cauda.training.loop import Batches, Validate
from cauda.training.team import Team

OWN_SEED = 1_000_003
"""Added to the seed once a process, so that each of a team draws its own batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a run finds what it learns from.

    Parameters
    ----------
    folder : Path
        The run's own; stores read cases, and phantoms unless ``phantoms`` is given.
    cards : tuple of Path
        Cards, or folders with one.
    spider : Path, optional
        Folder of SPIDER's SPACE cases as NIfTI.
    phantoms : Path, optional
        Folder of stored phantoms, filled as needed.
    pseudo : Path, optional
        Folder of slices that a teacher labelled.
    """

    folder: Path
    cards: tuple[Path, ...] = ()
    spider: Path | None = None
    phantoms: Path | None = None
    pseudo: Path | None = None

    @property
    def store(self) -> Path:
        """Where phantoms are stored."""
        return self.phantoms or self.folder / "phantoms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What one process of a run learns from, and how the averaged network is examined.

    Parameters
    ----------
    steps : Batches
    validate : callable
        From a network to named figures.
    """

    steps: Batches
    validate: Validate


def own_part(config: Config, team: Team) -> Config:
    """The configuration by which one process of a team draws its batches."""
    return replace(config, seed=config.seed + OWN_SEED * team.rank)
