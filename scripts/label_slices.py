"""Label slices that have no masks by the shipped network, as extra training cases.

Only what the network is sure of over several scales and contrasts is kept; patients that judge
the network stay out. ``scripts/train.py --pseudo OUT`` then learns from them.

Example: python scripts/label_slices.py spider_midsagittal overview.csv --out runs/pseudo
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

from cauda.nets.bundles import find_bundle
from cauda.nets.onnx_segmenter import onnx_predictor
from cauda.training.config import TrainConfig
from cauda.training.pseudo import pseudo_case, spacings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", type=Path, help="folder of <patient>_<contrast>.png")
    parser.add_argument("overview", type=Path, help="SPIDER's overview.csv, for the pixel sizes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bundle", default="cauda_sagittal")
    arguments = parser.parse_args()
    bundle = find_bundle(arguments.bundle)
    teacher = onnx_predictor(bundle)
    sizes = spacings(arguments.overview)
    kept_out = TrainConfig().validation
    arguments.out.mkdir(parents=True, exist_ok=True)
    images = [
        path
        for path in sorted(arguments.images.glob("*.png"))
        if path.stem.split("_")[0] not in kept_out
    ]
    refused = []
    for path in track(images, description="slices"):
        target = arguments.out / f"{path.stem}.npz"
        if target.exists():
            continue
        case = pseudo_case(path, sizes[path.stem], teacher, bundle.layout.pixel_mm)
        if case is None:
            refused.append(path.stem)
            continue
        partial = target.with_suffix(".partial.npz")
        signal = case.signal.astype(np.float16)
        np.savez(partial, signal=signal, codes=case.codes, spacing=np.asarray(case.spacing_mm))
        partial.rename(target)
    print(f"{len(images) - len(refused)} slices labelled, {len(refused)} not: {refused}")


if __name__ == "__main__":
    main()
