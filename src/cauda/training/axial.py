"""What the axial network learns from and is validated on: phantoms, and volumes cut across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cauda.errors import UsageError
from cauda.evaluation.overlap import dice
from cauda.geometry import Array
from cauda.training.axial_config import AxialConfig
from cauda.training.axial_phantoms import choose_axial_phantom, read_axial_phantom, store_cases
from cauda.training.axial_steps import AxialSteps, draw_slice
from cauda.training.dataset import choose_from, standardized
from cauda.training.label_sets import Meanings
from cauda.training.lesson import Lesson, Sources, own_part
from cauda.training.loop import Validate
from cauda.training.reslice import cut_slice
from cauda.training.spider import Case, patients, read_case
from cauda.training.team import Team

HELD_OUT_FROM = 100_000
"""Number of the first phantom that is validated on; training numbers lie below."""
SLICES_A_PATIENT = 6
"""Slices of each unseen patient that are validated on."""

Drawn = Sequence[tuple[Tensor, Tensor]]
"""(3, I, J) signals with their (I, J) codes."""


def axial_lesson(config: AxialConfig, sources: Sources, team: Team) -> Lesson:
    """What one process of a run learns from, and how it is validated.

    Raises
    ------
    UsageError
        If cards or slices of a teacher are named: they are sagittal.
    NothingFoundError
        If the named folder of SPIDER holds no cases.
    """
    if sources.cards or sources.pseudo:
        msg = "An axial network learns from phantoms and from --spider; drop --data and --pseudo."
        raise UsageError(msg)
    learned, unseen = _volumes(config, sources.spider)
    drawn = {"dice": phantom_slices(config, sources.store), "real": patient_slices(config, unseen)}
    return Lesson(
        steps=AxialSteps(
            own_part(config, team),
            choose_axial_phantom(sources.store, config.phantoms, config.seed),
            choose_from(learned) if learned else None,
        ),
        validate=examination(config.meanings, drawn, team.device),
    )


def _volumes(config: AxialConfig, spider: Path | None) -> tuple[list[Case], list[Case]]:
    """Patients to learn from, and those kept out."""
    if spider is None:
        return [], []
    known = patients(spider)
    learned = [read_case(spider, p) for p in known if p not in config.validation]
    return learned, [read_case(spider, p) for p in known if p in config.validation]


def phantom_slices(config: AxialConfig, folder: Path) -> Drawn:
    """One posed slice of every phantom held out; missing phantoms are made."""
    numbers = range(HELD_OUT_FROM, HELD_OUT_FROM + config.held_out)
    store_cases(folder, numbers, config.seed)
    return [
        draw_slice(
            read_axial_phantom(folder, n), np.random.default_rng(n), config.pixel_mm, config.crop
        )
        for n in numbers
    ]


def patient_slices(config: AxialConfig, unseen: Sequence[Case]) -> Drawn:
    """Upright slices of patients kept out."""
    axis = (torch.arange(config.crop) - (config.crop - 1) / 2) * config.pixel_mm
    upright = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)
    return [
        cut_slice(case, np.random.default_rng(n), upright)
        for case in unseen
        for n in range(SLICES_A_PATIENT)
    ]


def examination(meanings: Meanings, drawn: Mapping[str, Drawn], device: torch.device) -> Validate:
    """Make the function that the loop calls: network -> pooled Dice of every group that occurs.

    Parameters
    ----------
    meanings : Meanings
        What the slices' codes mean.
    drawn : mapping of str -> Drawn
        Slices by the beginning of their figures' names.
    device : torch.device
        Where the network lies.
    """

    def validate(network: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, slices in drawn.items():
            if slices:
                guess = np.stack([_guess(network, signal, device) for signal, _ in slices])
                truth = np.stack([codes.numpy() for _, codes in slices])
                figures |= _overlaps(meanings, truth, guess, name)
        return figures

    return validate


def _guess(network: nn.Module, signal: Tensor, device: torch.device) -> Array:
    """(I, J) winning structures of a slice that is standardized as in training, no more."""
    with torch.inference_mode():
        logits = network(standardized(signal)[None].to(device))
    winner: Array = logits[0].argmax(dim=0).cpu().numpy()
    return winner


def _overlaps(meanings: Meanings, truth: Array, guess: Array, name: str) -> dict[str, float]:
    """Pooled Dice of every group that occurs, where its membership is known."""
    known, inside = meanings.membership()
    member = meanings.grouped().astype(bool)
    figures = {}
    for n, group in enumerate(meanings.groups):
        sure = known[truth, n] > 0
        found = dice(sure & (inside[truth, n] > 0), sure & member[n][guess])
        if np.isfinite(found):
            parts = "+".join(sorted(s.value for s in group)).replace(" ", "_")
            figures[f"{name}_{parts}"] = round(found, 4)
    return figures
