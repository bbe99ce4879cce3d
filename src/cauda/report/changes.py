"""What changed since the prior study, in words: the changes one by one, the rest as a count."""

from __future__ import annotations

from cauda.records import Analysis, Change
from cauda.report import words
from cauda.vocab import Quantity, Side


def change_lines(analysis: Analysis) -> tuple[str, ...]:
    """One line a change beyond both uncertainties, and one for those within."""
    beyond = [c for c in analysis.changes if c.is_beyond_uncertainty]
    within = len(analysis.changes) - len(beyond)
    lines = [_line(change) for change in beyond]
    if within:
        lines.append(
            f"{within} measurements differ by less than their uncertainties allow to tell."
        )
    return tuple(lines)


def _line(change: Change) -> str:
    place, quantity, *side = change.measurement.split("/")
    measured = Quantity(quantity)
    name = words.quantity_name(measured)
    sided = f", {words.side_name(Side(side[0]))}" if side else ""
    unit = "" if measured.unit == "1" else f" {measured.unit}"
    return (
        f"{place}, {name}{sided}: {change.before:.1f} to {change.after:.1f}{unit}, "
        "beyond both uncertainties."
    )
