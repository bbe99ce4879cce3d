"""The card of a data set: its files, its labels, its split by patient, its licence and credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cauda.datasets.labelmap import LabelMap
from cauda.datasets.meaning import Structures, group_name
from cauda.errors import UsageError
from cauda.vocab import Contrast

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One image and its masks.

    Parameters
    ----------
    id : str
        Unique in the data set.
    patient : str
        Whom it shows; a pseudonym.
    image : Path
    masks : tuple of Path
        One for each label map of the card, in its order.
    contrast : Contrast
    """

    id: str
    patient: str
    image: Path
    masks: tuple[Path, ...]
    contrast: Contrast = Contrast.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A data set that can be trained and evaluated on; valid once it is built.

    Parameters
    ----------
    name : str
    labels : tuple of LabelMap
        The first says which structure a voxel is; further ones only name instances.
    labelled : tuple of frozenset of Structure
        What was drawn. In the masks "0" means none of these, and nothing more.
    cases : tuple of Case
    license, credit : str
    split : mapping of split name -> tuple of patients
        Empty, or it names every patient exactly once.

    Raises
    ------
    UsageError
        If something is missing or contradicts itself.
    """

    name: str
    labels: tuple[LabelMap, ...]
    labelled: tuple[Structures, ...]
    cases: tuple[Case, ...]
    license: str
    credit: str
    split: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for check in (_text_faults, _case_faults, _label_faults, _split_faults):
            faults = check(self)
            if faults:
                msg = f"Data set {self.name!r}: {faults[0]}"
                raise UsageError(msg)
        object.__setattr__(self, "split", MappingProxyType(dict(self.split)))

    @property
    def patients(self) -> tuple[str, ...]:
        """Every patient once, in the order of the cases."""
        return tuple(dict.fromkeys(c.patient for c in self.cases))

    def cases_of(self, *splits: str) -> tuple[Case, ...]:
        """Cases of the named splits; all cases where none is named.

        Raises
        ------
        UsageError
            If a split has no case.
        """
        if not splits:
            return self.cases
        patients = {p for s in splits for p in self.split.get(s, ())}
        chosen = tuple(c for c in self.cases if c.patient in patients)
        if not chosen:
            known = ", ".join(s for s, members in self.split.items() if members) or "none"
            msg = f"Data set {self.name!r} has no case in {', '.join(splits)}; its splits: {known}."
            raise UsageError(msg)
        return chosen


def require_files(dataset: DataSet) -> DataSet:
    """Return the data set where all its files exist.

    Raises
    ------
    UsageError
        If any is missing.
    """
    files = [p for c in dataset.cases for p in (c.image, *c.masks)]
    missing = [p for p in files if not p.is_file()]
    if missing:
        msg = (
            f"Data set {dataset.name!r}: {len(missing)} of {len(files)} files are missing, the "
            f"first is {missing[0].name}. Paths in a card are relative to the card's own folder."
        )
        raise UsageError(msg)
    return dataset


def _text_faults(dataset: DataSet) -> list[str]:
    wanted = {"name": dataset.name, "license": dataset.license, "credit": dataset.credit}
    return [f"its {key} is empty; say it." for key, text in wanted.items() if not text.strip()]


def _case_faults(dataset: DataSet) -> list[str]:
    faults = [] if dataset.cases else ["it has no cases."]
    ids = [c.id for c in dataset.cases]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    faults += [f"case {i!r} is listed more than once." for i in twice]
    count = len(dataset.labels)
    faults += [
        f"case {c.id!r} has {len(c.masks)} masks, but the card names {count} label maps."
        for c in dataset.cases
        if len(c.masks) != count
    ]
    return faults + [f"case {c.id!r} names no patient." for c in dataset.cases if not c.patient]


def _label_faults(dataset: DataSet) -> list[str]:
    if not dataset.labels:
        return ["it names no label map."]
    told = dataset.labels[0].told
    names = ", ".join(group_name(s) for s in told)
    faults = [
        f"it says that {group_name(group)} was drawn, which the label map "
        f"{dataset.labels[0].name!r} cannot tell; it tells {names}."
        for group in dataset.labelled
        if group not in told
    ]
    return faults if dataset.labelled else ["it does not say which structures were drawn."]


def _split_faults(dataset: DataSet) -> list[str]:
    if not dataset.split:
        return []
    unknown = sorted(set(dataset.split) - set(SPLITS))
    faults = [f"there is no split {s!r}; use {', '.join(SPLITS)}." for s in unknown]
    listed = [p for members in dataset.split.values() for p in members]
    twice = sorted({p for p in listed if listed.count(p) > 1})
    faults += [f"patient {p!r} is in more than one place of the split." for p in twice]
    own = set(dataset.patients)
    faults += [f"patient {p!r} of the split has no case." for p in sorted(set(listed) - own)]
    return faults + [f"patient {p!r} is in no split." for p in sorted(own - set(listed))]
