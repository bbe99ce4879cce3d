"""``cauda phantom``: a synthetic DICOM study whose truth is known exactly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli.options import member
from cauda.errors import UsageError
from cauda.vocab import Level, Side, Zone

if TYPE_CHECKING:
    from cauda.phantom import Lesion

EXAMPLE = "Example: cauda phantom -o study --seed 7 --lesion extrusion:L5-S1:left:subarticular:8"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="phantom", epilog=EXAMPLE)(phantom)


def phantom(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the study.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    lumbar_count: Annotated[
        int, typer.Option(min=4, max=6, help="Number of lumbar vertebrae.")
    ] = 5,
    lesion: Annotated[
        list[str] | None,
        typer.Option(
            help="kind:level[:side[:zone[:mm]]], repeatable; `none` for a healthy spine. "
            "Random lesions if left out."
        ),
    ] = None,
) -> None:
    """Make a synthetic lumbar study: DICOM series, label volumes and truth.json."""
    from rich.console import Console

    from cauda.phantom.study import write_study

    console = Console()
    lesions = [parse_lesion(text) for text in lesion or () if text != "none"]
    with console.status("render"):
        anatomy = write_study(
            output,
            seed=seed,
            lesions="random" if lesion is None else lesions,
            lumbar_count=lumbar_count,
        )
    for built in anatomy.lesions:
        place = " ".join(str(v) for v in (built.side, built.zone, built.level) if v)
        console.print(f"{built.kind}: {place}, {built.size_mm:.1f} mm")
    console.print(f"wrote {output}", highlight=False, soft_wrap=True)


def parse_lesion(text: str) -> Lesion:
    """Read ``kind:level[:side[:zone[:mm]]]``.

    Raises
    ------
    UsageError
        If a part is not one of the allowed words, or the size is no number.
    """
    from cauda.phantom import Lesion, LesionKind

    kind, level, side, zone, size, *rest = [*text.split(":"), "", "", "", ""][:6]
    if any(rest):
        msg = f"{text!r} has too many parts; write kind:level[:side[:zone[:mm]]]."
        raise UsageError(msg)
    default = Lesion(kind=LesionKind.BULGE, level=Level.L5_S1)
    return Lesion(
        kind=member(LesionKind, kind),
        level=member(Level, level),
        side=member(Side, side) if side else None,
        zone=member(Zone, zone) if zone else default.zone,
        size_mm=_number(size) if size else default.size_mm,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        msg = f"{text!r} is not a size in mm."
        raise UsageError(msg) from error
