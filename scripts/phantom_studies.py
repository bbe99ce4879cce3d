"""Phantom studies on disk, made once and kept: several scripts measure the same ones."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.phantom import Anatomy, draw_anatomy
from cauda.phantom.lesion_draw import Frequency
from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.vocab import Contrast

STUDIES = Path("runs/phantoms")
"""Phantoms are kept here: they do not depend on the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a phantom is built as: how many lumbar vertebrae, and how many lesions."""

    seed: int
    lumbar_count: int
    lesions: Frequency

    @property
    def name(self) -> str:
        """What its files are called."""
        often = "" if self.lesions == "random" else f"_{self.lesions}"
        return f"{self.seed}_{self.lumbar_count}{often}"

    @property
    def anatomy(self) -> Anatomy:
        """The spine itself."""
        rng = np.random.default_rng(self.seed)
        return draw_anatomy(rng, lumbar_count=self.lumbar_count, lesions=self.lesions)


def make_study(kind: Kind, *, has_axial: bool) -> Path:
    """Write one phantom as DICOM, or find what an earlier run wrote."""
    folder = STUDIES / f"{kind.name}{'_axial' if has_axial else ''}"
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        plan = StudyPlan(contrasts=(Contrast.T2, Contrast.T1), has_axial=has_axial)
        write_study(
            partial,
            seed=kind.seed,
            lumbar_count=kind.lumbar_count,
            lesions=kind.lesions,
            plan=plan,
        )
        partial.rename(folder)
    return folder
