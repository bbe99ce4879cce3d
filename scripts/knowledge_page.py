"""Write docs/concepts/knowledge.md from the knowledge base, so that the page never differs from it.

    python scripts/knowledge_page.py [--check]

``--check`` writes nothing and fails where the page is not current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cauda.knowledge import Row, rows

PAGE = Path(__file__).parents[1] / "docs/concepts/knowledge.md"

INTRODUCTION = """\
# What Cauda knows about roots, symptoms and other causes

Written from `src/cauda/knowledge/` by `scripts/knowledge_page.py`; edit the TOML, not this page.
Every row has a source and a tag: **read** (seen in the paper), **read-secondary** (seen in a text
about it), **from-memory** (a standard fact, not re-read here) or **design** (chosen here, no
publication supports it). Figures tagged from-memory or design are never shown to a clinician or
patient as facts. Weights only order causes; they are no probabilities."""

Column = tuple[str, Callable[[Row], str]]


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *(section(*arguments) for arguments in sections())]
    return "\n\n".join(parts) + "\n"


def sections() -> Iterator[tuple[str, str, str, list[Column]]]:
    """Title, file, table and columns of each section."""
    yield (
        "Levels: which root runs where",
        "zone_roots.toml",
        "levels",
        [
            ("level", ident),
            ("traversing (recess)", text("traversing")),
            ("exiting (foramen)", text("exiting")),
        ],
    )
    yield (
        "Zones",
        "zone_roots.toml",
        "zones",
        [
            ("zone", ident),
            ("roots", text("roots")),
            ("sides", text("sides")),
        ],
    )
    yield (
        "From a grade to a severity of 0 to 3",
        "zone_roots.toml",
        "severity",
        [
            ("scale", ident),
            ("grades", weights("grades")),
        ],
    )
    yield "Tiers", "zone_roots.toml", "tiers", [("tier", ident), ("reads", text("text"))]
    yield "Roots", "roots.toml", "roots", [("root", ident), ("supplies", text("summary"))]
    yield (
        "What is associated with each root",
        "roots.toml",
        "associated",
        [
            ("root", text("root")),
            ("aspect", text("aspect")),
            ("associated", listed("texts")),
        ],
    )
    yield (
        "How well it holds",
        "evidence.toml",
        "evidence",
        [
            ("roots", listed("roots")),
            ("evidence", text("text")),
        ],
    )
    yield (
        "Clues of a complaint",
        "symptoms.toml",
        "clues",
        [
            ("clue", text("says")),
            ("when", listed("when")),
            ("unless", listed("unless")),
            ("weights", weights("weights")),
        ],
    )
    yield (
        "Other causes",
        "differentials.toml",
        "differentials",
        [
            ("cause", text("name")),
            ("speaks for it", text("clue")),
            ("speaks against it", text("against")),
            ("told apart by", text("test")),
        ],
    )
    yield (
        "Red flags: fixed texts",
        "red_flags.toml",
        "texts",
        [
            ("tier", ident),
            ("text", text("text")),
        ],
    )
    yield (
        "Red flags: triggers",
        "red_flags.toml",
        "triggers",
        [
            ("trigger", ident),
            ("tier", text("tier")),
            ("raised by", text("says")),
            ("question", text("question")),
        ],
    )
    yield (
        "Red flags: grades that raise the scan's own",
        "red_flags.toml",
        "imaging",
        [
            ("scale", ident),
            ("grades", listed("grades")),
        ],
    )
    yield (
        "Findings in people without symptoms",
        "base_rates.toml",
        "base_rates",
        [
            ("finding", text("name")),
            ("age", number("decade")),
            ("%", number("percent")),
            ("rests on", text("thin")),
        ],
    )


def section(title: str, file: str, table: str, columns: list[Column]) -> str:
    """One heading and its table, with source and tag as the last columns."""
    whole = [*columns, ("source", lambda row: row.source), ("tag", lambda row: row.evidence)]
    lines = [line(name for name, _ in whole), line("---" for _ in whole)]
    lines += [line(cell(row) for _, cell in whole) for row in rows(file, table)]
    return f"## {title}\n\nFrom `{file}`, table `{table}`.\n\n" + "\n".join(lines)


def line(cells: Iterable[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def ident(row: Row) -> str:
    return row.id


def text(field: str) -> Callable[[Row], str]:
    return lambda row: row.text(field, "")


def listed(field: str) -> Callable[[Row], str]:
    return lambda row: "; ".join(row.texts(field))


def number(field: str) -> Callable[[Row], str]:
    return lambda row: f"{row.number(field):g}"


def weights(field: str) -> Callable[[Row], str]:
    return lambda row: ", ".join(f"{name}: {value:g}" for name, value in row.weights(field).items())


def main() -> int:
    """Write the page, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is not current; run python scripts/knowledge_page.py.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
