"""Every patient's pictures, segmented and read once; a second run goes on where the first ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cauda.errors import NothingFoundError
from cauda.ports import Segmenter
from cauda.training.graders.outlines import outline
from cauda.training.graders.samples import Read, code_digest, load_read, read_patient, write_read
from cauda.training.graders.tables import read_acquisitions

PICTURES = "spider_midsagittal"
TABLES = "spider_tables"
T2_FIRST = ("t2", "t2_SPACE")
"""Which T2 picture is read: the 3-D one only where there is no other."""


def prepare(
    data: Path, segmenter: Segmenter, cache: Path, tell: Callable[[str], None] = lambda _line: None
) -> tuple[Read, ...]:
    """Read every patient.

    Parameters
    ----------
    data : Path
        Folder with SPIDER's pictures and tables.
    segmenter : Segmenter
    cache : Path
        Folder for this network's results.
    tell : callable
        Told one line at a time how far it is.
    """
    header = read_acquisitions(data / TABLES)
    kept = cache / f"read_{code_digest()}"
    kept.mkdir(parents=True, exist_ok=True)
    found = []
    for patient, paths in pictures(data / PICTURES).items():
        path = kept / f"{patient}.npz"
        if not path.is_file():
            outlines = [outline(p, header[p.stem].pixel_mm, segmenter, cache) for p in paths]
            turned = [o.name for o in outlines if o.turned]
            write_read(read_patient(patient, [o.segmentation for o in outlines]), path)
            tell(f"read patient {patient}{'; upside down: ' + ', '.join(turned) if turned else ''}")
        found.append(load_read(path))
    return tuple(found)


def pictures(folder: Path) -> Mapping[str, Sequence[Path]]:
    """T2 and T1 picture of every patient, or the one there is, by patient in numeric order."""
    by_patient: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in folder.glob("*_t*.png"):
        patient, kind = path.stem.split("_", 1)
        by_patient[patient][kind] = path
    if not by_patient:
        msg = f"No <patient>_t2.png in {folder}; pass the folder that holds SPIDER's pictures."
        raise NothingFoundError(msg)
    return {p: tuple(_chosen(by_patient[p])) for p in sorted(by_patient, key=int)}


def _chosen(kinds: Mapping[str, Path]) -> Iterator[Path]:
    t2 = next((kinds[k] for k in T2_FIRST if k in kinds), None)
    yield from (p for p in (t2, kinds.get("t1")) if p is not None)
