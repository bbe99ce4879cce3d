"""Unusable input: one clear sentence, exit code 2, nothing written, no identifier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from cauda.geometry import Space
from cauda.phantom.dicom import Visit, write_series
from cauda.records import Volume

SHAPE = (48, 48, 7)


def stack(seed: int = 0) -> Volume:
    """A small sagittal stack of noise."""
    matrix = np.array(
        [[0, 0, -4.0, 12], [1.0, 0, 0, -20], [0, -1.0, 0, 20], [0, 0, 0, 1]], dtype=float
    )
    voxels = np.random.default_rng(seed).integers(1, 900, SHAPE).astype(np.int16)
    return Volume(voxels=voxels, space=Space.from_matrix(SHAPE, matrix, "1.2.3"))


def empty(_folder: Path) -> None:
    """Nothing at all."""


def junk(folder: Path) -> None:
    """A file that is no image."""
    (folder / "notes.txt").write_text("no image here")


def two_patients(folder: Path) -> None:
    """Two people in one folder."""
    for seed in (1, 2):
        write_series(folder / str(seed), stack(seed), visit=Visit(seed=seed))


def missing_slices(folder: Path) -> None:
    """A stack with two slices lost from its middle."""
    for path in write_series(folder, stack())[2:4]:
        path.unlink()


def computed_tomography(folder: Path) -> None:
    """A CT."""
    for path in write_series(folder, stack()):
        dataset = pydicom.dcmread(path)
        dataset.Modality = "CT"
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
        dataset.save_as(path)


def truncated(folder: Path) -> None:
    """Pixel data cut short in every file."""
    for path in write_series(folder, stack()):
        path.write_bytes(path.read_bytes()[:-3000])


CASES: list[tuple[Callable[[Path], None], str]] = [
    (empty, "no file"),
    (junk, "image"),
    (two_patients, "2"),
    (missing_slices, "slice"),
    (computed_tomography, "CT"),
    (truncated, "pixel"),
]


@pytest.mark.parametrize(("make", "word"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_unusable_input_is_refused_in_one_sentence(
    make: Callable[[Path], None],
    word: str,
    cauda: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    make(folder)
    assert cauda("analyze", folder, "-o", output) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("cauda: ")
    assert word.lower() in said.lower()
    assert "\n" not in said
    assert "Traceback" not in said
    assert not output.exists()


def test_a_path_that_does_not_exist_is_refused(
    cauda: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda("analyze", tmp_path / "nowhere", "-o", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "does not exist" in said
    assert "nowhere" not in said  # a path may hold a name


@pytest.mark.parametrize(
    "arguments",
    [
        ("--formats", "html,docx"),
        ("--models", "no-such-folder"),
        ("--contrast", "flair"),
    ],
)
def test_wrong_usage_ends_with_code_two(
    arguments: tuple[str, str], cauda: Callable[..., int], tmp_path: Path
) -> None:
    write_series(tmp_path / "in", stack())
    assert cauda("analyze", tmp_path / "in", "-o", tmp_path / "out", *arguments) == 2
    assert not (tmp_path / "out").exists()


def test_messages_never_hold_a_name(
    cauda: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_patients(tmp_path)
    for number, path in enumerate(sorted(tmp_path.rglob("*.dcm"))):
        dataset = pydicom.dcmread(path)
        dataset.PatientName = "Quasimodo^Victor"
        dataset.PatientID = f"MRN77{number % 2}"
        dataset.save_as(path)
    assert cauda("analyze", tmp_path, "-o", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert "Quasimodo" not in said.err + said.out
    assert "MRN77" not in said.err + said.out
