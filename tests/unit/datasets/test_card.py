from dataclasses import replace

import pytest

from cauda.datasets import Case, DataSet, named_map, own_map, read_card, write_card
from cauda.datasets.split import split_by_patient
from cauda.errors import UsageError
from cauda.vocab import Contrast, Structure

LABELS = named_map("spider")


@pytest.fixture
def dataset(tmp_path, files):
    cases = []
    for id_, patient in (("1_t1", "1"), ("1_t2", "1"), ("2_t2", "2"), ("3_t2", "3")):
        image = files.mha(tmp_path / "images" / f"{id_}.mha", files.signal())
        mask = files.mha(tmp_path / "masks" / f"{id_}.mha", files.stripes([1, 201, 100]))
        contrast = Contrast.T1 if id_.endswith("t1") else Contrast.T2
        case = Case(id=id_, patient=patient, image=image, masks=(mask,), contrast=contrast)
        cases.append(case)
    return DataSet(
        name="mine",
        labels=(LABELS,),
        labelled=LABELS.told,
        cases=tuple(cases),
        license="CC BY 4.0",
        credit="somebody",
        split={"train": ("1", "2"), "validation": ("3",)},
    )


def test_a_card_survives_writing_and_reading(dataset, tmp_path):
    path = tmp_path / "dataset.yaml"
    write_card(dataset, path)
    assert read_card(path) == dataset
    assert "image: images/1_t1.mha" in path.read_text()


def test_a_card_moves_with_its_folder(dataset, tmp_path):
    write_card(dataset, tmp_path / "dataset.yaml")
    moved = tmp_path.rename(tmp_path.with_name("elsewhere"))
    assert read_card(moved / "dataset.yaml").cases[0].image == moved / "images" / "1_t1.mha"


def test_an_own_label_map_and_two_maps_survive(dataset, tmp_path):
    words = {1: "vertebra L5", 2: "left foramen", 3: "unknown", 4: "canal"}
    own = own_map(words)
    cases = tuple(replace(c, masks=c.masks * 2) for c in dataset.cases)
    several = replace(
        dataset, labels=(own, named_map("spineps")), labelled=own.told[:2], cases=cases
    )
    write_card(several, tmp_path / "two.yaml")
    assert read_card(tmp_path / "two.yaml") == several


def test_splits_are_by_patient(dataset):
    assert [c.id for c in dataset.cases_of("train")] == ["1_t1", "1_t2", "2_t2"]
    assert [c.id for c in dataset.cases_of("validation", "test")] == ["3_t2"]
    assert dataset.cases_of() == dataset.cases
    with pytest.raises(UsageError, match="its splits: train, validation"):
        dataset.cases_of("test")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"license": " "}, "its license is empty"),
        ({"credit": ""}, "its credit is empty"),
        ({"cases": ()}, "no cases"),
        ({"labels": ()}, "names 0 label maps"),
        ({"labelled": ()}, "does not say which structures were drawn"),
        ({"labelled": (frozenset({Structure.SACRUM}),)}, "sacrum was drawn, which .* cannot tell"),
        ({"split": {"train": ("1", "2"), "test": ("2", "3")}}, "'2' is in more than one place"),
        ({"split": {"train": ("1", "2")}}, "'3' is in no split"),
        ({"split": {"train": ("1", "2", "3", "4")}}, "'4' of the split has no case"),
        ({"split": {"dev": ("1", "2", "3")}}, "no split 'dev'; use train, validation, test"),
    ],
)
def test_a_data_set_that_contradicts_itself_is_refused(dataset, changes, message):
    with pytest.raises(UsageError, match=message):
        replace(dataset, **changes)


def test_cases_must_be_unique(dataset):
    with pytest.raises(UsageError, match="'1_t1' is listed more than once"):
        replace(dataset, cases=(*dataset.cases, dataset.cases[0]))


GOOD = """
name: mine
license: CC BY 4.0
credit: somebody
labels: spider
cases:
- {id: a, patient: "1", image: images/1_t1.mha, mask: masks/1_t1.mha, contrast: T1}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: mine", "", "lacks name"),
        ("license: CC BY 4.0", "licence: CC BY 4.0", "lacks license"),
        ("credit: somebody", "credit: somebody\nauthor: me", "does not know author"),
        ("labels: spider", "labels: guess", "no label map 'guess'"),
        ("labels: spider", "labels: {1: IVD}", "'IVD' is no structure"),
        ("labels: spider", "labels: {one: disc}", "numbers and words"),
        ("contrast: T1", "contrast: t1w", "no contrast"),
        ("mask: masks/1_t1.mha", "mask: masks/other.mha", "1 of 2 files are missing.*other.mha"),
        ('patient: "1"', 'patient: ""', "lacks patient"),
        ("name: mine", "name: [", "cannot be read as YAML"),
        ("name: mine", "name: mine\nsplit: [a]", "split must name lists"),
        ("name: mine", "name: mine\nlabelled: [bone]", "'bone' is no structure"),
    ],
)
def test_a_faulty_card_says_what_is_wrong(dataset, tmp_path, old, new, message):
    assert dataset.cases
    path = tmp_path / "card.yaml"
    path.write_text(GOOD)
    assert read_card(path).cases[0].contrast is Contrast.T1
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(UsageError, match=message):
        read_card(path)


def test_split_depends_on_the_patients_alone():
    patients = [str(n) for n in range(40)]
    split = split_by_patient(patients, validation=0.2, test=0.1, seed=3)
    assert {k: len(v) for k, v in split.items()} == {"train": 28, "validation": 8, "test": 4}
    assert set().union(*split.values()) == set(patients)
    assert split == split_by_patient(patients[::-1] * 2, validation=0.2, test=0.1, seed=3)
    assert split != split_by_patient(patients, validation=0.2, test=0.1, seed=4)
    assert "test" not in split_by_patient(patients, test=0)
    with pytest.raises(UsageError, match="2 patients cannot be split"):
        split_by_patient(["1", "2"])
