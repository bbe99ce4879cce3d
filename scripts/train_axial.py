"""Train the axial network: checkpoints and averaged weights out.

    python scripts/train_axial.py scripts/train_axial.json --run RUN --spider DIR

Killed and started again with the same arguments, it goes on from the last minute. ``--smoke``
runs the same code for a few minutes. ``scripts/export_axial.py`` turns the result into a bundle.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch

from cauda.training.axial import read_axial_config, smoke, train_axial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("config", type=Path, help="JSON with a 'training' table, plane axial")
    parser.add_argument("--run", type=Path, default=Path("runs/cauda_axial"))
    parser.add_argument("--phantoms", type=Path, help="folder of stored phantoms (default: RUN)")
    parser.add_argument("--spider", type=Path, help="folder of SPIDER's SPACE cases, cut across")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--smoke", action="store_true", help="a few minutes only")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    config = read_axial_config(arguments.config)
    config = smoke(config) if arguments.smoke else config
    phantoms = arguments.phantoms or arguments.run / "phantoms"
    average = train_axial(config, arguments.run, phantoms, arguments.spider)
    print(f"Averaged weights: {average}")


if __name__ == "__main__":
    main()
