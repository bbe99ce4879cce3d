"""What the crop graders are asked, and where each answer stands among a network's outputs.

A graded question has one output a step between neighboring grades, the logit of "worse than
this"; the place of a herniation has one output a place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.nets.calibration import grade_probabilities
from cauda.nets.crops import CANAL, FORAMEN, Box
from cauda.vocab import Condition, Scale, Zone

Floats = NDArray[np.float64]
ZONES = (Zone.CENTRAL, Zone.SUBARTICULAR, Zone.FORAMINAL, Zone.EXTRAFORAMINAL)
PLACES = len(("none", *ZONES, *ZONES[1:]))
"""No herniation; the zones on the asked side; those beside the middle on the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One graded question.

    Parameters
    ----------
    name : str
    condition, scale : Condition, Scale
    is_sided : bool
        Whether the answer is about the asked side alone.
    """

    name: str
    condition: Condition
    scale: Scale
    is_sided: bool

    @property
    def steps(self) -> int:
        """Outputs it takes."""
        return len(self.scale.grades) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one network looks at, and what it is asked, in the order of its outputs."""

    name: str
    box: Box
    questions: tuple[Question, ...]
    has_place: bool = False

    @property
    def outputs(self) -> int:
        """How many numbers the network gives."""
        return sum(q.steps for q in self.questions) + PLACES * self.has_place

    def columns(self, name: str) -> slice:
        """Where the outputs of a question stand; those of the place are called ``place``."""
        first = 0
        for question in self.questions:
            if question.name == name:
                return slice(first, first + question.steps)
            first += question.steps
        if name == "place" and self.has_place:
            return slice(first, first + PLACES)
        msg = f"The crop grader {self.name} is not asked {name!r}."
        raise KeyError(msg)


FORAMEN_TASK = Task(
    name="foramen",
    box=FORAMEN,
    questions=(
        Question(
            name="foramen",
            condition=Condition.FORAMINAL_STENOSIS,
            scale=Scale.LEE_FORAMEN,
            is_sided=True,
        ),
    ),
)
CANAL_TASK = Task(
    name="canal",
    box=CANAL,
    questions=(
        Question(
            name="recess",
            condition=Condition.SUBARTICULAR_STENOSIS,
            scale=Scale.BARTYNSKI,
            is_sided=True,
        ),
        Question(
            name="canal",
            condition=Condition.CANAL_STENOSIS,
            scale=Scale.LEE_CANAL,
            is_sided=False,
        ),
        Question(
            name="contour",
            condition=Condition.DISC_CONTOUR,
            scale=Scale.FARDON,
            is_sided=False,
        ),
    ),
    has_place=True,
)
TASKS = (FORAMEN_TASK, CANAL_TASK)


def graded(logits: Floats, slope: float) -> Floats:
    """(N, grades) probabilities from (N, steps) logits; ``slope`` calibrates them."""
    return grade_probabilities(1 / (1 + np.exp(-slope * np.asarray(logits, dtype=np.float64))))


def placed(logits: Floats, slope: float) -> Floats:
    """(N, PLACES) probabilities from (N, PLACES) logits."""
    scaled = slope * np.asarray(logits, dtype=np.float64)
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = odds / odds.sum(axis=1, keepdims=True)
    return result


def mirrored_place(place: int) -> int:
    """The same place asked from the other side."""
    beside = len(ZONES) - 1
    if place < 2:
        return place
    return place + beside if place < 2 + beside else place - beside
