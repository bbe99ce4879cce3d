"""Zips cannot reach outside, blow up or break the program."""

from __future__ import annotations

import zipfile

import pytest

from cauda.errors import NothingFoundError, UnreadableError
from cauda.load import discover
from cauda.load.discover import files_of


def test_member_names_cannot_reach_outside(tmp_path):
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../evil", "/etc/evil", "..\\evil", "a/b/good"):
            archive.writestr(name, "x")
    with files_of([path]) as found:
        roots = {p.parents[1] for p in found.files}
        assert len(found.files) == 4
        assert all(p.is_file() and ".." not in p.parts for p in found.files)
        assert len(roots) == 1
        assert not roots.pop().is_relative_to(tmp_path)
    assert not (tmp_path.parent / "evil").exists()
    assert not any(p.exists() for p in found.files)


@pytest.mark.parametrize(
    ("limit", "value"), [("ZIP_FILES_MAX", 2), ("ZIP_BYTES_MAX", 50), ("CHUNK_BYTES", 1)]
)
def test_an_unreasonable_zip_is_refused(tmp_path, monkeypatch, limit, value):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(10**6))
    monkeypatch.setattr(discover, limit, value)
    with pytest.raises(UnreadableError, match="more than a study has"), files_of([path]):
        pass


def test_a_zip_with_a_lying_size_is_refused(tmp_path):
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(5000))
    size = (5000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (50).to_bytes(4, "little")))
    with pytest.raises(UnreadableError, match="damaged"), files_of([path]):
        pass


def test_a_damaged_zip_is_named(tmp_path):
    path = tmp_path / "s.zip"
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(UnreadableError, match="damaged, encrypted"), files_of([path]):
        pass


def test_an_absent_input_is_counted_not_quoted(tmp_path):
    (tmp_path / "here").write_text("x")
    with (
        pytest.raises(NothingFoundError) as caught,
        files_of([tmp_path / "here", tmp_path / "DOE"]),
    ):
        pass
    assert str(caught.value) == "Input 2 of 2 does not exist; check the path."


def test_hidden_and_system_files_are_skipped(tmp_path):
    for name in (".DS_Store", "DICOMDIR", "__MACOSX/._x", "a/b/c/image"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    with files_of([tmp_path]) as found:
        assert [p.name for p in found.files] == ["image"]
