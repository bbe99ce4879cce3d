from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cauda.geometry import Space
from cauda.records import Volume
from cauda.report.drawing import Box, draw_panel
from cauda.report.figures import draw_pictures
from cauda.report.planes import axial_slice, crossing_mm, sagittal_slice
from cauda.vocab import Contrast, Level

FRAME = "1.2.3"
MARK_LPS = np.array([12.0, -9.0, 21.0])


def marked_volume(signs, order) -> Volume:
    """A volume in any axis order and direction with one bright voxel at MARK_LPS."""
    spacing = np.array([4.0, 1.0, 1.0])
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    shape = np.array([15, 80, 90])[list(order)]
    for axis, patient in enumerate(order):
        matrix[patient, axis] = spacing[patient] * signs[axis]
        matrix[patient, 3] = -signs[axis] * spacing[patient] * (shape[axis] // 2)
    space = Space.from_matrix(tuple(shape), matrix, FRAME)
    voxels = np.zeros(space.shape, dtype=np.float32)
    voxels[tuple(np.round(space.to_ijk(MARK_LPS)).astype(int))] = 100
    return Volume(voxels=voxels, space=space, slice_axis=int(np.argmax(space.spacing_mm)))


def brightest_mm(image) -> np.ndarray:
    row, column = np.unravel_index(np.argmax(image.gray), image.gray.shape)
    return np.array([column * image.pixel_mm[1], row * image.pixel_mm[0]])


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (1, -1, -1), (-1, -1, 1)])
def test_axial_pictures_show_a_point_where_it_is_however_it_was_stored(order, signs):
    volume = marked_volume(signs, order)
    axis = int(np.argmax(np.abs(volume.space.directions[2])))
    volume = replace(volume, slice_axis=axis)
    index = round(float(volume.space.to_ijk(MARK_LPS)[axis]))
    image = axial_slice("ax", volume, index)
    assert image.letters == ("R", "L", "A", "P")
    assert image.right_lps[0] > 0.99, "the patient's left must lie at the picture's right"
    assert image.down_lps[1] > 0.99, "posterior must lie at the bottom"
    np.testing.assert_allclose(brightest_mm(image), image.to_mm(MARK_LPS)[:2], atol=0.6)
    assert image.to_mm(MARK_LPS)[2] == pytest.approx(0, abs=0.6)


def test_sagittal_pictures_use_native_pixels_and_agree_with_the_network_grid(analysis):
    segmentation = analysis.segmentations[0]
    for index in (3, 7, 11):
        native = sagittal_slice(analysis.study, segmentation, index)
        no_series = replace(analysis.study, series=())
        working = sagittal_slice(no_series, segmentation, index)
        assert native.pixel_mm != working.pixel_mm
        assert native.number == working.number == index + 1
        corner = segmentation.space.to_lps(np.array([index, 40, 200]))
        assert native.to_mm(corner)[2] == pytest.approx(0, abs=1e-6)
        assert native.right_lps[1] > 0.99
        assert native.down_lps[2] < -0.99
        assert native.letters == ("A", "P", "H", "F")


def test_a_crossing_line_lies_in_both_slices(analysis):
    volume = analysis.study.by_key("ax_t2").volume
    sagittal = sagittal_slice(analysis.study, analysis.segmentations[0], 7)
    axial = axial_slice("ax_t2", volume, 10)
    ends = crossing_mm(sagittal, axial)
    lps = sagittal.origin_lps + ends @ np.stack([sagittal.right_lps, sagittal.down_lps])
    assert np.abs(axial.to_mm(lps)[:, 2]).max() < 1e-6
    assert np.ptp(lps[:, 1]) > 100
    assert crossing_mm(sagittal, sagittal) is None


def test_a_mm_is_as_long_across_as_down(analysis):
    image = sagittal_slice(analysis.study, analysis.segmentations[0], 7)
    tall = draw_panel(image, Box(center=(60.0, 120.0), width_mm=50.0, height_mm=100.0), 200)
    assert tall.shape == (400, 200, 3)


def test_every_picture_has_its_words_and_an_own_name(pictures):
    names = [p.name for p in pictures]
    assert len(set(names)) == len(names)
    for picture in pictures:
        assert "slice" in picture.caption
        assert picture.alt


def test_unmarked_pictures_hold_no_color_and_marked_ones_do(pictures):
    for picture in pictures:
        spread = np.ptp(picture.pixels.astype(int), axis=2).max()
        assert (spread > 40) == picture.is_marked, picture.name


def test_each_marked_slice_stands_after_the_same_slice_unmarked(pictures):
    for level in (Level.L4_L5, Level.L5_S1):
        for group in ("middle", "foramina"):
            here = [p for p in pictures if (p.level, p.group) == (level, group)]
            assert here
            for plain, marked in zip(here[::2], here[1::2], strict=True):
                assert (plain.is_marked, marked.is_marked) == (False, True)
                assert marked.name == f"{plain.name}-marked"
                assert plain.pixels.shape == marked.pixels.shape


def test_the_left_foramen_is_drawn_on_a_left_slice(pictures, analysis):
    space = analysis.segmentations[0].space
    for side, sign in (("left", 1), ("right", -1)):
        found = next(p for p in pictures if f"l4-l5-{side}-foramen" in p.name)
        number = int(found.name.removesuffix("-marked").rsplit("-", 1)[1])
        assert np.sign(space.to_lps(np.array([number - 1, 0, 0]))[0]) == sign


def test_axial_slices_without_a_common_frame_get_no_line(analysis):
    def moved(series):
        if series.key != "ax_t2":
            return series
        space = series.volume.space.replace(frame_of_reference="9.9")
        return replace(series, volume=replace(series.volume, space=space))

    study = replace(analysis.study, series=tuple(moved(s) for s in analysis.study.series))
    apart = draw_pictures(replace(analysis, study=study))
    assert not any(p.name.endswith("axial-reference") for p in apart)
    assert not any("dashed" in p.caption for p in apart)
    assert any(p.group == "axial" for p in apart), "the slices themselves are still shown"


def test_jpeg_and_png_hold_the_picture(pictures):
    picture = pictures[0]
    assert Image.open(io.BytesIO(picture.jpeg())).size == picture.pixels.shape[1::-1]
    png = np.asarray(Image.open(io.BytesIO(picture.png())))
    np.testing.assert_array_equal(png, picture.pixels)


def test_no_segmentation_no_picture(analysis):
    assert draw_pictures(replace(analysis, segmentations=())) == ()


def test_slices_of_one_number_in_two_series_get_names_of_their_own(analysis):
    t2 = next(s for s in analysis.study.series if s.key == "sag_t2")
    t1 = replace(t2, key="sag_t1", contrast=Contrast.T1)
    of_t2 = [m for m in analysis.measurements if m.series == "sag_t2"]
    of_t1 = [replace(m, series="sag_t1", id=f"{m.id}/t1") for m in of_t2]
    instances = dict(analysis.spine.instances)
    instances["sag_t1"] = instances["sag_t2"]
    two = replace(
        analysis,
        study=replace(analysis.study, series=(*analysis.study.series, t1)),
        segmentations=(
            *analysis.segmentations,
            replace(analysis.segmentations[0], series="sag_t1"),
        ),
        spine=replace(analysis.spine, instances=instances),
        measurements=(*analysis.measurements, *of_t1),
    )
    names = [p.name for p in draw_pictures(two)]
    assert len(set(names)) == len(names)
    middle = {n.removesuffix("-marked") for n in names if n.startswith("l4-l5-middle")}
    assert {n.split("-")[3] for n in middle} == {"sag_t1", "sag_t2"}
    assert len({n.rsplit("-", 1)[1] for n in middle}) == 1, "else they could not be mixed up"
