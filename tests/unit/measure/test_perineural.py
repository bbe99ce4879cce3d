"""Fat round a root in a foramen whose every border is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Frame, Space
from cauda.measure.foramina import foramen
from cauda.measure.perineural import SIDES, perineural_readings
from cauda.measure.sampling import Stack
from cauda.records import LevelInstance, Segmentation
from cauda.vocab import STRUCTURES, Contrast, Level, Quantity, Side, Structure

RADIUS_MM = 3.0


def opened(root_y_mm, *, contrast=Contrast.T2, hidden=False):
    """A foramen 10 mm deep and 16 mm high, its root's center at ``root_y_mm`` from its middle."""
    shape, pixel = (9, 80, 80), 0.5
    matrix = np.diag([4.0, pixel, pixel, 1.0])
    matrix[:3, 3] = [1.0, -20.0, -20.0]
    space = Space.from_matrix(shape, matrix, "1.2.3")
    x = matrix[0, 3] + 4.0 * np.arange(shape[0])[:, None, None]
    fine = (np.arange(shape[1] * 4) + 0.5) / 4 * pixel - pixel / 2 - 20.0
    y, z = fine[None, :, None], fine[None, None, :]
    inside = (np.abs(x - 17.0) < 7) & (np.abs(y) < 5) & (np.abs(z) < 8)
    root = inside & (np.hypot(y - root_y_mm, z) < RADIUS_MM)
    probabilities = np.zeros((len(STRUCTURES), *shape), dtype=np.float32)
    for structure, mask in ((Structure.FORAMEN, inside & ~root), (Structure.ROOT, root)):
        blocks = mask.reshape(shape[0], shape[1], 4, shape[2], 4)
        probabilities[STRUCTURES.index(structure)] = blocks.mean(axis=(2, 4))
    probabilities[0] = 1 - probabilities.sum(axis=0)
    fat, nerve = (probabilities[STRUCTURES.index(s)] for s in (Structure.FORAMEN, Structure.ROOT))
    signal = 10 + 90 * fat + 20 * nerve
    if hidden:
        signal[:, :, 40:] = 30.0
    segmentation = Segmentation(
        series="sag",
        probabilities=probabilities,
        space=space,
        signal=signal,
        bundle="truth",
        contrast=contrast,
    )
    instances = np.where((fat > 0.5), 301, 0).astype(np.int16)
    frame = Frame(
        origin_lps=(0.0, 0.0, 0.0),
        left_lps=(1.0, 0.0, 0.0),
        posterior_lps=(0.0, 1.0, 0.0),
        up_lps=(0.0, 0.0, 1.0),
    )
    level = LevelInstance(
        name=Level.L5_S1, alternate=None, label=101, above=2, below=1, frame=frame
    )
    found = foramen(Stack(segmentation=segmentation, instances=instances), level, Side.LEFT)
    return {r.quantity: r.value for r in perineural_readings(found)}


def test_root_in_the_middle_has_fat_on_all_sides():
    found = opened(0.0)
    assert found[Quantity.FORAMEN_ROOT_AREA] == pytest.approx(np.pi * RADIUS_MM**2, rel=0.08)
    assert [found[q] for q in SIDES] == [1.0] * 4


@pytest.mark.parametrize(
    ("shift_mm", "lost", "kept"),
    [
        (-2.2, Quantity.FORAMEN_FAT_ANTERIOR, Quantity.FORAMEN_FAT_POSTERIOR),
        (2.2, Quantity.FORAMEN_FAT_POSTERIOR, Quantity.FORAMEN_FAT_ANTERIOR),
    ],
)
def test_root_that_touches_a_wall_has_no_fat_there(shift_mm, lost, kept):
    found = opened(shift_mm)
    assert found[lost] < 0.5 < found[kept]


def test_t1_signal_without_fat_overrules_the_class():
    """The upper half shows no bright fat, whatever the network calls it."""
    found = opened(0.0, contrast=Contrast.T1, hidden=True)
    assert found[Quantity.FORAMEN_FAT_SUPERIOR] < 0.5
    assert found[Quantity.FORAMEN_FAT_INFERIOR] == pytest.approx(1.0)
    assert opened(0.0, hidden=True)[Quantity.FORAMEN_FAT_SUPERIOR] == 1.0
