import numpy as np

from cauda.geometry import Space
from cauda.records import Segmentation, Series, Study, Volume
from cauda.segment import segment
from cauda.vocab import STRUCTURES, Contrast, Plane

SPACE = Space.from_matrix((2, 4, 4), np.diag([4.0, 1.0, 1.0, 1.0]))


def series(key, plane, *, used=True, pixels=True, contrast=Contrast.T2):
    return Series(
        key=key,
        plane=plane,
        contrast=contrast,
        volume=Volume(voxels=np.zeros(SPACE.shape), space=SPACE, slice_axis=0) if pixels else None,
        used=used,
        reason="made for a test",
    )


def all_background(one):
    probabilities = np.zeros((len(STRUCTURES), *SPACE.shape), dtype=np.float32)
    probabilities[0] = 1
    return Segmentation(
        series=one.key,
        probabilities=probabilities,
        space=SPACE,
        signal=one.volume.voxels,
        bundle="none",
    )


def test_only_usable_sagittal_series_are_segmented_in_order():
    study = Study(
        series=(
            series("sag_t2", Plane.SAGITTAL),
            series("ax_t2", Plane.AXIAL),
            series("sag_derived", Plane.SAGITTAL, used=False),
            series("sag_empty", Plane.SAGITTAL, pixels=False),
            series("sag_t1", Plane.SAGITTAL),
        )
    )
    assert [s.series for s in segment(study, all_background)] == ["sag_t2", "sag_t1"]


def test_a_study_without_sagittal_series_gives_nothing():
    assert segment(Study(series=(series("ax_t2", Plane.AXIAL),)), all_background) == ()


def test_axial_t2_series_follow_the_sagittal_ones_where_there_is_a_network_for_them():
    study = Study(
        series=(
            series("ax_t2_1", Plane.AXIAL),
            series("ax_t1", Plane.AXIAL, contrast=Contrast.T1),
            series("sag_t2", Plane.SAGITTAL),
            series("ax_t2_2", Plane.AXIAL),
            series("ax_empty", Plane.AXIAL, pixels=False),
        )
    )
    found = segment(study, all_background, all_background)
    assert [s.series for s in found] == ["sag_t2", "ax_t2_1", "ax_t2_2"]
