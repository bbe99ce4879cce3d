"""Real vertebra and disc shapes, no sacrum outlined: the column is split into its parts."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from cauda.geometry import Space, canonical
from cauda.locate import locate
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast, Structure

SLICES = 4
"""Real slices of 1 mm averaged into one of clinical thickness."""


def thick(path):
    """Bodies (with arches), discs and canal of a mask as probabilities in 4 mm slices."""
    image = nibabel.load(path)
    affine = np.diag([-1.0, -1, 1, 1]) @ image.affine
    voxels = np.asarray(image.dataobj).astype(np.int8)
    labels, space = canonical(voxels, Space.from_matrix(voxels.shape, affine, "1.2"))
    count = labels.shape[0] // SLICES
    blocks = labels[: count * SLICES, ::2, ::2].reshape(
        count, SLICES, -1, labels[:, ::2, ::2].shape[2]
    )
    values = np.zeros((len(STRUCTURES), count, *blocks.shape[2:]), np.float32)
    for value, structure in ((1, Structure.BODY), (2, Structure.DISC), (3, Structure.SAC)):
        values[STRUCTURES.index(structure)] = (blocks == value).mean(axis=1)
    values[0] = 1 - values.sum(axis=0)
    matrix = space.matrix @ np.diag([SLICES, 2.0, 2.0, 1])
    matrix[:3, 3] = space.to_lps([(SLICES - 1) / 2, 0, 0])
    return values, Space.from_matrix(values.shape[1:], matrix, "1.2")


@pytest.mark.parametrize("patient", ["107", "127", "141", "7"])
def test_real_columns_are_split_at_every_disc(real_data, make_study, patient):
    values, space = thick(real_data / "spider_t2_space" / f"{patient}_t2_SPACE_seg.nii.gz")
    segmentation = Segmentation(
        series="sag_t2", probabilities=values, space=space, signal=values[0], bundle="truth"
    )
    spine = locate([segmentation], make_study(("sag_t2", Contrast.T2)))
    parts, _ = ndimage.label(values[STRUCTURES.index(Structure.DISC)] > 0.5)
    sizes = np.bincount(parts.ravel())[1:] * space.voxel_mm3
    discs = int((sizes > 800).sum())
    # the lowest disc lies on the sacrum, which is not outlined: no level there
    assert len(spine.levels) == discs - 1
    assert [lv.name for lv in spine.levels] == [f"D{n}" for n in range(1, discs)]
    assert spine.numbering.state == "uncertain"
    found = spine.instances["sag_t2"]
    for level in spine.levels:
        own = np.unique(parts[(found == level.label) & (parts > 0)])
        assert (sizes[own - 1] > 800).sum() == 1, level.name
