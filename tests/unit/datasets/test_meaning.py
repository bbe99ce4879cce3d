import pytest

from cauda.datasets.meaning import group_name, meaning_of
from cauda.errors import UsageError
from cauda.vocab import Level, Side, Structure, Vertebra

S = Structure


@pytest.mark.parametrize(
    ("words", "structures", "name", "side"),
    [
        ("vertebra", {S.BODY, S.ARCH}, None, None),
        ("canal", {S.SAC, S.CORD}, None, None),
        ("vertebral body", {S.BODY}, None, None),
        ("vertebra L4", {S.BODY, S.ARCH}, Vertebra.L4, None),
        ("L4", {S.BODY, S.ARCH}, Vertebra.L4, None),
        ("S1", {S.SACRUM}, Vertebra.S1, None),
        ("disc L4-L5", {S.DISC}, Level.L4_L5, None),
        ("L5-S1", {S.DISC}, Level.L5_S1, None),
        ("left foramen L5-S1", {S.FORAMEN}, Level.L5_S1, Side.LEFT),
        ("right  foramen", {S.FORAMEN}, None, Side.RIGHT),
        ("unknown", set(S), None, None),
    ],
)
def test_words_of_the_vocabulary(words, structures, name, side):
    found = meaning_of(words)
    assert found.structures == structures
    assert (found.vertebra or found.level) == name
    assert found.side == side


@pytest.mark.parametrize("words", ["IVD", "disc L4-S2", "Disc", "", "left", "L9", "sinister disc"])
def test_other_words_are_refused_with_the_allowed_ones(words):
    with pytest.raises(UsageError, match="vertebra, canal, background"):
        meaning_of(words)


def test_group_names_are_the_words_that_make_them():
    for word in ("vertebra", "canal", "disc", "sacrum", "nerve root"):
        assert group_name(meaning_of(word).structures) == word
    assert group_name(frozenset({S.DISC, S.BODY})) == "vertebral body + disc"
