"""The page on the knowledge base says what the knowledge base says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cauda.knowledge import rows

ROOT = Path(__file__).parents[3]


def _script():
    spec = importlib.util.spec_from_file_location(
        "knowledge_page", ROOT / "scripts/knowledge_page.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    written = (ROOT / "docs/concepts/knowledge.md").read_text(encoding="utf-8")
    assert written == _script().page(), "run python scripts/knowledge_page.py"


def test_every_row_stands_on_the_page_with_its_tag() -> None:
    lines = _script().page().splitlines()
    for row in rows("differentials.toml", "differentials"):
        assert any(row.text("name") in line and row.evidence in line for line in lines)
