"""What a network may get wrong, and what a field of view may leave out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from cauda.geometry import Space
from cauda.locate import locate
from cauda.records import SAC_LABEL, Segmentation
from cauda.vocab import STRUCTURES, Contrast, Structure

NAMES = ["S1", "L5", "L4", "L3", "L2", "L1"]


def names(spine):
    return [v.name for v in spine.vertebrae]


def agreement(case, spine):
    """Share of body and disc voxels, L4-L5 up to L1-L2, with the right instance."""
    found = spine.instances["sag_t2"]
    wanted = np.isin(case.labels, [3, 4, 5, 102, 103, 104, 105])
    return (found[wanted] == case.labels[wanted]).mean()


@pytest.mark.parametrize(
    ("disc", "instead"),
    [(102, Structure.BODY), (102, Structure.BACKGROUND), (104, Structure.BODY)],
)
def test_a_lost_disc_shifts_no_name_and_is_said(make_case, disc, instead):
    case = make_case()
    spine = case.painted(case.labels == disc, instead).spine
    assert names(spine)[:6] == NAMES
    assert spine.numbering.state == "uncertain"
    assert spine.numbering.lumbar_count is None
    assert any("could not be seen" in r for r in spine.numbering.reasons)
    assert [lv.label for lv in spine.levels[:5]] == [101, 102, 103, 104, 105]
    level = next(lv for lv in spine.levels if lv.label == disc)
    true = case.space.to_lps(np.argwhere(case.labels == disc)).mean(axis=0)
    assert abs(level.frame.to_local(true)[2]) < 6.0


def test_a_lost_lowest_disc_keeps_the_sacrum_below_it(make_case):
    case = make_case()
    spine = case.painted(case.labels == 101, Structure.BACKGROUND).spine
    assert names(spine)[:6] == NAMES
    assert spine.numbering.state == "uncertain"


def test_a_lost_body_is_counted_and_said(make_case):
    case = make_case()
    spine = case.painted(case.labels == 4, Structure.BACKGROUND).spine
    assert names(spine)[:6] == NAMES
    assert "A vertebral body between two discs could not be seen." in spine.numbering.reasons


DAMAGE = {
    "disc-like blob in L3": (4, (0, 0, 0), 8, Structure.DISC, "uncertain"),
    "body-like blob before L3": (4, (0, -45, 0), 9, Structure.BODY, "conventional"),
    "disc-like blob behind the sac": (4, (0, 55, 0), 9, Structure.DISC, "conventional"),
    "hole in L4": (3, (0, 0, 0), 7, Structure.BACKGROUND, "conventional"),
    "upper end of S1 called body": (101, (0, 5, -12), 14, Structure.BODY, "uncertain"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_blobs_and_holes_shift_no_name(make_case, damage):
    label, offset, radius, structure, state = damage
    case = make_case()
    region = case.ball(label, offset, radius) & (case.labels != 101)
    spine = case.painted(region, structure).spine
    assert names(spine)[:6] == NAMES
    assert spine.numbering.state == state
    assert agreement(case, spine) > 0.9


def test_smooth_errors_in_the_probabilities_shift_no_name(make_case):
    case = make_case()
    rng = np.random.default_rng(0)
    noise = np.stack(
        [ndimage.gaussian_filter(rng.normal(size=case.space.shape), (1, 3, 3)) for _ in STRUCTURES]
    )
    scores = 0.5 * np.log(case.probabilities + 0.02) + 0.5 * noise / noise.std()
    mixed = np.exp(scores - scores.max(axis=0))
    mixed /= mixed.sum(axis=0)
    spine = dataclasses.replace(case, probabilities=mixed.astype(np.float32)).spine
    assert names(spine)[:6] == NAMES
    assert agreement(case, spine) > 0.8
    found = spine.instances["sag_t2"]
    left, right = (case.labels > 300) & (case.labels < 400), case.labels > 400
    assert not (found[left] > 400).any()
    assert not ((found[right] > 300) & (found[right] < 400)).any()


def test_a_sacrum_called_lumbar_is_suspected_to_be_transitional(make_case):
    case = make_case()
    spine = case.painted(case.labels == 2, Structure.SACRUM).spine
    assert spine.numbering.state == "uncertain"
    assert "LSTV sign: residual-disc" in spine.numbering.flags
    assert spine.numbering.alternate is not None
    assert spine.levels[0].name == "L5-S1"
    assert spine.levels[0].alternate == "L4-L5"


def test_without_a_sacrum_names_are_relative_and_said_to_be(make_case):
    case = make_case()
    cut = case.cropped(2, case.height(2), case.space.shape[2])
    spine = cut.spine
    assert names(spine)[:3] == ["V1", "V2", "V3"]
    assert [lv.name for lv in spine.levels][:3] == ["D1", "D2", "D3"]
    assert spine.vertebrae[0].is_partial
    assert spine.levels[0].is_partial
    assert not spine.levels[1].is_partial
    assert spine.numbering.state == "uncertain"
    assert "No sacrum" in spine.numbering.reasons[0]
    assert (spine.numbering.lumbar_count, spine.numbering.alternate) == (None, None)


def test_a_view_from_l3_to_s1_is_named_but_not_counted(make_case):
    case = make_case()
    spine = case.cropped(2, 0, case.height(4)).spine
    assert names(spine) == ["S1", "L5", "L4", "L3"]
    assert [lv.name for lv in spine.levels] == ["L5-S1", "L4-L5", "L3-L4"]
    assert [v.is_partial for v in spine.vertebrae] == [False, False, False, True]
    assert spine.numbering.state == "conventional"
    assert spine.numbering.lumbar_count is None


def test_a_piece_of_sac_beside_the_spine_is_no_sac(make_case):
    case = make_case()
    sac = case.spine.instances["sag_t2"] == SAC_LABEL
    _, j, k = np.argwhere(sac).mean(axis=0).astype(int)
    beside = np.zeros_like(sac)
    beside[0, j : j + 6, k : k + 6] = True
    found = case.painted(beside, Structure.SAC).spine.instances["sag_t2"] == SAC_LABEL
    assert (found == sac).all()


def test_the_lower_end_of_a_sac_that_is_cut_off_is_kept(make_case):
    case = make_case()
    sac = case.spine.instances["sag_t2"] == SAC_LABEL
    low = np.argwhere(sac)[:, 2].min()
    gap = np.zeros_like(sac)
    gap[:, :, low + 3 : low + 9] = True
    found = case.painted(gap & sac, Structure.BACKGROUND).spine.instances["sag_t2"] == SAC_LABEL
    assert (found == (sac & ~gap)).all()


def test_one_middle_slice_is_enough_for_names_and_frames(make_case):
    case = make_case()
    middle = case.space.shape[0] // 2
    whole, single = case.spine, case.cropped(0, middle, middle + 1).spine
    assert names(single)[:6] == NAMES
    for one, all_ in zip(single.levels[:5], whole.levels[:5], strict=True):
        cosine = np.dot(one.frame.up_lps, all_.frame.up_lps)
        assert np.degrees(np.arccos(min(cosine, 1))) < 3
        assert abs(all_.frame.to_local(one.frame.origin_lps)[2]) < 1


def test_one_side_slice_tells_no_side(make_case):
    case = make_case()
    seen = [(case.labels == label).sum(axis=(1, 2)) for label in (3, 302)]
    index = int(np.minimum(*seen).argmax())
    spine = case.cropped(0, index, index + 1).spine
    found = spine.instances["sag_t2"]
    assert (case.labels[index] == 302).sum() > 30
    assert not (found >= 300).any()
    assert any("no certain level or side" in flag for flag in spine.numbering.flags)


def test_an_empty_segmentation_gives_a_reason(make_case, make_study):
    space = Space.from_matrix((3, 20, 20), np.diag([4.0, 1, 1, 1]), "1.2")
    empty = np.zeros((len(STRUCTURES), 3, 20, 20), np.float32)
    empty[0] = 1
    blank = Segmentation(
        series="sag_t2", probabilities=empty, space=space, signal=empty[0], bundle="truth"
    )
    for spine in (locate([], make_study()), locate([blank], make_study(("sag_t2", Contrast.T2)))):
        assert spine.vertebrae == ()
        assert spine.levels == ()
        assert "No vertebral column" in spine.numbering.reasons[0]
        assert "No vertebral column" in spine.conus.reason
