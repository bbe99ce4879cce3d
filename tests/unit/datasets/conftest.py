"""Small volumes written in the true layouts of data sets and tools."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

SHAPE = (4, 12, 16)
SPACING_MM = (4.0, 0.7, 0.7)


def write_nifti(path, numbers, spacing_mm=SPACING_MM):
    """Write an array whose axes run to the right, anterior and up."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(np.asarray(numbers, dtype=np.int16), np.diag([*spacing_mm, 1.0]))
    nib.save(image, path)
    return path


def write_mha(path, numbers, spacing_mm=SPACING_MM):
    """Write an (I, J, K) array as MHA whose header states its orientation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = SimpleITK.GetImageFromArray(np.transpose(numbers, (2, 1, 0)).astype(np.int16))
    image.SetSpacing(spacing_mm)
    SimpleITK.WriteImage(image, str(path))
    return path


def stripes(numbers, shape=SHAPE):
    """A volume with each number in one row across, in the order given."""
    volume = np.zeros(shape, dtype=np.int16)
    for row, number in enumerate(numbers):
        volume[1:3, 2:10, row] = number
    return volume


def signal(shape=SHAPE):
    return np.arange(np.prod(shape)).reshape(shape) % 300


@pytest.fixture(scope="session")
def files():
    """The writers above, for tests in modules that cannot import this one."""

    class Files:
        shape = SHAPE
        nifti = staticmethod(write_nifti)
        mha = staticmethod(write_mha)
        stripes = staticmethod(stripes)
        signal = staticmethod(signal)

    return Files
