"""How often timing alone tells T1, T2 and STIR apart, on a table of real headers.

Usage: python scripts/series_accuracy.py <SPIDER overview.csv>

The truth is the suffix of ``new_file_name`` (``_t1``, ``_t2``, ``_t2_SPACE``); an inversion
recovery row counts as STIR. Neither the file name nor the description is shown to the rule.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from cauda.load.describe import weighting_of
from cauda.load.facts import Facts
from cauda.vocab import Contrast


def facts_of_row(row: Mapping[str, str]) -> Facts:
    """Timing and sequence of one row; no free text."""
    return Facts(
        modality="MR",
        sequence=listed(row["ScanningSequence"]),
        echo_ms=float(row["EchoTime"]) if row["EchoTime"] else None,
        repetition_ms=float(row["RepetitionTime"]) if row["RepetitionTime"] else None,
    )


def listed(text: str) -> tuple[str, ...]:
    """One value, or a Python list of values as the table spells several."""
    return tuple(ast.literal_eval(text)) if text.startswith("[") else (text,)


def truth_of_row(row: Mapping[str, str]) -> Contrast:
    """What the file name says, and STIR for the inversion recovery row."""
    if "IR" in listed(row["ScanningSequence"]):
        return Contrast.STIR
    return Contrast.T1 if row["new_file_name"].endswith("_t1") else Contrast.T2


def confusion(rows: Iterable[Mapping[str, str]]) -> Counter[tuple[Contrast, Contrast]]:
    """Count (truth, found) pairs."""
    return Counter((truth_of_row(row), weighting_of(facts_of_row(row)).contrast) for row in rows)


def main(path: str) -> int:
    with Path(path).open(newline="", encoding="utf-8") as stream:
        counts = confusion(csv.DictReader(stream))
    right = sum(n for (truth, found), n in counts.items() if truth is found)
    total = counts.total()
    print(f"series told apart by timing alone: {right} of {total} ({100 * right / total:.1f} %)")
    for (truth, found), n in sorted(counts.items()):
        print(f"  truth {truth}: found {found}: {n}")
    return 0 if right == total else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
