"""Write the figures that an evaluation script's --json saved into a bundle's card.

Example: python scripts/card_figures.py models/cauda_sagittal figures.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from cauda.evaluation.overlap import bootstrap_interval

METADATA = "configs/metadata.json"


def summary(cases: dict[str, Any]) -> dict[str, Any]:
    """Mean Dice with its 95 % bootstrap interval by case, and mean distances, per structure."""
    structures = dict.fromkeys(name for scores in cases.values() for name in scores)
    row: dict[str, Any] = {"cases": len(cases)}
    for structure in structures:
        scores = [own[structure] for own in cases.values() if structure in own]
        known = [s for s in scores if s["dice"] is not None and not np.isnan(s["dice"])]
        low, high = bootstrap_interval([s["dice"] for s in known])
        row[structure] = {
            "dice": round(float(np.mean([s["dice"] for s in known])), 3),
            "dice_95": [round(low, 3), round(high, 3)],
            "assd_mm": round(float(np.nanmean([s["assd_mm"] for s in known])), 2),
            "hd95_mm": round(float(np.nanmean([s["hd95_mm"] for s in known])), 1),
        }
    return row


def table(title: str, row: dict[str, Any]) -> str:
    """The same as Markdown, for the log."""
    lines = [
        f"\n| {title}, {row['cases']} cases | Dice (95 % interval) | ASSD mm |",
        "|---|---|---|",
    ]
    for structure, own in row.items():
        if structure != "cases":
            low, high = own["dice_95"]
            lines.append(
                f"| {structure} | {own['dice']:.3f} ({low:.3f}-{high:.3f}) | {own['assd_mm']:.2f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("figures", type=Path)
    arguments = parser.parse_args()
    path = arguments.bundle / METADATA
    card = json.loads(path.read_text(encoding="utf-8"))
    found = json.loads(arguments.figures.read_text(encoding="utf-8"))
    card["metrics"] = {title: summary(cases) for title, cases in found.items()}
    path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    for title, row in card["metrics"].items():
        print(table(title, row))
    script = "export_axial" if card["cauda"].get("plane") == "axial" else "export_bundle"
    print(f"\nNow write the hashes anew: python scripts/{script}.py {arguments.bundle}")


if __name__ == "__main__":
    main()
