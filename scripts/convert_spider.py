"""Turn a downloaded SPIDER folder into a data-set card, split by patient.

    python scripts/convert_spider.py SPIDER [--validation 0.15] [--test 0.15] [--seed 0]

SPIDER (Zenodo 10159290, CC BY 4.0) unpacks to images/<id>_<t1|t2|t2_SPACE>.mha and masks/ with the
same names. Nothing is copied or changed: the card SPIDER/dataset.yaml names the files.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from cauda.datasets import CARD_NAME, read_case, write_card
from cauda.datasets.layouts import spider_dataset
from cauda.datasets.split import split_by_patient
from cauda.errors import CaudaError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="holds images/ and masks/")
    parser.add_argument("--validation", type=float, default=0.15, help="share of the patients")
    parser.add_argument("--test", type=float, default=0.15, help="share of the patients")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check", action="store_true", help="also read every file")
    arguments = parser.parse_args()
    try:
        convert(arguments)
    except CaudaError as error:
        parser.error(str(error))


def convert(arguments: argparse.Namespace) -> None:
    found = spider_dataset(arguments.folder)
    split = split_by_patient(
        found.patients,
        validation=arguments.validation,
        test=arguments.test,
        seed=arguments.seed,
    )
    dataset = dataclasses.replace(found, split=split)
    for case in dataset.cases if arguments.check else ():
        read_case(dataset, case)
    write_card(dataset, arguments.folder / CARD_NAME)
    counts = ", ".join(f"{len(members)} {name}" for name, members in split.items())
    print(f"{len(dataset.cases)} series of {len(dataset.patients)} patients: {counts}")
    print(f"wrote {arguments.folder / CARD_NAME}")


if __name__ == "__main__":
    main()
