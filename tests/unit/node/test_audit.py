from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from cauda.node.audit import Audit, verify


def test_the_chain_holds_under_many_writers(tmp_path) -> None:
    audit = Audit(tmp_path / "a.jsonl")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: Audit(audit.path).write("event", number=n), range(40)))
    assert verify(audit.path) == (40, ())
    lines = [json.loads(line) for line in audit.path.read_text().splitlines()]
    assert sorted(line["number"] for line in lines) == list(range(40))


def test_a_changed_a_removed_and_an_inserted_line_show(tmp_path) -> None:
    audit = Audit(tmp_path / "a.jsonl")
    for n in range(6):
        audit.write("event", number=n)
    lines = audit.path.read_text().splitlines(keepends=True)
    for damaged in (
        [*lines[:2], lines[2].replace('"number":2', '"number":9'), *lines[3:]],
        [*lines[:2], *lines[3:]],
        [*lines[:3], lines[1], *lines[3:]],
    ):
        audit.path.write_text("".join(damaged))
        assert verify(audit.path)[1]


def test_a_line_cut_short_by_a_crash_does_not_break_what_follows(tmp_path) -> None:
    audit = Audit(tmp_path / "a.jsonl")
    audit.write("first")
    audit.write("second")
    raw = audit.path.read_bytes()
    audit.path.write_bytes(raw[:-20])
    audit.write("third")
    count, broken = verify(audit.path)
    assert count == 3
    assert broken == (2,)
    assert json.loads(audit.path.read_text().splitlines()[2])["event"] == "third"
