"""Turn averaged weights into the files of a bundle, and record their hashes.

    python scripts/export_bundle.py models/cauda_sagittal --weights runs/cauda_sagittal/average.pt

Without ``--weights`` only the hashes are written anew, as after a change of the card.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.training.config import read_config
from cauda.training.export import export_weights, write_hashes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--weights", type=Path, help="state dictionary of a finished run")
    arguments = parser.parse_args()
    if arguments.weights is not None:
        config = read_config(arguments.bundle / "configs" / "train.json")
        export_weights(arguments.weights, config.channels, arguments.bundle)
    write_hashes(arguments.bundle)
    print((arguments.bundle / "SHA256SUMS").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
