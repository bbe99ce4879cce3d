import pytest

from cauda.datasets.labelmap import known_maps, named_map, own_map
from cauda.errors import UsageError
from cauda.knowledge import row
from cauda.vocab import Level, Side, Structure, Vertebra

S = Structure
VERTEBRA, CANAL = {S.BODY, S.ARCH}, {S.SAC, S.CORD}


@pytest.mark.parametrize(
    ("name", "number", "structures", "called"),
    [
        ("spider", 1, VERTEBRA, Vertebra.L5),
        ("spider", 5, VERTEBRA, Vertebra.L1),
        ("spider", 25, VERTEBRA, None),
        ("spider", 100, CANAL, None),
        ("spider", 102, VERTEBRA, Vertebra.L4),
        ("spider", 125, VERTEBRA, None),
        ("spider", 201, {S.DISC}, Level.L5_S1),
        ("spider", 202, {S.DISC}, Level.L4_L5),
        ("spider", 225, {S.DISC}, None),
        ("spider-merged", 1, VERTEBRA, None),
        ("totalspineseg", 1, {S.CORD}, None),
        ("totalspineseg", 2, {S.SAC}, None),
        ("totalspineseg", 44, VERTEBRA, Vertebra.L4),
        ("totalspineseg", 50, {S.SACRUM}, Vertebra.S1),
        ("totalspineseg", 95, {S.DISC}, Level.L4_L5),
        ("totalspineseg", 11, VERTEBRA, None),
        ("totalspineseg", 78, {S.DISC}, None),
        ("spineps", 23, VERTEBRA, Vertebra.L4),
        ("spineps", 26, {S.SACRUM}, Vertebra.S1),
        ("spineps", 123, {S.DISC}, Level.L4_L5),
        ("spineps", 224, {S.BODY}, None),
        ("spineps-instances", 23, VERTEBRA, None),
        ("spineps-semantic", 43, {S.ARCH}, None),
        ("spineps-semantic", 49, {S.BODY}, None),
        ("spineps-semantic", 61, {S.SAC}, None),
        ("spineps-semantic", 100, {S.DISC}, None),
        ("cauda", 295, {S.FORAMEN}, Level.L4_L5),
        ("cauda", 151, {S.DISC}, None),
        ("cauda", 141, VERTEBRA, None),
        ("parts", 1, {S.BODY}, None),
        ("parts", 9, {S.FORAMEN}, None),
    ],
)
def test_a_number_means_what_its_map_says(name, number, structures, called):
    found = named_map(name).meanings[number]
    assert found.structures == structures
    assert (found.vertebra or found.level) == called


def test_the_same_number_differs_between_maps():
    for number, names in {1: 4, 26: 3, 100: 3}.items():
        said = {
            (tuple(sorted(m.structures)), m.vertebra, m.level)
            for m in (named_map(n).meanings.get(number) for n in known_maps())
            if m is not None
        }
        assert len(said) >= names


def test_sides_and_partial_vertebrae():
    assert named_map("cauda").meanings[295].side is Side.LEFT
    assert named_map("cauda").meanings[395].side is Side.RIGHT
    assert named_map("parts").meanings[6].side is Side.LEFT
    assert named_map("parts").meanings[9].side is None
    partial = {n for n, m in named_map("spider").meanings.items() if m.is_partial}
    assert partial == set(range(101, 126))


def test_spider_lists_every_range():
    wanted = {*range(1, 26), 100, *range(101, 126), *range(201, 226)}
    assert set(named_map("spider").meanings) == wanted


@pytest.mark.parametrize(
    ("name", "present", "number", "level"),
    [
        ("totalspineseg", {44, 45, 50, 100}, 100, Level.L5_S1),
        ("totalspineseg", {44, 45, 46, 50, 100}, 100, Level.L6_S1),
        ("totalspineseg", {43, 44, 50, 100}, 100, Level.L4_S1),
        ("totalspineseg", {100}, 100, Level.L5_S1),
        ("spineps", {23, 24, 26, 123, 124}, 124, Level.L5_S1),
        ("spineps", {24, 25, 26, 124}, 124, Level.L5_L6),
        ("spineps", {24, 124}, 124, Level.L5_S1),
        ("spineps", {22, 23, 123}, 123, Level.L4_L5),
        ("spineps", {125, 25}, 125, Level.L6_S1),
        ("spineps", {23, 26, 123}, 123, Level.L4_S1),
        ("cauda", {44, 45, 50, 100, 300}, 300, Level.L5_S1),
        ("cauda", {45, 46, 50, 100, 400}, 400, Level.L6_S1),
    ],
)
def test_the_lowest_disc_is_named_by_the_vertebrae_in_the_file(name, present, number, level):
    assert named_map(name).resolved(present)[number].level is level


@pytest.mark.parametrize(
    ("name", "number"),
    [("spider", 26), ("spider", 226), ("spider-merged", 4), ("totalspineseg", 18), ("spineps", 60)],
)
def test_a_number_the_map_does_not_list_is_refused(name, number):
    with pytest.raises(UsageError, match=f"{number}.*{name}"):
        named_map(name).resolved({0, number})


def test_cauda_reads_back_every_number_it_writes():
    written = row("labels.toml", "schemes", "cauda")
    meanings = named_map("cauda").meanings
    for name, number in written.weights("vertebrae").items():
        own = meanings[int(number)].vertebra
        assert own is None if name.startswith("V") else own == name
    for name, number in written.weights("discs").items():
        own = meanings[int(number)].level
        assert own is None if name.startswith("D") else own == name


def test_told_structures_and_own_maps():
    own = own_map({0: "background", 1: "vertebra", 2: "disc L4-L5", 3: "unknown"})
    assert set(own.told) == {frozenset(VERTEBRA), frozenset({S.DISC})}
    assert 0 not in own.meanings
    with pytest.raises(UsageError, match="choose one of"):
        named_map("nnunet-something")
    with pytest.raises(UsageError, match="no number"):
        own_map({0: "background"})
