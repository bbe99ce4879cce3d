"""``cauda explain``: from a finding to roots and foot, or from a symptom back to candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cauda.cli.options import member
from cauda.errors import UsageError
from cauda.vocab import Level, Side, Zone

EXAMPLE = 'Example: cauda explain --symptom "night toe cramps" --side right'


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="explain", epilog=EXAMPLE)(explain)


def explain(
    *,
    level: Annotated[str | None, typer.Option(help="A disc level, such as L5-S1.")] = None,
    zone: Annotated[str | None, typer.Option(help="Where at the level.")] = None,
    side: Annotated[str | None, typer.Option(help="The patient's side: left or right.")] = None,
    symptom: Annotated[str | None, typer.Option(help="The complaint, in plain English.")] = None,
) -> None:
    """Explain a finding (level and zone) or a symptom; nothing here is a diagnosis."""
    patient_side = member(Side, side) if side else None
    if symptom and not (level or zone):
        lines = _symptom_lines(symptom, patient_side)
    elif level and zone and not symptom:
        lines = _finding_lines(level, zone, patient_side)
    else:
        msg = "Give either --symptom, or --level and --zone."
        raise UsageError(msg)
    typer.echo("\n".join(lines))


def _symptom_lines(symptom: str, side: Side | None) -> Sequence[str]:
    from cauda.relate import explain_symptom, read, with_side
    from cauda.relate.explain_text import symptom_lines

    complaint = read(symptom)
    return symptom_lines(explain_symptom(with_side(complaint, side.value) if side else complaint))


def _finding_lines(level: str, zone: str, side: Side | None) -> Sequence[str]:
    from cauda.relate import explain_finding
    from cauda.relate.explain_text import place_lines

    return place_lines(explain_finding(member(Level, level), member(Zone, zone), side))
