"""A whole study on disk: same bytes, one frame of reference, true sides, readable truth."""

import json

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEGLSLossless

from cauda.geometry import Space
from cauda.phantom import Lesion, LesionKind, StudyPlan, write_study
from cauda.schema import AnalysisDocument
from cauda.vocab import STRUCTURES, Contrast, Level, Side, Structure, Zone

PLAN = StudyPlan(
    contrasts=(Contrast.T2, Contrast.STIR),
    sagittal_slices=3,
    sagittal_matrix=64,
    sagittal_pixel_mm=4.0,
    axial_slices=2,
    axial_matrix=64,
    axial_pixel_mm=2.5,
    transfer_syntax=str(JPEGLSLossless),
)
LESIONS = (
    Lesion(
        kind=LesionKind.EXTRUSION,
        level=Level.L5_S1,
        side=Side.LEFT,
        zone=Zone.SUBARTICULAR,
        size_mm=9.0,
    ),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The same study written twice."""
    made = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for folder in made:
        write_study(folder, seed=7, lesions=LESIONS, plan=PLAN)
    return made


@pytest.fixture(scope="module")
def datasets(folders):
    return [pydicom.dcmread(p) for p in sorted((folders[0] / "dicom").iterdir())]


def test_the_same_seed_gives_the_same_bytes(folders):
    first, second = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders
    )
    assert first.keys() == second.keys()
    assert all(first[name] == second[name] for name in first)


def test_all_series_share_one_frame_of_reference(datasets):
    assert len({d.FrameOfReferenceUID for d in datasets}) == 1
    assert len({d.StudyInstanceUID for d in datasets}) == 1
    counts = {n: sum(d.SeriesNumber == n for d in datasets) for n in (1, 2, 3)}
    assert counts == {1: 3, 2: 3, 3: 10}
    assert {d.InversionTime for d in datasets if d.SeriesNumber == 2} == {165.0}


def test_the_axial_series_holds_one_stack_a_disc_angle(datasets):
    axial = [d for d in datasets if d.SeriesNumber == 3]
    orientations = {tuple(np.round(d.ImageOrientationPatient, 4)) for d in axial}
    assert len(orientations) == 5


def test_labels_lie_on_the_sagittal_slices(folders, datasets):
    image = nib.load(folders[0] / "labels" / "sag_structures.nii.gz")
    labels = np.asarray(image.dataobj)
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    positions = {
        tuple(np.round(d.ImagePositionPatient, 2)) for d in datasets if d.SeriesNumber == 1
    }
    corners = {tuple(np.round(matrix @ [0, 0, k, 1], 2)[:3]) for k in range(labels.shape[2])}
    assert corners == positions
    space = Space.from_matrix(labels.shape, matrix)
    middle = space.to_lps(np.argwhere(labels == STRUCTURES.index(Structure.SAC))).mean(axis=0)
    assert abs(middle[0]) < 4.0


def test_the_extrusion_is_dark_in_the_left_half_of_the_axial_images(datasets):
    """Columns run to the patient's left: a left lesion darkens the sac in later columns."""
    stacks = [d for d in datasets if d.SeriesNumber == 3][-2:]
    for d in stacks:
        assert d.ImageOrientationPatient[0] > 0.95
    spread = [d.pixel_array.astype(float) for d in stacks]
    rows = slice(28, 36)
    left = np.mean([p[rows, 33:37].mean() for p in spread])
    right = np.mean([p[rows, 27:31].mean() for p in spread])
    assert left < right


def test_the_truth_reads_as_an_analysis_document(folders):
    text = (folders[0] / "truth.json").read_text(encoding="utf-8")
    document = AnalysisDocument.model_validate_json(text)
    lowest = next(lv for lv in document.levels if lv.name == Level.L5_S1)
    contour = next(f for f in lowest.findings if f.condition == "disc_contour")
    assert (contour.grade, contour.detail) == ("extrusion", "left subarticular")
    settings = json.loads(text)["provenance"]["settings"]
    assert settings["seed"] == 7
    assert settings["lesions"][0]["kind"] == "extrusion"
