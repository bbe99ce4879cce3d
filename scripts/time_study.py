"""Time `cauda analyze` on a full clinical study, as a whole process, reports included.

The study is a phantom: sagittal T2 and T1 of 17 x 512 x 512, axial T2 of 30 x 512 x 512.

Example: python scripts/time_study.py --runs 3
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.vocab import Contrast

PLAN = StudyPlan(
    contrasts=(Contrast.T2, Contrast.T1),
    sagittal_matrix=512,
    sagittal_pixel_mm=0.55,
    axial_slices=6,
    axial_matrix=512,
    axial_pixel_mm=0.4,
)
COMMAND = Path(sys.executable).parent / "cauda"


def timed(study: Path, output: Path) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak memory (MiB) of one run."""
    start = time.perf_counter()
    process = subprocess.Popen([COMMAND, "analyze", study, "-o", output], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        msg = f"cauda analyze ended with status {status}."
        raise RuntimeError(msg)
    wall_s = time.perf_counter() - start
    return wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--study", type=Path, help="Folder to keep the study in, or to read it.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.study or Path(scratch) / "study"
        if not (folder / "dicom").is_dir():
            write_study(folder, seed=1, plan=PLAN)
        output = Path(scratch) / "out"
        print("wall s | processor s | peak MiB")
        for _ in range(args.runs):
            print("{:.1f} | {:.1f} | {:.0f}".format(*timed(folder / "dicom", output)))
        analysis = json.loads((output / "analysis.json").read_text())
        print("stages, s:", analysis["provenance"]["seconds"])


if __name__ == "__main__":
    main()
