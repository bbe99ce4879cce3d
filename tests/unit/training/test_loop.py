import json

import numpy as np
import pytest
import torch

from cauda.errors import UsageError
from cauda.training.config import TrainConfig, read_config
from cauda.training.dataset import Steps, choose_from
from cauda.training.loop import one_cycle, train
from cauda.training.spider import Case

SMALL = TrainConfig(
    channels=(4, 8), crop=(32, 32), real=2, phantom=1, phantom_from=4, steps=40, validate_every=20
)


def steps(config):
    rng = np.random.default_rng(0)
    codes = np.zeros((4, 64, 64), dtype=np.uint8)
    codes[:, 20:40, 20:40] = 3
    signal = (codes == 3) + rng.normal(0, 0.05, codes.shape)
    case = Case(name="a", signal=signal.astype(np.float32), codes=codes, spacing_mm=(4.0, 1.0, 1.0))
    return Steps(config, choose_from([case]), choose_from([case]))


def quiet(network):
    return {"training": float(network.training)}


def rows(folder):
    return [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]


def test_the_loss_falls_and_the_average_is_returned(tmp_path):
    average = train(SMALL, steps(SMALL), tmp_path, quiet)
    losses = [row["loss"] for row in rows(tmp_path) if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
    assert [row["step"] for row in rows(tmp_path) if "training" in row] == [20, 40]
    assert not average.training


def test_a_run_that_was_cut_ends_where_an_uncut_one_does(tmp_path):
    uncut = train(SMALL, steps(SMALL), tmp_path / "uncut", quiet)

    def cut(_network):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cauda.training.loop.SAVE_EVERY_S", -1.0)
        with pytest.raises(KeyboardInterrupt):
            train(SMALL, steps(SMALL), tmp_path / "cut", cut)
    resumed = train(SMALL, steps(SMALL), tmp_path / "cut", quiet)
    for one, two in zip(uncut.parameters(), resumed.parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-5)


def test_a_batch_depends_on_seed_and_step_alone():
    first, again, other = steps(SMALL)[7], steps(SMALL)[7], steps(SMALL)[8]
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
    assert read_config(path).smoke().steps < 100
    path.write_text(json.dumps({"training": {"stepz": 7}}))
    with pytest.raises(UsageError, match="stepz"):
        read_config(path)
    path.write_text("{}")
    with pytest.raises(UsageError, match="training"):
        read_config(path)


def test_the_settings_go_to_json_and_back(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"training": SMALL.as_json()}))
    assert read_config(path) == SMALL
