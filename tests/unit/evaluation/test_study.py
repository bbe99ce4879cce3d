import json
import math

import nibabel as nib
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cauda.cli import evaluate as command_module
from cauda.datasets import Case, DataSet, named_map, write_card
from cauda.evaluation.document import as_document
from cauda.evaluation.page import page
from cauda.evaluation.patients import fallen_behind
from cauda.evaluation.predictors import from_files, from_pipeline
from cauda.evaluation.study import evaluate, interval, name_counts, structure_interval, worst_cases

LABELS = named_map("spider")


def write(path, numbers):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(np.asarray(numbers, dtype=np.int16), np.diag([4.0, 0.6, 0.6, 1.0]))
    nib.save(image, path)
    return path


def column(numbers, shift=0):
    volume = np.zeros((5, 30, 60), dtype=np.int16)
    for row, number in enumerate(numbers):
        volume[1:4, 8 + shift : 20 + shift, 6 * row + 4 : 6 * row + 10] = number
    return volume


@pytest.fixture
def data(tmp_path):
    """Three patients, one with two series; predictions are exact, shifted, and misnamed."""
    cases = []
    truths = {"1_t1": "1", "1_t2": "1", "2_t2": "2", "3_t2": "3"}
    for id_, patient in truths.items():
        rng = np.random.default_rng(int(patient))
        signal = rng.integers(0, 400, (5, 30, 60))
        image = write(tmp_path / "images" / f"{id_}.nii.gz", signal)
        mask = write(tmp_path / "masks" / f"{id_}.nii.gz", column([1, 201, 2, 202, 100]))
        cases.append(Case(id=id_, patient=patient, image=image, masks=(mask,)))
    exact, misnamed = [45, 100, 44, 95, 2], [44, 95, 43, 94, 2]
    write(tmp_path / "peer" / "1_t1.nii.gz", column(exact))
    write(tmp_path / "peer" / "1_t2.nii.gz", column(exact, shift=3))
    write(tmp_path / "peer" / "2_t2.nii.gz", column(misnamed))
    dataset = DataSet(
        name="three",
        labels=(LABELS,),
        labelled=LABELS.told,
        cases=tuple(cases),
        license="CC0",
        credit="nobody",
        split={"train": ("1",), "validation": ("2", "3")},
    )
    write_card(dataset, tmp_path / "dataset.yaml")
    return dataset, tmp_path


@pytest.fixture
def evaluation(data):
    dataset, folder = data
    return evaluate(dataset, from_files(folder / "peer", "totalspineseg"), source="a peer")


def test_each_patient_counts_once(evaluation):
    disc = structure_interval(evaluation, "disc", "dice")
    shifted = 2 * 9 / 24
    assert disc.patients == 2
    assert disc.mean == pytest.approx(np.mean([np.mean([1, shifted]), 1]))
    assert disc.low <= disc.mean <= disc.high
    nothing = interval(evaluation.cases, lambda _case: math.nan)
    assert nothing.patients == 0
    assert math.isnan(nothing.mean)


def test_a_case_without_prediction_is_left_out_with_its_reason(evaluation):
    assert [c.id for c in evaluation.cases] == ["1_t1", "1_t2", "2_t2"]
    assert evaluation.left_out[0][0] == "3_t2"
    assert "3_t2.nii.gz" in evaluation.left_out[0][1]


def test_wrong_names_are_counted_and_shown_first(evaluation):
    assert name_counts(evaluation, "level") == {
        "correct": 4, "wrong": 2, "missing": 0, "unnamed": 0,
    }  # fmt: skip
    case, why = worst_cases(evaluation)[0]
    assert (case.id, why) == ("2_t2", "L5-S1 called L4-L5")
    assert worst_cases(evaluation)[1][0].id == "1_t2"
    assert worst_cases(evaluation)[1][1].startswith("lowest Dice of")


def test_splits_choose_the_cases(data):
    dataset, folder = data
    predictor = from_files(folder / "peer", "totalspineseg")
    found = evaluate(dataset, predictor, source="a peer", splits=("validation",))
    assert [c.id for c in found.cases] == ["2_t2"]


def test_the_document_is_stable(evaluation):
    document = as_document(evaluation)
    assert list(document) == [
        "schema_version", "dataset", "source", "structures", "names", "patients", "cases",
        "left_out", "not_compared",
    ]  # fmt: skip
    assert document["schema_version"] == "1.1"
    assert document["structures"]["disc"]["dice"] == {
        "mean": 0.9375, "low": 0.875, "high": 1.0, "patients": 2,
    }  # fmt: skip
    assert set(document["structures"]["disc"]) == {
        "dice", "assd_mm", "hd95_mm", "volume_error_percent", "volume_error_absolute_percent",
    }  # fmt: skip
    assert document["names"]["levels"]["wrong"] == 2
    assert document["cases"][0]["structures"]["canal"]["dice"] == 1.0
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == as_document(evaluation)


def test_every_patient_has_the_mean_of_its_series(evaluation):
    patients = as_document(evaluation)["patients"]
    assert list(patients) == ["1", "2"]
    assert patients["1"]["disc"]["dice"] == pytest.approx((1 + 0.75) / 2)
    assert patients["1"]["level_names_correct"]["share"] == 1.0
    assert patients["2"]["level_names_correct"]["share"] == 0.0
    assert patients["2"]["disc"]["hd95_mm"] == 0.0
    assert "level names right" in page(evaluation)


def test_two_evaluations_are_compared_and_what_fell_is_named(evaluation):
    before = as_document(evaluation)
    after = json.loads(json.dumps(before))
    assert fallen_behind(before, after) == ()
    after["structures"]["disc"]["dice"]["mean"] -= 0.01
    after["names"]["levels"]["accuracy"]["mean"] -= 0.2
    del after["structures"]["canal"]
    told = fallen_behind(before, after)
    assert len(told) == 3
    assert any("disc fell from 0.938 to 0.9" in text for text in told)
    assert any("canal was" in text and "no longer scored" in text for text in told)
    assert len(fallen_behind(before, after, tolerance=0.05)) == 2


def test_undefined_values_are_null_in_the_document(data):
    dataset, folder = data
    write(folder / "peer" / "2_t2.nii.gz", column([45, 0, 44, 0, 2]))
    predictor = from_files(folder / "peer", "totalspineseg")
    found = evaluate(dataset, predictor, source="a peer", splits=("validation",))
    disc = as_document(found)["cases"][0]["structures"]["disc"]
    assert (disc["dice"], disc["assd_mm"], disc["volume_error_percent"]) == (0.0, None, -100.0)


def test_the_page_holds_tables_pictures_and_reasons(evaluation):
    html = page(evaluation)
    assert html.count("data:image/png;base64,") == len(worst_cases(evaluation))
    for text in ("L5-S1 called L4-L5", "3_t2", "nobody", "CC0", "a peer", "n=2"):
        assert text in html
    assert "http" not in html


def test_what_the_prediction_cannot_tell_is_said(data):
    dataset, folder = data
    write(folder / "spineps" / "1_t1_seg-vert_msk.nii.gz", column([24, 124, 23, 123]))
    found = evaluate(dataset, from_files(folder / "spineps", "spineps"), source="SPINEPS")
    assert found.not_compared == ("canal",)
    assert found.cases[0].scores["vertebra"].dice == 1
    write(folder / "spineps" / "1_t1_seg-spine_msk.nii.gz", column([49, 100, 41, 100, 61]))
    both = evaluate(dataset, from_files(folder / "spineps", "spineps"), source="SPINEPS")
    assert both.not_compared == ()
    assert {k: s.dice for k, s in both.cases[0].scores.items()} == {
        "vertebra": 1, "disc": 1, "canal": 1,
    }  # fmt: skip
    assert name_counts(both, "level")["correct"] == 2


@pytest.fixture
def command():
    app = typer.Typer()
    command_module.register(app)
    runner = CliRunner(env={"COLUMNS": "200"})
    return lambda *arguments: runner.invoke(app, [*map(str, arguments)])


def test_the_command_scores_a_peer_and_writes(data, command):
    _, folder = data
    peer = ("--predictions", folder / "peer", "--labels", "totalspineseg")
    result = command(folder / "dataset.yaml", *peer, "-o", folder / "out")
    assert result.exit_code == 3  # patient 3 has no prediction
    assert "left out 3_t2" in result.output
    document = json.loads((folder / "out" / "evaluation.json").read_text())
    assert document["dataset"]["splits"] == ["validation"]
    assert (folder / "out" / "evaluation.html").read_text().startswith("<!doctype html>")
    train = command(folder, *peer, "--split", "train")
    assert train.exit_code == 0
    assert "vertebra" in train.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--predictions", "peer"), "together"),
        (("--labels", "spider"), "together"),
        (("--predictions", "peer", "--labels", "nnunet"), "no label map 'nnunet'"),
        (("--predictions", "images/1_t1.nii.gz", "--labels", "spider"), "no folder"),
        (("--predictions", "peer", "--labels", "spider", "--split", "test"), "no case in test"),
    ],
)
def test_wrong_usage_is_refused(data, command, arguments, message, monkeypatch):
    _, folder = data
    monkeypatch.chdir(folder)
    result = command("dataset.yaml", *arguments)
    assert message in str(result.exception)
    assert not (folder / "out").exists()


def test_masks_are_not_asked_of_a_data_set_of_grades(tmp_path, command):
    for name in ("train.csv", "train_label_coordinates.csv", "train_series_descriptions.csv"):
        (tmp_path / name).write_text("study_id\n")
    result = command(tmp_path, "--split", "test")
    assert "do not apply" in str(result.exception)


def test_a_perfect_network_scores_nearly_one(tmp_path):
    from cauda.geometry import Space
    from cauda.load import load
    from cauda.output import write_nifti
    from cauda.phantom import draw_anatomy, instance_labels, truth_segmentation
    from cauda.pipeline import locate_structures

    anatomy = draw_anatomy(np.random.default_rng(1), lumbar_count=5, lesions=())
    middle = np.mean([s.origin_lps for s in anatomy.segments if s.name.startswith("L")], axis=0)
    shape = np.array([14, 110, 170])
    matrix = np.diag([5.0, 1.2, 1.2, 1.0])
    matrix[:3, 3] = middle + np.array([0, 15, -15]) - matrix[:3, :3] @ ((shape - 1) / 2)
    space = Space.from_matrix(tuple(shape), matrix)
    segmentation = truth_segmentation(anatomy, space, "sag_t2", subsamples=(1, 2, 2))
    write_nifti((900 * segmentation.signal).astype(np.int16), space, tmp_path / "1_t2.nii.gz")
    names = {1: 50, 2: 45, 3: 44, 4: 43, 5: 42, 6: 41, 101: 100, 102: 95, 103: 94, 104: 93, 105: 92}
    instances = instance_labels(anatomy, space)
    table = np.zeros(instances.max() + 1, dtype=np.int16)
    for label, number in names.items():
        table[label] = number
    for label in range(2, 7):
        table[label + 200] = names[label]
    table[50], table[51] = 2, 1
    write_nifti(table[instances], space, tmp_path / "1_t2_seg.nii.gz")
    labels = named_map("totalspineseg")
    case = Case(
        id="1", patient="1", image=tmp_path / "1_t2.nii.gz", masks=(tmp_path / "1_t2_seg.nii.gz",)
    )
    dataset = DataSet(
        name="p", labels=(labels,), labelled=labels.told, cases=(case,), license="-", credit="-"
    )

    def located(one):
        study = load(one.image)
        return locate_structures(
            study,
            lambda series: truth_segmentation(
                anatomy, series.volume.space, series.key, subsamples=(1, 2, 2)
            ),
        )

    found = evaluate(dataset, from_pipeline(located), source="truth")
    assert found.left_out == ()
    assert name_counts(found, "level") == {"correct": 5, "wrong": 0, "missing": 0, "unnamed": 0}
    assert name_counts(found, "vertebra")["wrong"] == 0
    scores = found.cases[0].scores
    assert scores["disc"].dice > 0.85
    assert scores["sacrum"].dice > 0.9
    assert scores["thecal sac"].dice > 0.9
