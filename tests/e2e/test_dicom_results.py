"""The command line's DICOM and FHIR results of a shipped sample, as an archive would take them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import dcmread

from cauda.load.deidentify import remapped_uid

SAMPLE = Path(__file__).parents[2] / "data_samples/l5s1_extrusion_left/dicom"
FORMATS = "json,seg,sr,sc,pdf,fhir"
Run = Callable[..., int]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of one whole run, de-identified as is the default."""
    from cauda import wiring
    from cauda.output import write_analysis
    from cauda.settings import Settings

    settings = Settings(formats=tuple(FORMATS.split(",")))
    folder = tmp_path_factory.mktemp("results")
    write_analysis(wiring.analyze(SAMPLE, settings=settings), folder, settings)
    return folder


def objects(folder: Path) -> list:
    return [dcmread(path) for path in sorted((folder / "dicom").glob("*.dcm"))]


def test_every_kind_is_there_and_says_what_it_is(written: Path) -> None:
    made = objects(written)
    assert {o.Modality for o in made} >= {"SEG", "SR", "OT"}
    assert all(o.SeriesDescription.startswith("Research - not for diagnosis") for o in made)
    assert len({o.SOPInstanceUID for o in made}) == len(made)


def test_nothing_names_the_patient_and_uids_are_remapped_alike(written: Path) -> None:
    source = dcmread(next(SAMPLE.rglob("*.dcm")))
    for dataset in objects(written):
        text = str(dataset)
        assert str(source.PatientName) not in text
        assert str(source.PatientID) not in text
        assert source.StudyInstanceUID not in text
        assert remapped_uid(source.StudyInstanceUID) == dataset.StudyInstanceUID
    fhir = json.loads((written / "fhir.json").read_text())
    assert source.StudyInstanceUID not in json.dumps(fhir)
    assert remapped_uid(source.StudyInstanceUID) in json.dumps(fhir)


def test_the_report_holds_every_preferred_number(written: Path) -> None:
    document = json.loads((written / "analysis.json").read_text())
    rows = [m for level in document["levels"] for m in level["measurements"]]
    wanted = Counter(m["value"] for m in rows if m["preferred"])
    report = next(o for o in objects(written) if o.Modality == "SR")
    found = Counter(
        round(item.MeasuredValueSequence[0].FloatingPointValue, 2)  # as analysis.json rounds
        for container in report.ContentSequence
        for group in container.get("ContentSequence", ())
        for item in group.get("ContentSequence", ())
        if item.ValueType == "NUM" and "FloatingPointValue" in item.MeasuredValueSequence[0]
    )
    assert wanted.total() > 100
    assert not wanted - found


def test_segmentations_of_the_study_stay_small(written: Path) -> None:
    sizes = [p.stat().st_size for p in (written / "dicom").glob("*_seg.dcm")]
    assert sizes
    assert sum(sizes) <= 20 * 2**20


def test_no_validator_finds_an_error(written: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed")
    for path in sorted((written / "dicom").glob("*.dcm")):
        told = subprocess.run(
            ["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False
        )
        assert "Error" not in told.stderr, (path.name, told.stderr)
