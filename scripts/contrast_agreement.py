"""Do T1 and T2 slices of one plane get the same masks? Dice of disc, body and sac by patient.

    python scripts/contrast_agreement.py --slices DATA/spider_midsagittal \
        --overview DATA/spider_tables/overview.csv [--spider DATA/spider_t2_space] [--patients 60]

The slices are bare pictures without masks, some stored upside down; their edges, never the masks,
bring them together. With ``--spider`` the patients whose T2 SPACE series trained the network are
left out. A patient moves between two series, so this is a lower bound of the agreement.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

from cauda.evaluation.contrasts import agreement, best_pair
from cauda.evaluation.overlap import bootstrap_interval
from cauda.geometry import Array
from cauda.nets import Bundle, find_bundle, onnx_segmenter
from cauda.training.spider import patients as spider_patients
from cauda.vocab import Structure

STRUCTURES = {
    "vertebral body": (Structure.BODY,),
    "disc": (Structure.DISC,),
    "canal": (Structure.SAC, Structure.CORD),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slices", type=Path, required=True, help="<patient>_<t1|t2>.png")
    parser.add_argument("--overview", type=Path, required=True, help="pixel spacings by series")
    parser.add_argument("--spider", type=Path, help="its training patients are left out")
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped)")
    parser.add_argument("--patients", type=int, help="only so many, by number")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    arguments = parser.parse_args()
    bundle = Bundle.open(arguments.bundle) if arguments.bundle else find_bundle("cauda_sagittal")
    names = both_contrasts(arguments.slices)
    names = [n for n in names if n not in trained_on(bundle, arguments.spider)]
    spacing = spacings(arguments.overview)
    segmenter = onnx_segmenter(bundle)
    rows: dict[str, dict[str, float]] = {}
    not_found = []
    for name in names[: arguments.patients]:
        files = [f"{name}_{kind}" for kind in ("t1", "t2")]
        planes = [read(arguments.slices / f"{file}.png") for file in files]
        sizes = [spacing[file][::-1] for file in files]
        pair = best_pair((planes[0], planes[1]), (sizes[0], sizes[1]), segmenter)
        if pair is None:
            not_found.append(name)
            continue
        rows[name] = agreement(*pair, STRUCTURES)
    print(f"{bundle.name} {bundle.version}, T1 against T2 of {len(rows)} patients, Dice")
    for structure in STRUCTURES:
        values = [row[structure] for row in rows.values()]
        low, high = bootstrap_interval(values)
        median = np.nanmedian(values)
        mean = np.nanmean(values)
        print(f"  {structure:15s} {mean:.3f} ({low:.3f}-{high:.3f}), median {median:.3f}")
    print(f"no spine was found in one of the slices of {len(not_found)} patients: {not_found}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def both_contrasts(folder: Path) -> list[str]:
    """Patients with a T1 and a T2 slice, by number."""
    kinds = [{p.name.split("_")[0] for p in folder.glob(f"*_{k}.png")} for k in ("t1", "t2")]
    return sorted(kinds[0] & kinds[1], key=int)


def trained_on(bundle: Bundle, spider: Path | None) -> set[str]:
    if spider is None:
        return set()
    config = json.loads((bundle.folder / "configs" / "train.json").read_text(encoding="utf-8"))
    return set(spider_patients(spider)) - set(config["training"]["validation"])


def spacings(overview: Path) -> dict[str, tuple[float, float]]:
    """Pixel size (row, column), mm, by series."""
    with overview.open(encoding="utf-8", newline="") as lines:
        found = {
            r["new_file_name"]: ast.literal_eval(r["PixelSpacing"]) for r in csv.DictReader(lines)
        }
    return {name: (float(v[0]), float(v[1])) for name, v in found.items()}


def read(path: Path) -> Array:
    """A picture whose rows run downward and whose columns run to the back, as (J, K)."""
    rows: Array = np.asarray(Image.open(path).convert("F"), dtype=np.float32)
    return rows.T[:, ::-1]


if __name__ == "__main__":
    main()
