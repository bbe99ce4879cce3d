"""Pairing, folds, calibration and scores of learned graders; pictures not to be trusted."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

pytest.importorskip("sklearn")

from cauda.errors import UnreadableError
from cauda.geometry import Space
from cauda.knowledge import rows
from cauda.nets.calibration import logit
from cauda.records import Segmentation
from cauda.training.graders import figures, reference
from cauda.training.graders.calibrate import calibrations, fitted
from cauda.training.graders.pairing import miscounted, pair
from cauda.training.graders.rule import fitted_cuts, rule_ranks
from cauda.training.graders.samples import Disc, Read, load_read, write_read
from cauda.training.graders.scores import (
    auc,
    calibration_error,
    interval,
    kappa_of_ranks,
    quadratic_kappa,
)
from cauda.training.graders.slices import is_better_turned, looks_turned, pixel_mm, series_of
from cauda.training.graders.tables import Grades, read_acquisitions, read_grades
from cauda.training.graders.targets import TARGETS, output_slices, rank_table, steps
from cauda.training.graders.validate import FOLDS, Table, cross_validate, folds_of
from cauda.vocab import STRUCTURES, Contrast, Structure


def _grades(patient="1", number=1, **changed):
    plain = {"modic": 0, "pfirrmann": 1, "upper": False, "lower": False, "slip": False,
             "herniation": False, "narrowing": False, "bulge": False}  # fmt: skip
    return Grades(patient=patient, number=number, **{**plain, **changed})


def _disc(number, patient="1", **reference_values):
    return Disc(
        patient=patient, number=number, center_mm=(0.0, 30.0 * number),
        numbers=MappingProxyType({"t2_core": 0.3, "slip_mm": float("nan")}),
        reference=MappingProxyType(reference_values),
        signals=np.full((2, 80, 48), number, np.float32),
    )  # fmt: skip


def _read(count, patient="1", room=1.0, **changed):
    plain = {"levels": count, "has_sacrum": True, "state": "conventional",
             "contrasts": ("T2", "T1")}  # fmt: skip
    discs = tuple(_disc(n, patient) for n in range(1, count + 1))
    return Read(patient=patient, discs=discs, room=room, **{**plain, **changed})


@pytest.mark.parametrize(
    ("read", "graded", "part"),
    [
        (_read(6), 6, ""),
        (_read(7), 6, ""),
        (_read(6, room=1.0), 7, ""),
        (_read(6, room=0.5), 7, "room"),
        (_read(6), 8, "graded"),
        (_read(6, has_sacrum=False), 6, "sacrum"),
    ],
)
def test_a_count_that_contradicts_itself_is_noticed(read, graded, part):
    reason = miscounted(read, graded)
    assert (part in reason) if part else not reason


def test_grades_go_to_the_disc_of_their_number_and_doubtful_patients_to_none():
    reads = (_read(3, "1"), _read(3, "2", has_sacrum=False))
    grades = [_grades(p, n, pfirrmann=n) for p in ("1", "2") for n in (1, 2, 3)]
    found = pair(reads, grades)
    assert [(d.number, g.pfirrmann) for d, g in found.pairs] == [(1, 1), (2, 2), (3, 3)]
    assert set(found.left_out) == {"2"}


def test_what_is_kept_of_a_patient_comes_back(tmp_path):
    read = _read(2)
    write_read(read, tmp_path / "1.npz")
    again = load_read(tmp_path / "1.npz")
    assert (again.patient, again.levels, again.room) == ("1", 2, 1.0)
    assert np.isnan(again.discs[1].numbers["slip_mm"])
    assert again.discs[1].signals == pytest.approx(read.discs[1].signals)


@pytest.mark.parametrize(
    ("name", "header", "shape", "expected"),
    [
        ("1_t2", 0.625, (448, 448), (0.625, 0.625)),
        ("1_t2", 0.625, (600, 448), (280 / 600, 0.625)),
        ("1_t1", 0.8125, (216, 264), (260 / 216, 260 / 264)),
        ("1_t2_SPACE", 0.46875, (640, 512), (0.46875, 0.46875)),
        ("1_t2", 0.46875, (512, 512), (0.5859375, 0.5859375)),
    ],
)
def test_pixels_follow_from_the_field_of_view(name, header, shape, expected):
    assert pixel_mm(name, header, shape) == pytest.approx(expected)


def test_an_unknown_field_of_view_is_not_guessed():
    with pytest.raises(UnreadableError, match="field of view"):
        pixel_mm("1_t2", 0.123, (100, 100))


def test_a_turned_picture_is_put_upright():
    picture = np.arange(12, dtype=np.float32).reshape(4, 3)
    made = series_of(picture, (2.0, 1.0), "t2", Contrast.T2, turned=True)
    upright = series_of(picture[::-1], (2.0, 1.0), "t2", Contrast.T2, turned=False)
    assert (made.volume.voxels == upright.volume.voxels).all()
    assert made.volume.space.spacing_mm == (1.0, 2.0, 4.0)


def _seen(sacrum, sureness):
    kind = np.zeros((1, 40, 40), dtype=int)
    kind[:, 10:20, 10:30] = STRUCTURES.index(Structure.BODY)
    kind[:, 10:20, : round(sacrum * 20)] = STRUCTURES.index(Structure.SACRUM)
    probabilities = np.stack([kind == n for n in range(len(STRUCTURES))]).astype(np.float32)
    probabilities = sureness * probabilities + (1 - sureness) / len(STRUCTURES)
    return Segmentation(
        series="t2",
        probabilities=probabilities,
        space=Space.from_matrix((1, 40, 40), np.diag([4.0, 0.75, 0.75, 1.0])),
        signal=np.zeros((1, 40, 40)),
        bundle="test",
    )


def test_upside_down_is_told_by_a_missing_sacrum_and_doubt():
    good, bad = _seen(0.4, 0.98), _seen(0.05, 0.9)
    assert looks_turned(bad)
    assert not looks_turned(good)
    assert is_better_turned(bad, good)
    assert not is_better_turned(good, bad)


def test_ranks_and_steps_of_every_target():
    ranks = rank_table([_grades(pfirrmann=4, bulge=True, modic=2), _grades()])
    columns = output_slices()
    found = steps(ranks)
    assert found[0, columns["pfirrmann"]].tolist() == [1, 1, 1, 0]
    assert found[0, columns["bulge"]].tolist() == [1]
    assert found[0, columns["modic"]].tolist() == [1]
    assert found[1].sum() == 0


def test_scores_agree_with_the_library():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    found, truth = rng.integers(0, 5, (2, 200))
    expected = metrics.cohen_kappa_score(found, truth, weights="quadratic")
    assert kappa_of_ranks(found, truth, 5) == pytest.approx(expected)
    score, present = np.round(rng.random(200), 1), rng.integers(0, 2, 200)
    probabilities = np.stack([1 - score, score], axis=1)
    assert auc(probabilities, present) == pytest.approx(metrics.roc_auc_score(present, score))
    assert np.isnan(auc(probabilities, np.ones(200, dtype=int)))


def test_calibration_error_of_a_liar_and_of_an_honest_one():
    rng = np.random.default_rng(1)
    chance = rng.random(5000)
    ranks = (rng.random(5000) < chance).astype(int)
    honest = np.stack([1 - chance, chance], axis=1)
    liar = np.stack([chance, 1 - chance], axis=1)
    assert calibration_error(honest, ranks) < 0.03
    assert calibration_error(liar, ranks) > 0.3


def test_an_interval_is_wider_with_fewer_patients():
    rng = np.random.default_rng(2)
    ranks = rng.integers(0, 2, 400)
    score = np.clip(0.5 * ranks + rng.random(400) * 0.7, 0, 1)
    probabilities = np.stack([1 - score, score], axis=1)
    many = interval(auc, probabilities, ranks, [str(n) for n in range(400)], draws=200)
    ordered = np.argsort(score)
    few = interval(
        auc, probabilities[ordered], ranks[ordered], [str(n // 40) for n in range(400)], draws=200
    )
    assert many[0] < auc(probabilities, ranks) < many[1]
    assert few[1] - few[0] > many[1] - many[0]


def test_calibration_finds_the_odds_that_made_the_data():
    rng = np.random.default_rng(3)
    z = rng.normal(0, 1.5, 4000)
    ranks = (rng.random(4000) < 1 / (1 + np.exp(-(0.5 * z - 1)))).astype(int)
    said = (1 / (1 + np.exp(-z)))[:, None]
    found = fitted(said, said, ranks, 0.5)
    assert found.slope == pytest.approx(0.5, abs=0.1)
    assert found.offsets[0] == pytest.approx(-1.0, abs=0.15)
    assert calibration_error(found(said, said), ranks) < calibration_error(
        np.concatenate([1 - said, said], axis=1), ranks
    )


def test_the_better_learner_is_chosen():
    rng = np.random.default_rng(4)
    ranks = np.zeros((300, len(TARGETS)), dtype=np.int64)
    ranks[:, 1] = rng.integers(0, 2, 300)
    outputs = steps(ranks).shape[1]
    noise = rng.random((300, outputs))
    good = np.clip(0.1 + 0.8 * steps(ranks) + rng.normal(0, 0.05, (300, outputs)), 0.01, 0.99)
    assert calibrations(good, noise, ranks)["narrowing"].share == 1.0
    assert calibrations(noise, good, ranks)["narrowing"].share == 0.0
    assert np.isfinite(logit(good)).all()


def _learning_table(patients=25, discs=4):
    rng = np.random.default_rng(5)
    count = patients * discs
    ranks = np.stack([rng.integers(0, t.ranks, count) for t in TARGETS], axis=1)
    return Table(
        patients=tuple(str(n // discs) for n in range(count)),
        numbers=np.arange(count, dtype=np.float32)[:, None],
        signals=np.zeros((count, 2, 2, 2), np.float32),
        ranks=ranks,
        names=("row",),
    )


def test_no_learner_ever_sees_a_patient_it_is_tested_on():
    table = _learning_table()
    asked_of = []

    def learn(known, asked, seed):
        assert not set(known.patients) & set(asked.patients)
        asked_of.append(frozenset(asked.patients))
        outputs = steps(asked.ranks)
        return np.clip(outputs, 0.1, 0.9), np.full(outputs.shape, 0.5)

    tested = cross_validate(table, learn, 0)
    assert len(asked_of) == FOLDS + FOLDS * (FOLDS - 1) // 2
    assert not np.isnan(tested.forest).any()
    for n, target in enumerate(TARGETS):
        probabilities = tested.probabilities[target.name]
        assert probabilities.sum(axis=1) == pytest.approx(1.0)
        if not target.is_ordered:
            assert auc(probabilities, table.ranks[:, n]) == 1.0
    assert quadratic_kappa(tested.alone["kernel"]["pfirrmann"], table.ranks[:, 0]) < 0.3
    found = figures.figures(table, [tested], {"all": np.ones(100, dtype=bool)})
    assert found["all"]["bulge"]["value"] == 1.0
    assert found["all"]["pfirrmann"]["patients"] == 25


def test_every_disc_of_a_patient_lies_in_one_fold():
    patients = [str(n // 3) for n in range(60)]
    fold = folds_of(patients, 7)
    assert set(fold) == set(range(FOLDS))
    assert all(len(set(fold[3 * n : 3 * n + 3])) == 1 for n in range(20))


def test_the_rule_and_its_cuts():
    signal = np.array([0.6, 0.4, 0.25, 0.1, 0.1])
    share = np.array([1.0, 1.0, 1.0, 0.9, 0.3])
    assert rule_ranks(signal, share, (0.15, 0.3, 0.5), 0.5).tolist() == [0, 1, 2, 3, 4]
    cuts = fitted_cuts(np.tile(signal, 3), np.tile(share, 3), np.tile(np.arange(5), 3), 0.5)
    assert rule_ranks(signal, share, cuts, 0.5).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, True), ({"pfirrmann": 2}, True), ({"pfirrmann": 3}, False), ({"bulge": True}, False),
     ({"modic": 2}, False), ({"upper": True}, False), ({"slip": True}, False)],
)  # fmt: skip
def test_only_unremarkable_discs_are_a_reference(changed, expected):
    assert reference.is_unremarkable(_grades(**changed)) is expected


def test_the_reference_set_counts_what_it_pools(tmp_path):
    discs = [_disc(n, p, disc_height_middle_mm=8.0 + n) for p in "12" for n in (1, 2)]
    reads = [
        Read(patient=p, discs=tuple(d for d in discs if d.patient == p), levels=2, has_sacrum=True,
             state="conventional", room=1.0, contrasts=("T2",))
        for p in "12"
    ]  # fmt: skip
    found = reference.references(pair(reads, [_grades(p, n) for p in "12" for n in (1, 2)]))
    pooled = next(r for r in found if r.level == reference.ANY)
    assert (pooled.n, pooled.patients, pooled.mean) == (4, 2, 9.5)
    own = next(r for r in found if r.level == "L5-S1")
    assert (own.n, own.mean, own.sd) == (2, 9.0, 0.0)
    assert "[[reference]]" in reference.as_toml(found)


def test_the_shipped_reference_set_says_where_it_is_from():
    found = rows("reference_set.toml", "reference", ("quantity", "level", "n", "mean", "sd"))
    assert {r.text("level") for r in found} > {"any", "L4-L5", "L5-S1"}
    assert all(r.number("n") >= 2 and r.number("sd") > 0 for r in found)
    assert all("not a normal range" in r.source for r in found)


def test_the_tables_of_real_grades_are_read(real_data):
    grades = read_grades(real_data / "spider_tables")
    assert (len(grades), len({g.patient for g in grades})) == (1203, 173)
    assert sum(g.slip for g in grades) == 36
    assert read_acquisitions(real_data / "spider_tables")["1_t2"].pixel_mm == 0.625
