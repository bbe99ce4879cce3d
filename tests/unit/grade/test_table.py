"""The documented tables are the ones the rules are loaded from."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from cauda.check import CHECKS
from cauda.grade.table import cuts_markdown, rules_markdown

PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "grading.md"


@pytest.mark.parametrize(("mark", "table"), [("rules", rules_markdown), ("cuts", cuts_markdown)])
def test_the_page_holds_the_table(mark, table):
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", text, re.DOTALL)
    assert found is not None
    assert found.group(1) == table()


def test_every_limit_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert CHECKS
    for module in {sys.modules[check.__module__] for check in CHECKS}:
        source = Path(module.__file__).read_text(encoding="utf-8")
        for id_ in re.findall(r'\bid="([a-z0-9-]+)"', source):
            assert f"`{id_}`" in text, id_
