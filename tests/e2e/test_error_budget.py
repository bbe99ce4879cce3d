"""Unseen spines through the shipped network, against their exact truth.

``scripts/error_budget.py`` measures whole studies, axial stacks included, and prints every
quantity; here one sagittal T2 series a spine keeps a change from doing harm unseen. The environment
variable ``CAUDA_SPINES`` asks for more than the usual dozen: 40 take four minutes on two cores.
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from cauda.evaluation.budget import compare, summarize
from cauda.evaluation.places import misnamed, on_other_side, side_errors
from cauda.locate import locate
from cauda.measure import measure
from cauda.nets import find_bundle, onnx_segmenter
from cauda.phantom import draw_anatomy
from cauda.phantom.render import render
from cauda.phantom.stacks import StudyPlan, sagittal_space
from cauda.phantom.tissue import PROTOCOLS
from cauda.phantom.truth import landmarks, truth
from cauda.records import Series, Study, Volume
from cauda.vocab import Contrast, Plane, Quantity

COUNT = int(os.environ.get("CAUDA_SPINES", "12"))
FIRST_SEED = 520_000
LIMITS = {
    Quantity.DISC_HEIGHT_MIDDLE: 0.5,
    Quantity.SAC_AP: 0.9,
    Quantity.SLIP: 0.6,
    Quantity.DISPLACEMENT: 0.9,
    Quantity.FORAMEN_HEIGHT: 1.0,
}
"""Mean absolute errors that no change may exceed, mm: the goals and a little for chance. The sac's
diameter is read on T1 where there is one; T2 alone, as here, tells it less well.
"""


def series_of(anatomy, seed):
    plan = StudyPlan(contrasts=(Contrast.T2,), has_axial=False, sagittal_matrix=352)
    space = sagittal_space(anatomy, plan, "1.2.3")
    signal = render(anatomy, space, replace(PROTOCOLS[Contrast.T2], noise=plan.noise), seed)
    return Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=signal.astype(np.float32), space=space),
        used=True,
        reason="A phantom.",
    )


@pytest.fixture(scope="module")
def spines():
    segmenter = onnx_segmenter(find_bundle("cauda_sagittal"))
    found = []
    for seed in range(FIRST_SEED, FIRST_SEED + COUNT):
        anatomy = draw_anatomy(np.random.default_rng(seed))
        series = series_of(anatomy, np.random.default_rng((seed, 1)))
        segmentation = segmenter(series)
        spine = locate((segmentation,), Study(series=(series,)))
        found.append((anatomy, spine, measure(spine, (segmentation,))))
    return found


@pytest.fixture(scope="module")
def compared(spines):
    return [compare(measured, truth(anatomy)[0]) for anatomy, _, measured in spines]


@pytest.mark.slow
def test_measured_values_stay_near_the_truth(compared):
    every = [c for own, _ in compared for c in own]
    missing = [m for _, own in compared for m in own]
    errors = {row.quantity: row.mean_absolute for row in summarize(every, missing)}
    too_large = {q: round(errors[q], 2) for q, limit in LIMITS.items() if errors[q] > limit}
    assert not too_large


@pytest.mark.slow
def test_no_level_is_misnamed(spines):
    wrong = [misnamed(spine.levels, landmarks(anatomy).discs) for anatomy, spine, _ in spines]
    assert not any(wrong), wrong


@pytest.mark.slow
def test_no_foramen_is_measured_on_the_other_side(spines, compared):
    for (anatomy, _, measured), (own, _) in zip(spines, compared, strict=True):
        assert not on_other_side(measured, landmarks(anatomy).discs)
        heights = [c for c in own if c.quantity is Quantity.FORAMEN_HEIGHT]
        assert not side_errors(heights, 6.0)
