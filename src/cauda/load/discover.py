"""Paths given by a person -> the files to read: folders, zips, DICOMDIR, single files."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from cauda.errors import NothingFoundError, UnreadableError
from cauda.load.quiet import quiet

ZIP_FILES_MAX = 20_000
"""More members than any MRI study has."""
ZIP_BYTES_MAX = 4 * 1024**3
"""Unpacked size above which a zip is refused; a large study has 1 GiB."""
ZIP_RATIO_MAX = 500
"""Unpacked to packed size; empty MRI compresses about 100-fold, a zip bomb 1000-fold."""
CHUNK_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The files of one input.

    Parameters
    ----------
    files : tuple of Path
        In no meaningful order.
    warnings : tuple of str
        Faults of the input as a whole.
    """

    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


@contextmanager
def files_of(paths: Sequence[Path]) -> Iterator[Found]:
    """Yield the files behind the paths; zips stay unpacked while the context lasts.

    Raises
    ------
    NothingFoundError
        If a path does not exist or nothing lies there.
    UnreadableError
        If a zip is damaged, encrypted or unreasonably large.
    """
    with tempfile.TemporaryDirectory(prefix="cauda-") as scratch:
        files: list[Path] = []
        warnings: list[str] = []
        for number, path in enumerate(paths, start=1):
            if not path.exists():
                msg = f"Input {number} of {len(paths)} does not exist; check the path."
                raise NothingFoundError(msg)
            found = _expand(path, Path(scratch) / str(number))
            files.extend(found.files)
            warnings.extend(found.warnings)
        if not files:
            msg = "No file lies at the given path; give a folder, zip, DICOMDIR or image file."
            raise NothingFoundError(msg)
        yield Found(files=tuple(dict.fromkeys(files)), warnings=tuple(warnings))


def _expand(path: Path, scratch: Path) -> Found:
    if path.is_dir():
        return _expand_folder(path, scratch)
    if _is_zip(path):
        return Found(files=_unpack(path, scratch))
    if path.name.upper() == "DICOMDIR":
        return _listed(path)
    return Found(files=(path,))


def _expand_folder(folder: Path, scratch: Path) -> Found:
    files: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith("__MACOSX")]
        for name in names:
            path = Path(place, name)
            if name.upper() == "DICOMDIR" or name.startswith(".") or not path.is_file():
                continue
            if _is_zip(path):
                files.extend(_unpack(path, scratch / str(len(files))))
            else:
                files.append(path)
    return Found(files=tuple(files))


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or (path.suffix == "" and zipfile.is_zipfile(path))


def _unpack(path: Path, scratch: Path) -> tuple[Path, ...]:
    """Unpack into numbered folders, so that no member name can reach outside ``scratch``."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if _is_wanted(m)]
            _refuse_bomb(members)
            return tuple(_unpack_members(archive, members, scratch))
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        msg = "A zip is damaged, encrypted or packed in an unknown way; unpack it yourself first."
        raise UnreadableError(msg) from error


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    name = _inner(member).name
    hidden = name.startswith(".") or "__MACOSX" in member.filename
    return not (member.is_dir() or hidden or name.upper() == "DICOMDIR")


def _inner(member: zipfile.ZipInfo) -> PurePosixPath:
    """Return the member's path; some zips are written with backslashes."""
    return PurePosixPath(member.filename.replace("\\", "/"))


def _refuse_bomb(members: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(m.file_size for m in members)
    packed = max(1, sum(m.compress_size for m in members))
    ratio_is_off = unpacked > 100 * CHUNK_BYTES and unpacked / packed > ZIP_RATIO_MAX
    if len(members) > ZIP_FILES_MAX or unpacked > ZIP_BYTES_MAX or ratio_is_off:
        msg = (
            f"A zip would unpack to {len(members)} files and {unpacked / 2**20:.0f} MiB, more "
            f"than a study has (at most {ZIP_FILES_MAX} files, {ZIP_BYTES_MAX / 2**20:.0f} MiB, "
            f"{ZIP_RATIO_MAX} times its size); unpack it yourself and give the folder."
        )
        raise UnreadableError(msg)


def _unpack_members(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], scratch: Path
) -> Iterator[Path]:
    folders: dict[str, Path] = {}
    for member in members:
        # Files of one folder stay together: a NIfTI finds its sidecar beside it.
        parent = str(_inner(member).parent)
        folder = folders.setdefault(parent, scratch / str(len(folders)))
        folder.mkdir(parents=True, exist_ok=True)
        # The zip reader stops at the declared size, so the sum checked above holds.
        target = folder / _inner(member).name
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, CHUNK_BYTES)
        yield target


def _listed(dicomdir: Path) -> Found:
    """Return the files a DICOMDIR lists, within its own folder."""
    try:
        with quiet():
            records = dcmread(dicomdir).get("DirectoryRecordSequence") or ()
            listed = [record.get("ReferencedFileID") for record in records]
    except (InvalidDicomError, OSError, EOFError, ValueError, KeyError) as error:
        msg = "The DICOMDIR cannot be read; give its folder instead."
        raise UnreadableError(msg) from error
    root = dicomdir.resolve().parent
    wanted = [path for parts in listed if (path := _component(root, parts)) is not None]
    present = tuple(path for path in wanted if path.is_file())
    if not present:
        msg = "None of the files that the DICOMDIR lists lie beside it; give their folder instead."
        raise NothingFoundError(msg)
    missing = len(wanted) - len(present)
    warnings = (
        (f"Files that the DICOMDIR lists and that are not there: {missing}.",) if missing else ()
    )
    return Found(files=present, warnings=warnings)


def _component(root: Path, parts: object) -> Path | None:
    if not parts or not isinstance(parts, Iterable):
        return None
    names = [parts] if isinstance(parts, str) else [str(p) for p in parts]
    path = root.joinpath(*names).resolve()
    return path if path.is_relative_to(root) else None
