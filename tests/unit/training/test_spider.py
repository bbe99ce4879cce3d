import nibabel as nib
import numpy as np
import pytest

from cauda.errors import NothingFoundError
from cauda.training import label_sets
from cauda.training.spider import label_codes, patients, read_case, read_masks
from cauda.vocab import STRUCTURES, Structure

SPACING = (1.0, 0.5, 0.5)
BODY, ARCH, SAC, SACRUM, DISC, BACKGROUND = (
    STRUCTURES.index(s)
    for s in (
        Structure.BODY,
        Structure.ARCH,
        Structure.SAC,
        Structure.SACRUM,
        Structure.DISC,
        Structure.BACKGROUND,
    )
)


@pytest.fixture
def labels():
    """Draw five discs and vertebrae in front of a canal, spinous processes behind it."""
    volume = np.zeros((4, 200, 360), dtype=np.uint8)
    for level in range(5):
        low = 60 + 60 * level
        volume[:, 40:100, low : low + 14] = 2
        volume[:, 42:98, low + 16 : low + 58] = 1
        volume[:, 135:175, low + 20 : low + 50] = 1
    volume[1:, 105:130, 30:350] = 3
    return volume


def test_rows_across_the_canal_tell_body_from_arch(labels):
    codes = label_codes(labels, SPACING)
    assert (codes[2, 60, 80:110] == BODY).all()
    assert (codes[2, 150, 90:105] == ARCH).all()
    assert (codes[0][labels[0] == 1] == label_sets.VERTEBRA).all()
    assert (codes[labels == 2] == DISC).all()


def test_sacrum_is_sought_right_below_the_lowest_disc_only(labels):
    codes = label_codes(labels, SPACING)
    rows = np.flatnonzero((codes == SACRUM).any(axis=(0, 1)))
    assert 20 <= rows.min() < rows.max() < 60
    assert not (codes[labels > 0] == SACRUM).any()
    assert codes[0, 10, 200] == label_sets.NOT_SACRUM


def test_no_cord_far_below_the_conus(labels):
    codes = label_codes(labels, SPACING)
    assert (codes[2, 110, 40:180] == SAC).all()
    assert (codes[2, 110, 200:340] == label_sets.CANAL).all()


def test_no_foramen_beside_a_wide_canal(labels):
    codes = label_codes(labels, SPACING)
    assert codes[2, 160, 45] == label_sets.NOT_LATERAL
    assert codes[2, 10, 200] == BACKGROUND
    assert codes[0, 160, 45] == label_sets.UNLABELLED


def test_what_is_dark_amid_fluid_above_the_sixth_disc_is_cord(labels):
    tall = np.concatenate([labels, labels[:, :, 60:200]], axis=2)
    tall[:, 105:130, :] = 3
    signal = np.where(tall == 3, 0.9, 0.3).astype(np.float32)
    signal[:, 114:122, 200:] = 0.3
    codes = label_codes(tall, SPACING, signal)
    cord = np.argwhere(codes == STRUCTURES.index(Structure.CORD))
    assert len(cord) > 200
    assert cord[:, 2].min() > 360
    assert 112 <= cord[:, 1].min() < cord[:, 1].max() <= 123
    assert (codes[2, 108, 430:] == SAC).all()


def test_no_sacrum_far_in_front_of_the_promontory(labels):
    codes = label_codes(labels, SPACING)
    assert codes[0, 5, 20] == label_sets.NOT_SACRUM
    assert codes[0, 70, 10] == label_sets.UNLABELLED


def test_nothing_is_claimed_above_the_highest_label(labels):
    labels[:, :, 300:] = 0
    codes = label_codes(labels, SPACING)
    top = np.flatnonzero((labels > 0).any(axis=(0, 1)))[-1]
    assert (codes[:, :, top + 1 :] == label_sets.ANY).all()


def test_an_empty_mask_says_nothing_but_unlabelled(labels):
    codes = label_codes(np.zeros_like(labels), SPACING)
    assert (codes == label_sets.UNLABELLED).all()


def test_axes_are_turned_to_left_posterior_superior(tmp_path, labels):
    for suffix, array in (("", labels * 60), ("_seg", labels)):
        # Stored as inferior, posterior, right.
        stored = np.transpose(array, (2, 1, 0))[::-1, :, ::-1]
        affine = np.array([[0, 0, 1, 0], [0, -0.5, 0, 0], [-0.5, 0, 0, 0], [0, 0, 0, 1.0]])
        nib.save(nib.Nifti1Image(stored, affine), tmp_path / f"5_t2_SPACE{suffix}.nii.gz")
    signal, mask, spacing = read_masks(tmp_path, "5")
    assert (mask == labels).all()
    assert (signal == labels * 60).all()
    assert spacing == pytest.approx(SPACING)
    assert patients(tmp_path) == ("5",)
    case = read_case(tmp_path, "5")
    assert case.signal.max() == 1
    assert (case.codes == label_codes(labels, SPACING)).all()


def test_a_folder_without_cases_is_named(tmp_path):
    with pytest.raises(NothingFoundError, match="SPIDER"):
        patients(tmp_path)


@pytest.mark.slow
def test_real_cases_have_bodies_in_front_and_the_sacrum_below_the_lowest_disc(real_data):
    folder = real_data / "spider_t2_space"
    for patient in ("7", "22", "34"):
        codes = read_case(folder, patient).codes
        middle = codes[len(codes) // 2]
        body, arch = (np.argwhere(middle == c).mean(axis=0) for c in (BODY, ARCH))
        assert body[0] < arch[0]
        sacrum = np.argwhere(codes == SACRUM)
        assert len(sacrum) > 500
        assert sacrum[:, 2].max() < np.median(np.argwhere(codes == DISC)[:, 2])
