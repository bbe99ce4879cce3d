"""What every stage asks of a root."""

import pytest

from cauda.knowledge import rows
from cauda.knowledge.roots import aspects, reaches_foot, root_row, territory
from cauda.vocab import Root


@pytest.mark.parametrize(
    ("root", "expected"), [(Root.L1, False), (Root.L3, False), (Root.L4, True), (Root.S1, True)]
)
def test_the_upper_roots_predict_nothing_in_the_foot(root, expected):
    assert reaches_foot(root) is expected


def test_every_root_has_its_own_row():
    assert [root_row(root).id for root in Root] == [root.value for root in Root]


def test_no_root_has_two_rows_of_one_aspect():
    found = [(r.text("root"), r.text("aspect")) for r in rows("roots.toml", "associated")]
    assert sum(len(aspects(root)) for root in Root) == len(found) == len(set(found))


def test_a_territory_is_where_feeling_changes_not_where_it_hurts():
    assert territory(Root.L1) == ()
    assert territory(Root.S1) == aspects(Root.S1)["sensation"].texts("regions")
    assert "lateral_border" in territory(Root.S1)
    assert "lateral_border" not in territory(Root.L5)
