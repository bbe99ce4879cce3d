"""A split by patient that depends on the patients alone, not on their order or on chance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cauda.errors import UsageError


def split_by_patient(
    patients: Iterable[str], *, validation: float = 0.15, test: float = 0.15, seed: int = 0
) -> dict[str, tuple[str, ...]]:
    """Deal patients into train, validation and test.

    A patient's place among the others follows from a hash of name and seed, so that adding a
    series of a known patient moves nobody.

    Parameters
    ----------
    patients : iterable of str
        Repeats are ignored.
    validation, test : float
        Shares; each kept out set that is asked for gets at least one patient.

    Raises
    ------
    UsageError
        If the shares leave nobody to train on.
    """
    unique = sorted(set(patients))
    ordered = sorted(unique, key=lambda p: hashlib.sha256(f"{seed}/{p}".encode()).hexdigest())
    kept = [max(1, round(share * len(unique))) if share > 0 else 0 for share in (validation, test)]
    if sum(kept) >= len(unique):
        msg = f"{len(unique)} patients cannot be split into three sets; give smaller shares."
        raise UsageError(msg)
    rank = {p: n for n, p in enumerate(ordered)}
    parts = {
        "train": [p for p in unique if rank[p] >= sum(kept)],
        "validation": [p for p in unique if rank[p] < kept[0]],
        "test": [p for p in unique if kept[0] <= rank[p] < sum(kept)],
    }
    return {name: tuple(members) for name, members in parts.items() if members}
