"""Cards as YAML files: read strictly, written readably.

::

    name: SPIDER
    license: CC BY 4.0
    credit: van der Graaf et al., Sci Data 11, 264 (2024)
    labels: spider                  # a known map, a list of maps, or {1: vertebra, 2: disc}
    labelled: [vertebra, disc, canal]
    split: {train: ["1", "2"], validation: ["3"]}
    cases:
    - {id: 1_t2, patient: "1", image: images/1_t2.mha, mask: masks/1_t2.mha, contrast: T2}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cauda.datasets.card import Case, DataSet, require_files
from cauda.datasets.labelmap import LabelMap, named_map, own_map
from cauda.datasets.meaning import UNKNOWN, Structures, group_name, meaning_of
from cauda.errors import UsageError
from cauda.vocab import Contrast, Structure

CARD_NAME = "dataset.yaml"
REQUIRED = ("name", "license", "credit", "labels", "cases")
ALLOWED = (*REQUIRED, "labelled", "split")
CASE_KEYS = ("id", "patient", "image", "mask", "contrast")


def read_card(path: Path) -> DataSet:
    """Read a card; its paths are relative to its folder.

    Raises
    ------
    UsageError
        If the card is no valid YAML, lacks a field, holds an unknown one, contradicts itself, or
        names files that are not there.
    """
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        msg = f"{path.name} cannot be read as YAML; see docs/how-to/datasets.md for an example."
        raise UsageError(msg) from error
    _check_keys(path.name, fields, REQUIRED, ALLOWED)
    labels = _labels(fields["labels"])
    told = fields.get("labelled")
    dataset = DataSet(
        name=str(fields["name"]),
        labels=labels,
        labelled=labels[0].told if told is None else tuple(_group(w) for w in told),
        cases=tuple(_case(c, path.parent) for c in _listed(path.name, fields["cases"])),
        license=str(fields["license"]),
        credit=str(fields["credit"]),
        split=_split(path.name, fields.get("split")),
    )
    return require_files(dataset)


def write_card(dataset: DataSet, path: Path) -> None:
    """Write a card; files beside or below it are named relative to its folder."""
    labels = [_label_field(m) for m in dataset.labels]
    fields: dict[str, Any] = {
        "name": dataset.name,
        "license": dataset.license,
        "credit": dataset.credit,
        "labels": labels if len(labels) > 1 else labels[0],
        "labelled": [group_name(s) for s in dataset.labelled],
    }
    if dataset.split:
        fields["split"] = {name: list(members) for name, members in dataset.split.items()}
    fields["cases"] = [_case_fields(c, path.parent) for c in dataset.cases]
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")


def _check_keys(
    place: str, fields: object, required: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    if not isinstance(fields, dict):
        msg = f"{place}: expected the fields {', '.join(allowed)}."
        raise UsageError(msg)
    missing = [k for k in required if fields.get(k) in (None, "")]
    if missing:
        msg = f"{place}: lacks {', '.join(missing)}."
        raise UsageError(msg)
    unknown = sorted(str(k) for k in set(fields) - set(allowed))
    if unknown:
        msg = f"{place}: does not know {', '.join(unknown)}; allowed: {', '.join(allowed)}."
        raise UsageError(msg)


def _listed(place: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        msg = f"{place}: cases must be a list."
        raise UsageError(msg)
    return value


def _labels(value: object) -> tuple[LabelMap, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(_label_map(item) for item in several)


def _label_map(value: object) -> LabelMap:
    if isinstance(value, dict):
        if not all(isinstance(n, int) and isinstance(w, str) for n, w in value.items()):
            msg = "labels: an own label map lists numbers and words, such as {1: disc}."
            raise UsageError(msg)
        return own_map(value)
    return named_map(str(value))


def _label_field(labels: LabelMap) -> object:
    if labels.name != "own":
        return labels.name
    return {n: _words(labels, n) for n in sorted(labels.meanings)}


def _words(labels: LabelMap, number: int) -> str:
    meaning = labels.meanings[number]
    is_anything = meaning.structures == frozenset(Structure)
    kind = UNKNOWN if is_anything else group_name(meaning.structures)
    parts = (meaning.side, kind, meaning.vertebra or meaning.level)
    return " ".join(str(p) for p in parts if p)


def _group(word: object) -> Structures:
    return meaning_of(str(word)).structures


def _case(fields: object, folder: Path) -> Case:
    _check_keys("a case of the card", fields, CASE_KEYS[:4], CASE_KEYS)
    given: Mapping[str, Any] = fields if isinstance(fields, dict) else {}
    masks = given["mask"] if isinstance(given["mask"], list) else [given["mask"]]
    contrast = str(given.get("contrast", Contrast.UNKNOWN))
    if contrast not in set(Contrast):
        allowed = ", ".join(Contrast)
        msg = f"Case {given['id']!r}: {contrast!r} is no contrast; use one of {allowed}."
        raise UsageError(msg)
    return Case(
        id=str(given["id"]),
        patient=str(given["patient"]),
        image=folder / str(given["image"]),
        masks=tuple(folder / str(m) for m in masks),
        contrast=Contrast(contrast),
    )


def _case_fields(case: Case, folder: Path) -> dict[str, Any]:
    masks = [_relative(m, folder) for m in case.masks]
    fields: dict[str, Any] = {
        "id": case.id,
        "patient": case.patient,
        "image": _relative(case.image, folder),
        "mask": masks if len(masks) > 1 else masks[0],
    }
    if case.contrast is not Contrast.UNKNOWN:
        fields["contrast"] = case.contrast.value
    return fields


def _relative(path: Path, folder: Path) -> str:
    own, base = path.resolve(), folder.resolve()
    return own.relative_to(base).as_posix() if own.is_relative_to(base) else own.as_posix()


def _split(place: str, value: object) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, list) for v in value.values()):
        msg = f"{place}: split must name lists of patients, such as {{train: ['1'], test: ['2']}}."
        raise UsageError(msg)
    return {str(k): tuple(str(p) for p in v) for k, v in value.items()}
