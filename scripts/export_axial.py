"""Turn an axial run's weights into its bundle: weights, ONNX graph, schema, hashes.

    python scripts/export_axial.py models/cauda_axial --weights RUN/average.pt

The bundle's folder holds its card, its inference configuration and the run's train.json already.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.errors import CaudaError
from cauda.training.axial_export import export_axial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="average.pt or checkpoint.pt")
    arguments = parser.parse_args()
    try:
        export_axial(arguments.weights, arguments.bundle)
    except CaudaError as error:
        parser.error(str(error))
    print((arguments.bundle / "SHA256SUMS").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
