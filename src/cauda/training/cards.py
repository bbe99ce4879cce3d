"""Training and validation cases from data-set cards.

A case is read once, turned to left, posterior, superior, scaled slice by slice and stored; the
card's ``labelled`` decides what 0 in its masks may be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cauda.datasets import Case as CardCase
from cauda.datasets import DataSet, LabelledVolume, Masks, read_case
from cauda.datasets.meaning import GROUPS, group_name
from cauda.errors import GeometryError
from cauda.evaluation.segmentation import LabelledCase
from cauda.geometry import Array, canonical
from cauda.nets.normalize import unit_range
from cauda.training.dataset import CaseSource
from cauda.training.label_choice import codes_of
from cauda.training.phantoms import read_phantom
from cauda.training.spider import CANAL, DISC, VERTEBRA, Case, label_codes
from cauda.training.validate import Examined
from cauda.vocab import Contrast

SPIDER_MAPS = ("spider", "spider-merged")
"""Maps of SPIDER, whose lowest disc is the one above the sacrum: anatomy tells more there."""
SPIDER_LABELS = {"vertebra": VERTEBRA, "disc": DISC, "canal": CANAL}


def training_cases(dataset: DataSet, kept_out: Sequence[str] = ()) -> tuple[CardCase, ...]:
    """Cases to learn from: the split ``train``, or all where the card has no split.

    Parameters
    ----------
    dataset : DataSet
    kept_out : sequence of str
        Patients never trained on, whatever the card says.
    """
    chosen = dataset.cases_of("train") if dataset.split else dataset.cases
    return tuple(c for c in chosen if c.patient not in kept_out)


def validation_cases(dataset: DataSet) -> tuple[CardCase, ...]:
    """Cases of the split ``validation``; none where the card has no such split."""
    return dataset.cases_of("validation") if dataset.split.get("validation") else ()


def choose_stored(dataset: DataSet, cases: Sequence[CardCase], folder: Path) -> CaseSource:
    """Pick uniformly among cases of a card; each is read and stored when it is first picked.

    Parameters
    ----------
    dataset : DataSet
    cases : sequence of datasets.Case
    folder : Path
        Where the read cases are kept, one file each.
    """

    def pick(rng: np.random.Generator) -> Case:
        case = cases[int(rng.integers(len(cases)))]
        target = folder / f"{case.id}.npz"
        if not target.exists():
            _store(training_case(read_case(dataset, case), dataset), target)
        return read_phantom(target)

    return pick


def training_case(volume: LabelledVolume, dataset: DataSet) -> Case:
    """One read case of a card as a training case."""
    signal, space = canonical(np.asarray(volume.volume.voxels), volume.volume.space)
    _require_sagittal(volume)
    scaled = np.stack([unit_range(plane) for plane in signal])
    codes = _codes(volume, dataset, scaled)
    i, j, k = space.spacing_mm
    return Case(
        name=volume.case.id, signal=scaled, codes=np.ascontiguousarray(codes), spacing_mm=(i, j, k)
    )


def examined_case(dataset: DataSet, case: CardCase) -> Examined:
    """One case of a card to validate on: every structure that was drawn."""
    volume = read_case(dataset, case)
    _require_sagittal(volume)
    signal, space = canonical(np.asarray(volume.volume.voxels), volume.volume.space)
    masks = {
        group_name(group): canonical(volume.masks.mask(group), volume.masks.space)[0]
        for group in dataset.labelled
    }
    i, j, k = space.spacing_mm
    return Examined(
        case=LabelledCase(name=case.id, signal=signal, masks=masks, spacing_mm=(i, j, k)),
        structures={group_name(g): tuple(g) for g in dataset.labelled},
    )


def _codes(volume: LabelledVolume, dataset: DataSet, scaled: Array) -> Array:
    """Label sets, axes to the left, posterior and superior."""
    masks = volume.masks
    if dataset.labels[0].name not in SPIDER_MAPS:
        return canonical(codes_of(masks), masks.space)[0]
    labels, space = canonical(_three_labels(masks), masks.space)
    is_t2 = volume.case.contrast is Contrast.T2
    i, j, k = space.spacing_mm
    return label_codes(np.ascontiguousarray(labels), (i, j, k), scaled if is_t2 else None)


def _three_labels(masks: Masks) -> Array:
    labels: Array = np.zeros(masks.numbers.shape, dtype=np.uint8)
    for word, number in SPIDER_LABELS.items():
        labels[masks.mask(GROUPS[word])] = number
    return labels


def _require_sagittal(volume: LabelledVolume) -> None:
    across = volume.volume.space.directions[:, volume.volume.slice_axis]
    if int(np.argmax(np.abs(across))) != 0:
        msg = f"Case {volume.case.id!r} is not sagittal; this network learns sagittal series."
        raise GeometryError(msg)


def _store(case: Case, target: Path) -> None:
    """Write a case so that neither a kill nor another process leaves a broken file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial.npz")
    np.savez(
        partial,
        signal=case.signal.astype(np.float16),
        codes=case.codes,
        spacing=np.asarray(case.spacing_mm),
    )
    partial.replace(target)
