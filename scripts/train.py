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

from cauda.nets.grid import Layout
from cauda.training.config import read_config
from cauda.training.dataset import Steps, choose_from
from cauda.training.loop import train
from cauda.training.phantoms import choose_phantom
from cauda.training.spider import patients, read_case
from cauda.training.validate import mean_dice, validation_cases


def main() -> None:
    arguments = _parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = read_config(arguments.config)
    config = config.smoke() if arguments.smoke else config
    torch.set_num_threads(arguments.threads)

    training = [p for p in patients(arguments.spider) if p not in config.validation]
    real = choose_from([read_case(arguments.spider, p) for p in training])
    phantoms = arguments.phantoms or arguments.run / "phantoms"
    steps = Steps(config, real, choose_phantom(phantoms, config.phantoms, config.seed))

    layout = Layout(pixel_mm=config.pixel_mm, multiple=2 ** (len(config.channels) - 1))
    kept_out = config.validation[:1] if arguments.smoke else config.validation
    validate = mean_dice(validation_cases(arguments.spider, kept_out), layout)
    network = train(config, steps, arguments.run, validate)
    torch.save(network.state_dict(), arguments.run / "average.pt")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("config", type=Path, help="JSON with a 'training' table")
    parser.add_argument("--spider", type=Path, required=True, help="folder of the SPIDER cases")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and logs")
    parser.add_argument("--phantoms", type=Path, help="folder of stored phantoms (default: RUN)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="a few minutes only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
