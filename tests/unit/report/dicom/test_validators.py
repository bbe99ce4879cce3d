"""Every object passes the validators that are installed, without an error."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from cauda.report.dicom import dicom_objects
from cauda.report.figures import Picture

JAVA = " ".join(f"-Djdk.xml.xpath{kind}Limit=0" for kind in ("TotalOp", "ExprOp", "ExprGrp"))


def run(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    told = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JAVA_TOOL_OPTIONS": JAVA},
    )
    return told.returncode, told.stdout + told.stderr


def saved(dataset, folder, name):
    path = folder / name
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(scope="session")
def picture():
    import numpy as np

    def one(name, *, is_marked):
        return Picture(
            name=name,
            group="middle",
            level=None,
            is_marked=is_marked,
            caption="sag_t2, slice 6 of 11.",
            alt="A slice",
            pixels=np.full((300, 240, 3), 90, np.uint8),
        )

    return one


@pytest.mark.parametrize("kind", ["classic", "enhanced", "axial"])
def test_dciodvfy_finds_no_error(make_case, kind, tmp_path):
    for n, dataset in enumerate(make_case(kind).objects):
        _, told = run("dciodvfy", "-new", saved(dataset, tmp_path, f"{n}.dcm"))
        assert "Error" not in told, told


def test_captures_and_pdf_pass_dciodvfy(make_case, tmp_path, picture):
    from cauda.report.dicom.captures import captures
    from cauda.report.dicom.encapsulated import encapsulated_report

    pytest.importorskip("weasyprint")
    context = make_case("classic").context
    shown = (picture("l5-s1", is_marked=False), picture("l5-s1-marked", is_marked=True))
    made = (*captures(context, shown), *encapsulated_report(context, ()))
    assert [d.Modality for d in made] == ["OT", "DOC"]
    for dataset in made:
        assert dataset.SeriesDescription.startswith("Research - not for diagnosis")
        _, told = run("dciodvfy", "-new", saved(dataset, tmp_path, "one.dcm"))
        assert "Error" not in told, told
    assert made[1].EncapsulatedDocument.startswith(b"%PDF")
    pixels = made[0].pixel_array
    strip = pixels[:30].reshape(-1, 3)
    assert (strip == (255, 205, 70)).all(axis=1).any()
    assert pixels.shape[1] == 240 * 2 + 4


def test_slices_of_one_number_in_two_series_are_not_mixed_up(make_case, picture):
    from cauda.report.dicom.captures import captures

    marks = (False, True, False, True)
    shown = [picture("l5-8-marked" if m else "l5-8", is_marked=m) for m in marks]
    series = ("sag_t1", "sag_t1", "sag_t2", "sag_t2")
    shown = [replace(p, caption=key) for p, key in zip(shown, series, strict=True)]
    for p, value in zip(shown, (10, 10, 200, 200), strict=True):
        p.pixels[:] = value
    made = captures(make_case("classic").context, shown)
    assert len({d.SOPInstanceUID for d in made}) == 2
    for dataset, value in zip(made, (10, 200), strict=True):
        middle = dataset.pixel_array[150]
        assert (middle[50] == value).all()
        assert (middle[-50] == value).all()


def test_a_study_s_objects_agree_with_each_other(make_case, tmp_path):
    case = make_case("axial")
    for n, dataset in enumerate(case.segs):
        path = saved(dataset, tmp_path, f"{n}.dcm")
        _, told = run("dcentvfy", path, next(iter(case.folder.rglob("*.dcm"))))
        assert "Error" not in told, told


def test_dsrdump_reads_the_report(make_case, tmp_path):
    code, told = run("dsrdump", saved(make_case("classic").sr, tmp_path, "sr.dcm"))
    assert code == 0
    assert "UNVERIFIED" in told
    assert not [line for line in told.splitlines() if line.startswith("E:")]


@pytest.mark.slow
def test_the_template_validator_finds_no_error(make_case, tmp_path):
    path = saved(make_case("classic").sr, tmp_path, "sr.dcm")
    _, told = run("DicomSRValidator", path)
    assert "Found Root Template TID_1500" in told or "1500" in told, told
    assert "Error" not in told, told


def test_a_label_map_is_made_without_a_complaint_of_its_maker(make_case):
    assert dicom_objects(make_case("classic").again(segmentation="labelmap"), ("seg",))
