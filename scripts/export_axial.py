"""Turn an axial run's weights into its bundle: weights, ONNX graph, configurations, hashes.

    cauda train scripts/train_axial.json --run RUN
    python scripts/export_axial.py models/cauda_axial --weights RUN/average.pt

Without ``--weights`` only the hashes are written anew, as after a change of the card.
Inference uses ``models/cauda_axial`` as soon as it is there: look at the figures of
``scripts/evaluate_axial.py --bundle`` on a bundle elsewhere first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.errors import CaudaError
from cauda.training.axial_export import export_axial
from cauda.training.export import write_hashes

CONFIG = Path(__file__).with_name("train_axial.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--weights", type=Path, help="of a run: average.pt, ...")
    parser.add_argument("--config", type=Path, default=CONFIG, help="the run's configuration")
    arguments = parser.parse_args()
    try:
        if arguments.weights is None:
            write_hashes(arguments.bundle)
        else:
            export_axial(arguments.weights, arguments.config, arguments.bundle)
    except CaudaError as error:
        parser.error(str(error))
    print((arguments.bundle / "SHA256SUMS").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
