import dataclasses
import json

import nibabel as nib
import numpy as np
import pytest

from cauda.datasets import read_card, read_case, write_card
from cauda.datasets.layouts import spider_dataset
from cauda.datasets.split import split_by_patient
from cauda.errors import GeometryError
from cauda.training import label_sets
from cauda.training.cards import (
    choose_stored,
    examined_case,
    training_case,
    training_cases,
    validation_cases,
)
from cauda.training.config import TrainConfig
from cauda.training.label_choice import code_of, undrawn
from cauda.training.label_sets import LABEL_SETS
from cauda.training.lesson import Sources
from cauda.training.sagittal import gather, sagittal_lesson
from cauda.training.team import Team
from cauda.vocab import STRUCTURES, Structure

S = Structure
RAS = np.diag([-4.0, -1.0, 1.0, 1.0])
"""Axes to the left, posterior and superior, as NIfTI says it."""
CARD = """
name: Mine
license: CC0
credit: nobody
labels: {labels}
{labelled}
split: {{train: ["1", "2"], validation: ["3"]}}
cases:
- {{id: a, patient: "1", image: a.nii.gz, mask: a_seg.nii.gz, contrast: T2}}
- {{id: b, patient: "2", image: b.nii.gz, mask: b_seg.nii.gz}}
- {{id: c, patient: "3", image: c.nii.gz, mask: c_seg.nii.gz}}
"""


def save(path, array, affine=RAS):
    image = nib.Nifti1Image(array, affine)
    image.set_sform(affine, code=1)
    nib.save(image, path)


@pytest.fixture
def card(tmp_path):
    """Write three cases; 1 in front, 2 behind it, 3 in the first slice only."""

    def write(labels, labelled="", affine=RAS):
        mask = np.zeros((3, 40, 50), dtype=np.uint8)
        mask[:, 5:15, 10:30] = 1
        mask[:, 20:30, 10:30] = 2
        mask[0, 32:38, 40:48] = 3
        signal = (50 * mask + 10).astype(np.int16)
        for name in "abc":
            save(tmp_path / f"{name}.nii.gz", signal, affine)
            save(tmp_path / f"{name}_seg.nii.gz", mask, affine)
        path = tmp_path / "dataset.yaml"
        path.write_text(CARD.format(labels=labels, labelled=labelled))
        return read_card(path)

    return write


def case_of(dataset, number=0):
    return training_case(read_case(dataset, dataset.cases[number]), dataset)


@pytest.mark.parametrize(
    ("labelled", "left_out"),
    [
        ("", {S.BACKGROUND, S.ROOT, S.FORAMEN, S.SAC, S.CORD}),
        ("labelled: [vertebra, disc]", {S.BACKGROUND, S.ROOT, S.FORAMEN, S.SAC, S.CORD, S.SACRUM}),
    ],
)
def test_the_card_decides_what_0_means(card, labelled, left_out):
    dataset = card("{1: vertebra, 2: disc, 3: sacrum}", labelled)
    codes = case_of(dataset).codes
    assert LABEL_SETS[codes[1, 0, 0]] == left_out
    assert LABEL_SETS[codes[1, 10, 20]] == {S.BODY, S.ARCH}
    assert LABEL_SETS[codes[1, 25, 20]] == {S.DISC}
    assert LABEL_SETS[codes[0, 35, 45]] == {S.SACRUM}


def test_an_unknown_number_may_be_anything(card):
    codes = case_of(card("{1: vertebra, 2: disc, 3: unknown}")).codes
    assert codes[0, 35, 45] == label_sets.ANY


def test_every_way_to_leave_out_what_data_sets_draw_has_its_own_code():
    told = [
        frozenset({S.BODY, S.ARCH}),
        frozenset({S.DISC}),
        frozenset({S.SAC, S.CORD}),
        frozenset({S.SACRUM}),
        frozenset({S.FORAMEN}),
        frozenset({S.ROOT}),
    ]
    for count in range(1, len(told) + 1):
        meaning = undrawn(told[:count])
        assert LABEL_SETS[code_of(meaning)] == meaning
    assert undrawn(told) == {S.BACKGROUND}
    assert len(LABEL_SETS) < 256


def test_a_set_without_a_code_gets_one_that_allows_it():
    odd = frozenset({S.BODY, S.DISC})
    assert odd <= LABEL_SETS[code_of(odd)]


def test_masks_of_spider_gain_what_anatomy_tells(card):
    dataset = card("spider-merged")
    codes = case_of(dataset).codes
    assert codes[2, 0, 0] == label_sets.UNLABELLED
    assert (codes[0, 25, 20], codes[0, 35, 45]) == (STRUCTURES.index(S.DISC), label_sets.CANAL)
    assert codes[1, 10, 49] == label_sets.ANY  # above the highest label


def test_storage_order_does_not_matter(card, tmp_path):
    expected = case_of(card("{1: vertebra, 2: disc, 3: sacrum}"))
    for name in ("a", "a_seg"):
        image = nib.load(tmp_path / f"{name}.nii.gz")
        array, affine = np.asarray(image.dataobj), image.affine
        affine = affine[:, [2, 0, 1, 3]].copy()
        affine[:3, 3] += affine[:3, 0] * (array.shape[2] - 1)
        affine[:, 0] *= -1
        save(tmp_path / f"{name}.nii.gz", np.transpose(array, (2, 0, 1))[::-1], affine)
    found = case_of(read_card(tmp_path / "dataset.yaml"))
    assert (found.codes == expected.codes).all()
    assert found.signal == pytest.approx(expected.signal)
    assert found.spacing_mm == pytest.approx((4.0, 1.0, 1.0))


def test_an_axial_case_is_refused(card):
    axial = np.array([[0, -1.0, 0, 0], [0, 0, -1.0, 0], [4.0, 0, 0, 0], [0, 0, 0, 1]])
    with pytest.raises(GeometryError, match="not sagittal"):
        case_of(card("{1: vertebra, 2: disc, 3: sacrum}", affine=axial))


def test_patients_are_split_by_the_card(card):
    dataset = card("spider-merged")
    assert [c.id for c in training_cases(dataset)] == ["a", "b"]
    assert [c.id for c in training_cases(dataset, kept_out=["2"])] == ["a"]
    assert [c.id for c in validation_cases(dataset)] == ["c"]


def test_a_case_is_read_once_and_stored(card, tmp_path):
    dataset = card("spider-merged")
    pick = choose_stored(dataset, dataset.cases[:1], tmp_path / "store")
    first = pick(np.random.default_rng(0))
    for path in tmp_path.glob("a*.nii.gz"):
        path.unlink()
    again = pick(np.random.default_rng(1))
    assert (again.codes == first.codes).all()
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["a.npz"]


def test_a_run_gathers_cards_and_phantoms_and_validates_on_what_was_drawn(card, tmp_path):
    card("{1: vertebra, 2: disc, 3: sacrum}")
    config = TrainConfig(
        channels=(4, 8), crop=(32, 32), pixel_mm=1.0, real=1, phantom=0, validation_phantoms=0
    )
    sources = Sources(folder=tmp_path / "run", cards=(tmp_path / "dataset.yaml",))
    lesson = sagittal_lesson(config, sources, Team())
    signals, codes = lesson.steps[0]
    assert signals.shape == (1, 3, 32, 32)
    assert set(np.unique(codes)) <= set(range(len(LABEL_SETS)))
    from cauda.nets.network import build_network

    figures = lesson.validate(build_network(config.channels).eval())
    assert set(figures) == {"dice_vertebra", "dice_disc", "dice_sacrum"}
    assert json.dumps(figures)


def test_without_data_phantoms_fill_every_batch(tmp_path):
    config = TrainConfig(
        crop=(32, 32), real=1, phantom=1, phantom_from=5, validation_phantoms=0, phantoms=1
    )
    sources = Sources(folder=tmp_path)
    assert gather(config, sources).real is None
    _, codes = sagittal_lesson(config, sources, Team()).steps[0]
    assert int(codes.max()) < len(STRUCTURES)


def test_spider_as_downloaded_trains_by_its_own_card(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    mask = np.zeros((4, 80, 120), dtype=np.uint8)
    for level in range(3):
        low = 10 + 35 * level
        mask[:, 10:40, low : low + 8] = 201 + level
        mask[:, 10:40, low + 10 : low + 34] = 1 + level
    mask[:, 45:60, 5:115] = 100
    for name in ("1_t1", "1_t2", "2_t2_SPACE", "3_t2", "4_t2"):
        for folder, array in (("images", mask.astype(np.int16) * 3), ("masks", mask)):
            (tmp_path / folder).mkdir(exist_ok=True)
            image = sitk.GetImageFromArray(np.transpose(array, (2, 1, 0)))
            image.SetSpacing((4.0, 1.0, 1.0))
            sitk.WriteImage(image, str(tmp_path / folder / f"{name}.mha"))
    found = spider_dataset(tmp_path)
    dataset = dataclasses.replace(found, split=split_by_patient(found.patients))
    write_card(dataset, tmp_path / "dataset.yaml")
    dataset = read_card(tmp_path / "dataset.yaml")
    training, held_out = training_cases(dataset), validation_cases(dataset)
    assert training
    assert held_out
    assert not {c.patient for c in training} & {c.patient for c in held_out}
    codes = training_case(read_case(dataset, training[0]), dataset).codes
    assert codes[2, 20, 12] == STRUCTURES.index(S.DISC)
    assert codes[2, 50, 100] == label_sets.CANAL
    assert codes[2, 20, 30] == STRUCTURES.index(S.BODY)  # in front of a wide canal
    examined = examined_case(dataset, held_out[0])
    assert set(examined.structures) == {"vertebra", "disc", "canal"}
    assert examined.case.masks["vertebra"].sum() == 3 * 4 * 30 * 24
