"""What a person sees in the terminal after an analysis: the lowest two levels and the roots."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cauda.knowledge.roots import reaches_foot
from cauda.records import Analysis
from cauda.report import words
from cauda.report.content import LevelView, level_views
from cauda.report.words import Severity

_STYLES: dict[Severity, str] = {
    "unknown": "dim italic",
    "normal": "",
    "noted": "cyan",
    "mild": "yellow",
    "moderate": "bold yellow",
    "severe": "bold white on red",
}


def terminal_summary(analysis: Analysis, report: Path | None = None) -> RenderableType:
    """Findings at the lowest two levels, roots, foot symptoms and the red-flag line.

    Parameters
    ----------
    analysis : Analysis
    report : Path, optional
        Where the page lies, for the last line.
    """
    focus = [view for view in level_views(analysis) if view.is_focus]
    parts: list[RenderableType] = [
        Text(words.statement("banner"), style="bold"),
        Text(words.numbering_sentence(analysis.spine.numbering.state), style="dim"),
        *(_level(view) for view in focus),
        _impression(analysis),
        _roots(analysis),
        _flags(analysis),
    ]
    if report is not None:
        parts.append(Text(f"Report: {report}", style="bold"))
    return Group(*parts)


def _level(view: LevelView) -> RenderableType:
    table = Table(title=view.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("Where", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Finding")
    for line in view.lines:
        chip = Text(line.word, style=_STYLES[line.severity])
        table.add_row(line.place, chip, Text(line.text))
    return table


def _impression(analysis: Analysis) -> RenderableType:
    lines = analysis.impression or ("Not assessed: no grade could be given.",)
    return Text.assemble(("Impression\n", "bold"), "\n".join(f"  {line}" for line in lines))


def _roots(analysis: Analysis) -> RenderableType:
    title = "Nerve roots and associated foot symptoms (anatomical association, not a diagnosis)"
    links = analysis.relation.roots
    if not links:
        text = "No finding was linked to a nerve root; a root cause is not excluded."
        return Text.assemble((f"\n{title}\n", "bold"), f"  {text}")
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("Root", "How strongly", "Feeling", "Weakness", "Cramp", "Gait"):
        table.add_column(name)
    silent = []
    for root in dict.fromkeys(link.root for link in links):
        own = [link for link in links if link.root is root]
        if not reaches_foot(root):
            silent.append(root.value)
            continue
        told = own[0].associated
        table.add_row(
            root.value,
            Text("\n".join(f"{link.side.value}: {link.tier_text}" for link in own)),
            *(Text("; ".join(v) or "-") for v in (told.sensation, told.weakness)),
            *(Text("; ".join(v) or "-") for v in (told.cramp, told.gait)),
        )
    if not silent:
        return table
    line = f"  Also {', '.join(silent)}: nothing is expected in the foot from these alone."
    return Group(table, Text(line)) if table.rows else Text.assemble((f"\n{title}\n", "bold"), line)


def _flags(analysis: Analysis) -> RenderableType:
    shown = [f for f in analysis.relation.red_flags if f.tier in {"emergency", "imaging"}]
    lines = [
        f"{flag.text}{'' if flag.tier == 'imaging' else f' ({flag.answered})'}" for flag in shown
    ]
    text = "\n".join(lines) or "Red flags: not asked."
    return Panel(Text(text), title="Red flags", title_align="left", border_style="red")
