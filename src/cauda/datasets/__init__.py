"""Data sets: cards, and readers that turn every layout and label map into one vocabulary."""

from cauda.datasets.card import Case, DataSet
from cauda.datasets.card_file import CARD_NAME, read_card, write_card
from cauda.datasets.labelmap import LabelMap, known_maps, named_map, own_map
from cauda.datasets.masks import LabelledVolume, Masks, read_case, read_masks

__all__ = [
    "CARD_NAME",
    "Case",
    "DataSet",
    "LabelMap",
    "LabelledVolume",
    "Masks",
    "known_maps",
    "named_map",
    "own_map",
    "read_card",
    "read_case",
    "read_masks",
    "write_card",
]
