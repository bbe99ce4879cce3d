"""Write the reference set of unremarkable discs from real graded slices.

    python scripts/reference_set.py DATA

DATA holds SPIDER's ``spider_midsagittal`` pictures and ``spider_tables``. What
``scripts/train_graders.py`` kept under ``runs/graders`` is used again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.nets.bundles import find_bundle
from cauda.nets.onnx_segmenter import onnx_segmenter
from cauda.training.graders.pairing import pair
from cauda.training.graders.prepare import TABLES, prepare
from cauda.training.graders.reference import as_toml, references
from cauda.training.graders.tables import read_grades

OUT = Path("src/cauda/knowledge/reference_set.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--cache", type=Path, default=Path("runs/graders"))
    given = parser.parse_args()
    bundle = find_bundle("cauda_sagittal")
    reads = prepare(given.data, onnx_segmenter(bundle), given.cache / bundle.sha256[:8], print)
    found = references(pair(reads, read_grades(given.data / TABLES)))
    given.out.write_text(as_toml(found), encoding="utf-8")
    print(f"{len(found)} rows in {given.out}")


if __name__ == "__main__":
    main()
