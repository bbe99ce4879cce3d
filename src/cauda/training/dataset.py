"""One item is the batch of one step, drawn from (seed, step) alone, so a run can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cauda.nets.normalize import standardize
from cauda.training.config import TrainConfig
from cauda.training.intensity import augment
from cauda.training.sampling import draw_sample
from cauda.training.spider import Case

CaseSource = Callable[[np.random.Generator], Case]
"""Picks a random case."""


def choose_from(cases: Sequence[Case]) -> CaseSource:
    """Pick uniformly among cases held in memory."""

    def pick(rng: np.random.Generator) -> Case:
        return cases[int(rng.integers(len(cases)))]

    return pick


class Steps(Dataset[tuple[Tensor, Tensor]]):
    """Batches by step number.

    Parameters
    ----------
    config : TrainConfig
    real, phantom : CaseSource
        Where cases come from; until ``config.phantom_from`` real ones fill the whole batch.
    """

    def __init__(self, config: TrainConfig, real: CaseSource, phantom: CaseSource) -> None:
        self.config = config
        self.real, self.phantom = real, phantom

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, 3, J, K) float32 signals and (B, J, K) codes of step ``step``."""
        rng = np.random.default_rng((self.config.seed, step))
        phantoms = self.config.phantom if step >= self.config.phantom_from else 0
        signals, codes = [], []
        for index in range(self.config.real + self.config.phantom):
            case = (self.phantom if index < phantoms else self.real)(rng)
            signal, code = draw_sample(case, rng, self.config.pixel_mm, self.config.crop)
            scaled = [standardize(plane) for plane in augment(signal, rng).numpy()]
            signals.append(torch.from_numpy(np.stack(scaled)))
            codes.append(code)
        return torch.stack(signals), torch.stack(codes)
