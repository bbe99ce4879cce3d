r"""Write a data-set card for images and masks that lie in folders, whoever made the masks.

    python scripts/convert_pairs.py CARD.yaml --images "scans/*.nii.gz" \
        --masks totalspineseg "step2_output/*.nii.gz" --patient "sub-([0-9]+)" \
        --name mine --license "CC BY 4.0" --credit "who made it"

Paths are relative to the card's folder. Give --masks once for each label map: SPINEPS needs
``spineps-semantic`` first and ``spineps`` second. A mask belongs to the image whose name its own
begins with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.datasets import DataSet, known_maps, named_map, write_card
from cauda.datasets.layouts import pairs
from cauda.datasets.split import split_by_patient
from cauda.errors import CaudaError, NothingFoundError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("card", type=Path, help="the card to write")
    parser.add_argument("--images", required=True, help="pattern of the images")
    parser.add_argument(
        "--masks",
        nargs=2,
        action="append",
        required=True,
        metavar=("MAP", "PATTERN"),
        help=f"label map ({', '.join(known_maps())}) and pattern of its files",
    )
    parser.add_argument("--patient", default=r"^([^_.]+)", help="expression with one group")
    parser.add_argument("--name", required=True)
    parser.add_argument("--license", required=True)
    parser.add_argument("--credit", required=True)
    parser.add_argument("--validation", type=float, default=0.15, help="share of the patients")
    parser.add_argument("--test", type=float, default=0.0, help="share of the patients")
    arguments = parser.parse_args()
    try:
        convert(arguments)
    except CaudaError as error:
        parser.error(str(error))


def convert(arguments: argparse.Namespace) -> None:
    folder = arguments.card.parent
    labels = tuple(named_map(name) for name, _ in arguments.masks)
    masks = [sorted(folder.glob(pattern)) for _, pattern in arguments.masks]
    taken = {path for several in masks for path in several}
    images = [path for path in sorted(folder.glob(arguments.images)) if path not in taken]
    if not images:
        msg = f"{arguments.images!r} matches no image in {folder.name!r}."
        raise NothingFoundError(msg)
    cases = tuple(pairs(images, masks, arguments.patient))
    dataset = DataSet(
        name=arguments.name,
        labels=labels,
        labelled=labels[0].told,
        cases=cases,
        license=arguments.license,
        credit=arguments.credit,
        split=split_by_patient(
            (c.patient for c in cases), validation=arguments.validation, test=arguments.test
        ),
    )
    write_card(dataset, arguments.card)
    print(f"wrote {arguments.card}: {len(cases)} cases of {len(dataset.patients)} patients")


if __name__ == "__main__":
    main()
