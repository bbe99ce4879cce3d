import shutil

import numpy as np
import pytest

from cauda.datasets.rsna import is_rsna, mark_lps, rsna_studies
from cauda.errors import NothingFoundError, UsageError
from cauda.geometry import Space
from cauda.phantom.dicom import write_series
from cauda.records import Volume
from cauda.schema.challenge import CONDITIONS, LEVELS
from cauda.vocab import Condition, Contrast, Level, Plane, Side

COLUMNS = [f"{c}_{level}" for c in CONDITIONS for level in LEVELS]


@pytest.fixture
def folder(tmp_path):
    blank = dict.fromkeys(COLUMNS, "Normal/Mild")
    first = blank | {
        "spinal_canal_stenosis_l4_l5": "Severe",
        "left_subarticular_stenosis_l1_l2": "",
    }
    lines = [",".join(["study_id", *COLUMNS])]
    lines += [",".join(["4003253", *(first[c] for c in COLUMNS)])]
    lines += [",".join(["4646740", *(blank[c] for c in COLUMNS)])]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "train_label_coordinates.csv").write_text(
        "study_id,series_id,instance_number,condition,level,x,y\n"
        "4003253,702807833,3,Spinal Canal Stenosis,L4/L5,20.5,12.25\n"
        "4003253,702807833,2,Left Neural Foraminal Narrowing,L5/S1,5,7\n"
    )
    (tmp_path / "train_series_descriptions.csv").write_text(
        "study_id,series_id,series_description\n"
        "4003253,702807833,Sagittal T2/STIR\n"
        "4003253,1054713880,Sagittal T1\n"
        "4003253,2448190387,Axial T2\n"
    )
    return tmp_path


@pytest.fixture
def space(folder):
    """A sagittal stack written into the tree; instance n holds the slice n - 1."""
    matrix = np.array([[0, 0, 4.0, -6], [0.8, 0, 0, -30], [0, -0.8, 0, 40], [0, 0, 0, 1]])
    placed = Space.from_matrix((48, 32, 4), matrix, "1.2.3")
    voxels = np.random.default_rng(0).integers(10, 900, placed.shape)
    written = write_series(folder / "made", Volume(voxels=voxels, space=placed))
    series = folder / "train_images" / "4003253" / "702807833"
    series.mkdir(parents=True)
    for n, path in enumerate(written, start=1):
        shutil.copy(path, series / f"{n}.dcm")
    return placed


def test_tables_become_graded_levels(folder):
    assert is_rsna(folder)
    first, second = rsna_studies(folder)
    assert (first.id, second.id) == ("4003253", "4646740")
    assert len(first.levels) == 25
    assert first.series == {
        "702807833": (Plane.SAGITTAL, Contrast.UNKNOWN),
        "1054713880": (Plane.SAGITTAL, Contrast.T1),
        "2448190387": (Plane.AXIAL, Contrast.T2),
    }
    by_place = {(g.condition, g.side, g.level): g for g in first.levels}
    canal = by_place[Condition.CANAL_STENOSIS, None, Level.L4_L5]
    assert canal.grade == "severe"
    assert (canal.mark.instance_number, canal.mark.x_px) == (3, 20.5)
    assert by_place[Condition.SUBARTICULAR_STENOSIS, Side.LEFT, Level.L1_L2].grade is None
    assert by_place[Condition.FORAMINAL_STENOSIS, Side.LEFT, Level.L5_S1].mark.y_px == 7
    assert by_place[Condition.FORAMINAL_STENOSIS, Side.RIGHT, Level.L5_S1].mark is None
    assert all(g.mark is None for g in second.levels)


def test_marks_are_placed_in_the_patient(folder, space):
    study = rsna_studies(folder)[0]
    marks = [g.mark for g in study.levels if g.mark is not None]
    for mark in marks:
        wanted = space.to_lps(np.array([mark.x_px, mark.y_px, mark.instance_number - 1]))
        assert mark_lps(study, mark) == pytest.approx(wanted, abs=1e-3)
    shutil.rmtree(study.folder)
    assert mark_lps(study, marks[0]) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("train.csv", "Severe", "Grave", "is 'Grave'; use one of Normal/Mild, Moderate, Severe"),
        ("train.csv", "spinal_canal_stenosis_l1_l2", "canal", "lacks the column spinal_canal"),
        ("train_label_coordinates.csv", "L4/L5", "L4/S1", "'L4/S1' is not in the challenge"),
        ("train_series_descriptions.csv", "Axial T2", "Axial", "'Axial' is not a description"),
    ],
)
def test_words_outside_the_challenge_are_refused(folder, name, old, new, message):
    path = folder / name
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UsageError, match=message):
        rsna_studies(folder)


def test_a_missing_table_is_named(folder):
    (folder / "train_series_descriptions.csv").unlink()
    assert not is_rsna(folder)
    with pytest.raises(NothingFoundError, match=r"train_series_descriptions\.csv is missing"):
        rsna_studies(folder)
