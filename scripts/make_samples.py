"""Make the two synthetic studies of ``data_samples/``: one healthy, one with two known lesions.

The same version of Cauda always writes the same bytes. Run from the repository's root::

    python scripts/make_samples.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pydicom.uid import JPEGLSLossless

from cauda.phantom import Lesion, LesionKind, StudyPlan, write_study
from cauda.vocab import Contrast, Level, Side, Zone

PLAN = StudyPlan(
    contrasts=(Contrast.T2, Contrast.T1),
    sagittal_slices=15,
    sagittal_matrix=320,
    sagittal_pixel_mm=0.85,
    axial_slices=4,
    axial_matrix=256,
    axial_pixel_mm=0.7,
    noise=0.01,
    transfer_syntax=str(JPEGLSLossless),
)
"""Small enough to keep in the repository: about 4 MB a study."""
EXTRUSION = Lesion(
    kind=LesionKind.EXTRUSION,
    level=Level.L5_S1,
    side=Side.LEFT,
    zone=Zone.SUBARTICULAR,
    size_mm=8.0,
    migration_mm=-5.0,
)
FORAMEN = (
    Lesion(
        kind=LesionKind.FACET_OVERGROWTH,
        level=Level.L4_L5,
        side=Side.RIGHT,
        zone=Zone.FORAMINAL,
        size_mm=5.0,
    ),
    Lesion(
        kind=LesionKind.PROTRUSION,
        level=Level.L4_L5,
        side=Side.RIGHT,
        zone=Zone.FORAMINAL,
        size_mm=3.0,
    ),
)
STUDIES: dict[str, tuple[int, tuple[Lesion, ...]]] = {
    "healthy": (11, ()),
    "l5s1_extrusion_left": (12, (EXTRUSION, *FORAMEN)),
}
"""Folder name, seed and lesions."""


def main(folder: Path) -> None:
    for name, (seed, lesions) in STUDIES.items():
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        write_study(target, seed=seed, lesions=lesions, plan=PLAN)
        size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
        print(f"{target}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data_samples"))
