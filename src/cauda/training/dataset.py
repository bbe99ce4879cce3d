"""One item is the batch of one step, drawn from (seed, step) alone, so a run can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cauda.nets.normalize import standardize
from cauda.training.config import TrainConfig
from cauda.training.intensity import augment, augment_mildly
from cauda.training.sampling import draw_mild_sample, draw_sample
from cauda.training.spider import Case

CaseSource = Callable[[np.random.Generator], Case]
"""Picks a random case."""


def choose_from(cases: Sequence[Case]) -> CaseSource:
    """Pick uniformly among cases held in memory."""

    def pick(rng: np.random.Generator) -> Case:
        return cases[int(rng.integers(len(cases)))]

    return pick


def standardized(signal: Tensor) -> Tensor:
    """Every plane of (N, J, K) scaled by itself, as inference does it."""
    return torch.from_numpy(np.stack([standardize(plane) for plane in signal.numpy()]))


def batch_of(drawn: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Slices and their codes as one batch, every plane standardized."""
    signals, codes = zip(*((standardized(signal), code) for signal, code in drawn), strict=True)
    return torch.stack(signals), torch.stack(codes)


class Steps(Dataset[tuple[Tensor, Tensor]]):
    """Batches by step number.

    Parameters
    ----------
    config : TrainConfig
    real, phantom : CaseSource
        Where cases come from; until ``config.phantom_from`` real ones fill the whole batch.
    pseudo : CaseSource, optional
        Real slices that a teacher labelled; real cases take their place where there are none.
    """

    def __init__(
        self,
        config: TrainConfig,
        real: CaseSource,
        phantom: CaseSource,
        pseudo: CaseSource | None = None,
    ) -> None:
        self.config = config
        self.real, self.phantom = real, phantom
        self.pseudo = pseudo or real

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, 3, J, K) float32 signals and (B, J, K) codes of step ``step``."""
        rng = np.random.default_rng((self.config.seed, step))
        return batch_of(self._drawn(source, rng) for source in self._sources(step))

    def _drawn(self, source: CaseSource, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """One slice and its neighbors, posed and changed at random."""
        is_mild = source is self.real and rng.random() < self.config.mild
        draw, change = (draw_mild_sample, augment_mildly) if is_mild else (draw_sample, augment)
        signal, codes = draw(source(rng), rng, self.config.pixel_mm, self.config.crop)
        return change(signal, rng), codes

    def _sources(self, step: int) -> list[CaseSource]:
        """Where each slice of a step comes from."""
        own = self.config
        phantoms = own.phantom if step >= own.phantom_from else 0
        pseudos = own.pseudo if step >= own.pseudo_from else 0
        others = own.real + own.phantom + own.pseudo - phantoms - pseudos
        return [self.phantom] * phantoms + [self.pseudo] * pseudos + [self.real] * others
