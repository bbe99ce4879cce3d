"""Bone above the lowest disc is body, below it sacrum, whatever the network called it."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate.settle import settle
from cauda.records import Conus, Numbering, Segmentation, Spine
from cauda.vocab import STRUCTURES, Structure

BODY, SACRUM = STRUCTURES.index(Structure.BODY), STRUCTURES.index(Structure.SACRUM)
SHAPE = (3, 20, 30)


def make(body: np.ndarray, sacrum: np.ndarray, instances: np.ndarray) -> tuple[Segmentation, Spine]:
    probabilities = np.zeros((len(STRUCTURES), *SHAPE), dtype=np.float32)
    probabilities[BODY], probabilities[SACRUM] = body, sacrum
    probabilities[0] = 1 - body - sacrum
    segmentation = Segmentation(
        series="sag_t2",
        probabilities=probabilities,
        space=Space.from_matrix(SHAPE, np.diag([4.0, 0.75, 0.75, 1.0])),
        signal=np.zeros(SHAPE, dtype=np.float32),
        bundle="test",
    )
    spine = Spine(
        vertebrae=(),
        levels=(),
        numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="none"),
        instances=MappingProxyType({"sag_t2": instances}),
    )
    return segmentation, spine


@pytest.fixture
def confused() -> tuple[Segmentation, Spine]:
    """A sacrum below row 10 and L5 above row 14, each partly called by the other's name."""
    body, sacrum = np.zeros(SHAPE), np.zeros(SHAPE)
    sacrum[:, :, :10] = 0.7
    body[:, :, :10] = 0.2
    sacrum[:, :, 14:24] = 0.6
    body[:, :, 14:24] = 0.3
    body[:, :, 24] = 0.4
    instances = np.zeros(SHAPE, dtype=np.int16)
    instances[:, :, :10], instances[:, :, 14:24] = 1, 2
    return make(body, sacrum, instances)


def test_each_instance_keeps_one_bone_class(confused: tuple[Segmentation, Spine]) -> None:
    settled = settle(*confused).probabilities
    assert settled[SACRUM][:, :, :10] == pytest.approx(0.9)
    assert settled[BODY][:, :, :10] == pytest.approx(0.0)
    assert settled[BODY][:, :, 14:24] == pytest.approx(0.9)
    assert settled[SACRUM][:, :, 14:24] == pytest.approx(0.0)


def test_probabilities_still_sum_to_one(confused: tuple[Segmentation, Spine]) -> None:
    assert settle(*confused).probabilities.sum(axis=0) == pytest.approx(1.0)


def test_a_spine_without_a_sacrum_is_left_alone(confused: tuple[Segmentation, Spine]) -> None:
    segmentation, spine = confused
    instances = np.where(spine.instances["sag_t2"] == 1, 0, spine.instances["sag_t2"])
    alone = make(
        np.asarray(segmentation.probabilities[BODY]),
        np.asarray(segmentation.probabilities[SACRUM]),
        instances,
    )
    assert settle(*alone) is alone[0]
