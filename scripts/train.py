"""Train the sagittal network: data in, checkpoints and averaged weights out.

    python scripts/train.py models/cauda_sagittal/configs/train.json --spider DATA --run RUN

Killed and started again with the same arguments, it goes on from the last minute. ``--smoke``
runs the same code for a few minutes. ``scripts/export_bundle.py`` turns the result into a bundle.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch

from cauda.training import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("config", type=Path, help="JSON with a 'training' table")
    parser.add_argument("--spider", type=Path, help="folder of the SPIDER cases")
    parser.add_argument("--run", type=Path, help="folder for checkpoints and progress")
    parser.add_argument("--phantoms", type=Path, help="folder of stored phantoms (default: RUN)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--smoke", action="store_true", help="a few minutes only")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    weights = run(
        arguments.config,
        smoke=arguments.smoke,
        spider=arguments.spider,
        folder=arguments.run,
        phantoms=arguments.phantoms,
    )
    print(f"Averaged weights: {weights}")


if __name__ == "__main__":
    main()
