"""A data set evaluated: every case scored, summarized by patient with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.datasets.card import DataSet
from cauda.datasets.masks import LabelledVolume, Masks, read_case
from cauda.datasets.meaning import group_name
from cauda.errors import CaudaError
from cauda.evaluation.comparison import StructureScore, comparable, part_numbers, score_parts
from cauda.evaluation.naming import NameCheck, check_names, share_correct
from cauda.evaluation.overlap import bootstrap_interval
from cauda.evaluation.predictors import Predictor
from cauda.geometry import Array, canonical

METRICS: Mapping[str, Callable[[StructureScore], float]] = {
    "dice": lambda s: s.dice,
    "assd_mm": lambda s: s.assd_mm,
    "hd95_mm": lambda s: s.hd95_mm,
    "volume_error_percent": lambda s: s.volume_error_percent,
    "volume_error_absolute_percent": lambda s: abs(s.volume_error_percent),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glimpse:
    """The slice of a case where truth and prediction differ most.

    Parameters
    ----------
    signal : (J, K) array
    truth, predicted : (J, K) uint8 arrays
        Numbers of ``names``, from 1.
    names : tuple of str
    slice : int
        Counted from the patient's right.
    pixel_mm : (float, float)
        Along J (posterior) and K (up).
    """

    signal: Array
    truth: Array
    predicted: Array
    names: tuple[str, ...]
    slice: int
    pixel_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseResult:
    """How one case did."""

    id: str
    patient: str
    scores: Mapping[str, StructureScore]
    names: tuple[NameCheck, ...]
    glimpse: Glimpse


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over patients and its 95 % bootstrap interval; NaN where there is none.

    Parameters
    ----------
    patients : int
        How many have a value.
    """

    mean: float
    low: float
    high: float
    patients: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Everything that was found out about one segmenter on one data set.

    Parameters
    ----------
    dataset : DataSet
    splits : tuple of str
        Empty for all cases.
    source : str
        What predicted: a bundle or a label map read from disk.
    cases : tuple of CaseResult
    left_out : tuple of (case id, reason)
    not_compared : tuple of str
        What the data set draws but cannot be compared with this prediction.
    """

    dataset: DataSet
    splits: tuple[str, ...]
    source: str
    cases: tuple[CaseResult, ...]
    left_out: tuple[tuple[str, str], ...]
    not_compared: tuple[str, ...]

    @property
    def structures(self) -> tuple[str, ...]:
        """Names of everything that was scored in any case."""
        return tuple(dict.fromkeys(name for c in self.cases for name in c.scores))


def evaluate(
    dataset: DataSet,
    predict: Predictor,
    *,
    source: str,
    splits: Sequence[str] = (),
    step: Callable[[str], None] = lambda _case: None,
) -> Evaluation:
    """Score every case of the named splits.

    Parameters
    ----------
    dataset : DataSet
    predict : Predictor
    source : str
        What predicts, in words.
    splits : sequence of str
        All cases, if left out.
    step : callable, optional
        Told each case's id before it starts.
    """
    results: list[CaseResult] = []
    left_out: list[tuple[str, str]] = []
    missing: dict[str, None] = {}
    for case in dataset.cases_of(*splits):
        step(case.id)
        try:
            volume = read_case(dataset, case)
            predicted = predict(case, volume.masks.space)
            results.append(_result(volume, predicted))
        except CaudaError as error:
            left_out.append((case.id, str(error)))
            continue
        missing |= dict.fromkeys(_not_compared(volume.masks, predicted))
    return Evaluation(
        dataset=dataset,
        splits=tuple(splits),
        source=source,
        cases=tuple(results),
        left_out=tuple(left_out),
        not_compared=tuple(missing),
    )


def interval(cases: Iterable[CaseResult], value: Callable[[CaseResult], float]) -> Interval:
    """Mean of a value over patients; a patient's cases are averaged first, NaN left out."""
    by_patient: dict[str, list[float]] = {}
    for case in cases:
        number = value(case)
        if not math.isnan(number):
            by_patient.setdefault(case.patient, []).append(number)
    means = [float(np.mean(v)) for v in by_patient.values()]
    low, high = bootstrap_interval(means)
    mean = float(np.mean(means)) if means else math.nan
    return Interval(mean=mean, low=low, high=high, patients=len(means))


def structure_interval(evaluation: Evaluation, structure: str, metric: str) -> Interval:
    """Summary of one metric of one structure; ``metric`` is a key of :data:`METRICS`."""

    def value(case: CaseResult) -> float:
        own = case.scores.get(structure)
        return math.nan if own is None else METRICS[metric](own)

    return interval(evaluation.cases, value)


def name_interval(evaluation: Evaluation, kind: str) -> Interval:
    """Share of right names of levels or vertebrae, by patient."""
    return interval(evaluation.cases, lambda c: share_correct(c.names, kind))


def name_counts(evaluation: Evaluation, kind: str) -> dict[str, int]:
    """How many names of all cases were correct, wrong, missing and unnamed."""
    own = [n.verdict for c in evaluation.cases for n in c.names if n.kind == kind]
    return {v: own.count(v) for v in ("correct", "wrong", "missing", "unnamed")}


def worst_cases(evaluation: Evaluation, count: int = 6) -> tuple[tuple[CaseResult, str], ...]:
    """Cases to look at, each once: first any wrong name, then the lowest Dice of each structure.

    Returns
    -------
    tuple of (CaseResult, str)
        The case, and why it is shown.
    """
    chosen: dict[str, tuple[CaseResult, str]] = {}
    for case in evaluation.cases:
        wrong = [n for n in case.names if n.verdict == "wrong"]
        if wrong:
            chosen[case.id] = case, f"{wrong[0].truth} called {wrong[0].predicted}"
    ranked = sorted(
        (s.dice, case.id, name, case)
        for case in evaluation.cases
        for name, s in case.scores.items()
        if not math.isnan(s.dice)
    )
    seen: set[str] = set()
    for dice, id_, name, case in ranked:
        if name not in seen:
            seen.add(name)
            chosen.setdefault(id_, (case, f"lowest Dice of {name}: {dice:.3f}"))
    return tuple(chosen.values())[:count]


def _result(volume: LabelledVolume, predicted: Masks) -> CaseResult:
    placed = predicted.onto(volume.masks.space)
    return CaseResult(
        id=volume.case.id,
        patient=volume.case.patient,
        scores=score_parts(volume.masks, placed),
        names=check_names(volume.masks, placed),
        glimpse=_glimpse(volume, placed),
    )


def _glimpse(volume: LabelledVolume, placed: Masks) -> Glimpse:
    first, second, names = part_numbers(volume.masks, placed)
    space = volume.volume.space
    signal, turned = canonical(volume.volume.voxels, space)
    truth, predicted = (canonical(numbers, space)[0] for numbers in (first, second))
    worst = int((truth != predicted).sum(axis=(1, 2)).argmax())
    return Glimpse(
        signal=np.array(signal[worst]),
        truth=np.array(truth[worst]),
        predicted=np.array(predicted[worst]),
        names=names,
        slice=worst,
        pixel_mm=(turned.spacing_mm[1], turned.spacing_mm[2]),
    )


def _not_compared(truth: Masks, predicted: Masks) -> list[str]:
    scored = frozenset().union(*comparable(truth.told, predicted.told))
    return [group_name(g) for g in truth.told if not g <= scored]
