import dataclasses
import json

import pytest
import torch

from cauda.errors import UsageError
from cauda.training.config import TrainConfig, read_config
from cauda.training.loop import one_cycle


def rows(folder):
    return [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]


def same(one, two, tolerance=0.0):
    pairs = zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    return all(torch.allclose(a, b, atol=tolerance, rtol=0) for a, b in pairs)


def test_the_loss_falls_and_the_average_is_returned(tmp_path, train_small):
    average = train_small(tmp_path)
    losses = [row["loss"] for row in rows(tmp_path) if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
    assert [row["step"] for row in rows(tmp_path) if "dice_square" in row] == [20, 40]
    assert not average.training


def test_the_first_steps_are_reported_at_once(tmp_path, train_small):
    train_small(tmp_path)
    assert [row["step"] for row in rows(tmp_path) if "loss" in row] == [1, 5, 10, 20, 40]


def test_the_same_seed_gives_the_same_weights_bit_for_bit(tmp_path, train_small, small):
    one, two = (train_small(tmp_path / name) for name in "ab")
    assert same(one, two)
    other = train_small(tmp_path / "c", config=dataclasses.replace(small, seed=2))
    assert not same(one, other, 1e-3)


def test_a_run_that_was_cut_ends_where_an_uncut_one_does(tmp_path, train_small, small):
    uncut = train_small(tmp_path / "uncut")

    def cut(_network):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_small(tmp_path / "cut", validate=cut)
    assert torch.load(tmp_path / "cut" / "checkpoint.pt", weights_only=True)["step"] == 20
    resumed = train_small(tmp_path / "cut")
    assert same(uncut, resumed, 1e-5)
    assert [row["step"] for row in rows(tmp_path / "cut")] == [1, 5, 10, 20, 40, 40]


def test_the_best_weights_are_kept_beside_the_last(tmp_path, train_small):
    dice = iter([0.9, 0.4])
    seen = []

    def validate(network):
        seen.append({k: v.clone() for k, v in network.state_dict().items()})
        return {"dice_a": next(dice), "loss_of_validation": 5.0}

    last = train_small(tmp_path, validate=validate)
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    assert all(torch.equal(best[k], seen[0][k]) for k in best)
    assert not all(torch.equal(best[k], v) for k, v in last.state_dict().items())


def test_a_resumed_run_still_knows_its_best(tmp_path, train_small, small):
    half = dataclasses.replace(small, steps=20)
    train_small(tmp_path, config=half, validate=lambda _n: {"dice_a": 0.9})
    before = (tmp_path / "best.pt").read_bytes()
    train_small(tmp_path, validate=lambda _n: {"dice_a": 0.8})
    assert (tmp_path / "best.pt").read_bytes() == before


def test_training_goes_on_from_given_weights(tmp_path, train_small, small):
    first = train_small(tmp_path / "first")
    barely = dataclasses.replace(small, steps=1, learning_rate=0.0)
    same_again = train_small(tmp_path / "second", config=barely, weights=first.state_dict())
    assert same(first, same_again, 1e-6)


def test_a_batch_depends_on_seed_and_step_alone(steps_of, small):
    first, again, other = steps_of(small)[7], steps_of(small)[7], steps_of(small)[8]
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == (3, 3, 32, 32)


def test_the_learning_rate_rises_once_and_falls():
    rates = [one_cycle(n / 1000) for n in range(1000)]
    assert max(rates) == pytest.approx(1, abs=1e-3)
    assert rates.index(max(rates)) == 100
    assert rates[0] < 0.01
    assert rates[-1] < 0.01


def test_settings_are_read_and_unknown_ones_named(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"training": {"steps": 7, "crop": [64, 96]}}))
    assert read_config(path) == TrainConfig(steps=7, crop=(64, 96))
    assert read_config(path).smoke().steps < 1000
    path.write_text(json.dumps({"training": {"stepz": 7}}))
    with pytest.raises(UsageError, match="stepz"):
        read_config(path)
    path.write_text("{}")
    with pytest.raises(UsageError, match="training"):
        read_config(path)


def test_the_settings_go_to_json_and_back(tmp_path, small):
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"training": small.as_json()}))
    assert read_config(path) == small
