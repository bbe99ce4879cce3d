"""Phantom spines as perfect segmentations, placed, cropped and damaged as a test needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cauda.geometry import Space
from cauda.locate import locate
from cauda.phantom import Anatomy, draw_anatomy, instance_labels
from cauda.phantom.segmentation import probabilities
from cauda.records import Segmentation, Series, Spine, Study
from cauda.vocab import STRUCTURES, Contrast, Plane, Structure

UID = "1.2.826.0.1"


@dataclass(frozen=True, eq=False)
class Case:
    """A segmentation with the instance labels it was made from."""

    anatomy: Anatomy
    space: Space
    probabilities: np.ndarray
    labels: np.ndarray

    def segmentation(self, key="sag_t2") -> Segmentation:
        signal = np.zeros(self.space.shape, np.float32)
        return Segmentation(
            series=key,
            probabilities=self.probabilities,
            space=self.space,
            signal=signal,
            bundle="truth",
        )

    @cached_property
    def spine(self) -> Spine:
        return locate([self.segmentation()], study(("sag_t2", Contrast.T2)))

    def painted(self, mask, structure: Structure) -> Case:
        """The same with a region given to one structure."""
        changed = self.probabilities.copy()
        changed[:, mask] = 0
        changed[STRUCTURES.index(structure)][mask] = 1
        return replace(self, probabilities=changed)

    def cropped(self, axis: int, first: int, last: int) -> Case:
        """The same seen in a smaller field of view."""
        box = [slice(None)] * 3
        box[axis] = slice(first, last)
        matrix = self.space.matrix.copy()
        matrix[:3, 3] = self.space.to_lps([b.start or 0 for b in box])
        labels = self.labels[tuple(box)]
        return replace(
            self,
            probabilities=self.probabilities[(slice(None), *box)],
            labels=labels,
            space=Space.from_matrix(labels.shape, matrix, self.space.frame_of_reference),
        )

    def moved(self, matrix) -> Case:
        """The same voxels under another affine."""
        uid = self.space.frame_of_reference
        return replace(self, space=Space.from_matrix(self.space.shape, matrix, uid))

    def height(self, label: int) -> int:
        """Mean K index of an instance."""
        return int(np.argwhere(self.labels == label)[:, 2].mean())

    def ball(self, label: int, offset_lps, radius_mm: float) -> np.ndarray:
        """Voxels within a radius of a point given from an instance's center."""
        center = self.space.to_lps(np.argwhere(self.labels == label)).mean(axis=0) + offset_lps
        points = self.space.to_lps(np.moveaxis(np.indices(self.space.shape), 0, -1))
        return np.linalg.norm(points - center, axis=-1) < radius_mm


def study(*series: tuple[str, Contrast], others: tuple[Series, ...] = ()) -> Study:
    """A study whose sagittal series carry no voxels."""
    return Study(
        series=(
            *(
                Series(
                    key=key,
                    plane=Plane.SAGITTAL,
                    contrast=contrast,
                    volume=None,
                    used=True,
                    reason="given",
                )
                for key, contrast in series
            ),
            *others,
        )
    )


@cache
def case(seed=1, lumbar=5, turn_deg=(0, 0, 0), shift=(0, 0, 0), slice_mm=4.5, pixel_mm=1.0) -> Case:
    """A healthy phantom in a sagittal stack turned about x, y, z and moved off its middle."""
    anatomy = draw_anatomy(np.random.default_rng(seed), lumbar_count=lumbar, lesions=())
    turned = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    spacing = np.array([slice_mm, pixel_mm, pixel_mm])
    shape = np.round(np.array([72, 180, 230]) / spacing).astype(int)
    s1 = anatomy.segments[anatomy.sacral_count - 1].origin_lps
    column = [s.origin_lps for s in anatomy.segments if s.name.startswith("L")]
    middle = np.array([np.mean(column, axis=0)[0], s1[1] - 5, s1[2] + 85])
    matrix = np.eye(4)
    matrix[:3, :3] = turned * spacing
    matrix[:3, 3] = middle + shift - matrix[:3, :3] @ ((shape - 1) / 2)
    space = Space.from_matrix(tuple(shape), matrix, UID)
    return Case(
        anatomy, space, probabilities(anatomy, space, (1, 2, 2)), instance_labels(anatomy, space)
    )


@pytest.fixture(scope="session")
def make_case():
    return case


@pytest.fixture(scope="session")
def make_study():
    return study
