"""Train, test and ship the learned graders from real graded slices; one command, resumable.

    python scripts/train_graders.py DATA --out models/cauda_graders

DATA holds SPIDER's ``spider_midsagittal`` pictures and ``spider_tables`` (and ``spider_t2_space``,
whose patients are those the segmentation network learned from). Every picture is segmented once
and kept under ``runs/graders``; killed and started again, it goes on from there. A new network or
changed measurements are noticed and read anew. See ``docs/how-to/graders.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.nets.bundles import find_bundle
from cauda.nets.onnx_segmenter import onnx_segmenter
from cauda.training.graders.run import HELD_OUT, Plan, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to write")
    parser.add_argument("--cache", type=Path, default=Path("runs/graders"))
    parser.add_argument("--models", type=Path, help="folder of the segmentation bundle")
    parser.add_argument("--repeats", type=int, default=2, help="cross-validations to average")
    parser.add_argument(
        "--hold-out", nargs="*", default=list(HELD_OUT), help="patients the shipped fit never sees"
    )
    given = parser.parse_args()
    bundle = find_bundle("cauda_sagittal", given.models)
    plan = Plan(
        data=given.data,
        out=given.out,
        cache=given.cache / bundle.sha256[:8],
        repeats=given.repeats,
        held_out=tuple(given.hold_out),
        network=f"{bundle.name} {bundle.version} ({bundle.sha256[:8]})",
    )
    run(plan, onnx_segmenter(bundle), print)


if __name__ == "__main__":
    main()
