"""Training of the axial network."""

import json
from pathlib import Path

import numpy as np
import pytest

from cauda.errors import UsageError

torch = pytest.importorskip("torch")
from cauda.training.axial import (  # noqa: E402
    CHECKPOINT,
    PROGRESS,
    read_axial_config,
    train_axial,
)
from cauda.training.axial_phantoms import AxialCase, make_case, read_case, store_cases  # noqa: E402
from cauda.training.axial_steps import AxialConfig, AxialSteps, draw_slice  # noqa: E402

TINY = AxialConfig(
    channels=(4, 8), crop=64, batch=2, steps=4, phantoms=1, held_out=1, validate_every=4
)


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """A folder with the two phantoms that a tiny run needs."""
    folder = tmp_path_factory.mktemp("phantoms")
    store_cases(folder, range(1), TINY.seed)
    store_cases(folder, range(100_000, 100_001), TINY.seed)
    return folder


def ramp_case():
    """A stack whose signal and codes tell from which slice and pixel they came."""
    codes = np.zeros((3, 101, 101), dtype=np.uint8)
    codes[:, 40:60, 30:50] = 3
    signal = np.zeros(codes.shape, dtype=np.float32)
    signal[codes == 3] = 0.5
    signal += np.arange(3, dtype=np.float32)[:, None, None] * 0.1
    return AxialCase(name="ramp", signal=signal, codes=codes, spacing_mm=(4.0, 0.6, 0.6))


def test_a_stored_phantom_is_the_one_that_is_made(phantoms):
    made, stored = make_case(0, TINY.seed), read_case(phantoms / "00000.npz")
    assert np.array_equal(made.codes, stored.codes)
    assert np.abs(made.signal - stored.signal).max() < 1e-3
    assert made.spacing_mm == pytest.approx(stored.spacing_mm)


def test_labels_stay_on_the_signal_in_any_pose():
    for seed in range(20):
        signal, codes = draw_slice(ramp_case(), np.random.default_rng(seed), 0.6, 96)
        assert signal.shape == (3, 96, 96)
        inside = signal[1] > signal[1].median() + 0.25
        assert ((codes == 3) == inside).float().mean() > 0.98


def test_the_middle_channel_lies_between_its_neighbors():
    order = set()
    for seed in range(40):
        signal, _ = draw_slice(ramp_case(), np.random.default_rng(seed), 0.6, 32)
        levels = [round(float(plane.min()) * 10) for plane in signal]
        order.add(tuple(levels))
        assert levels[1] in {0, 1, 2}
    assert {(0, 1, 2), (2, 1, 0), (1, 1, 1)} <= order
    assert (1, 2, 2) in order or (2, 2, 1) in order


def test_a_step_depends_on_its_number_alone(phantoms):
    steps = AxialSteps(TINY, phantoms)
    first, again, other = steps[1], steps[1], steps[2]
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == (2, 3, 64, 64)
    assert first[1].dtype == torch.int64


class Killed(AxialSteps):
    """Batches that break off, as a kill would, before the third step."""

    def __getitem__(self, step):
        if step == 2:
            msg = "killed"
            raise ValueError(msg)
        return super().__getitem__(step)


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_it_had_not_been(phantoms, tmp_path, monkeypatch):
    whole = torch.load(train_axial(TINY, tmp_path / "whole", phantoms), weights_only=True)
    part = tmp_path / "part"
    with monkeypatch.context() as patch:
        patch.setattr("cauda.training.axial.SAVE_EVERY_S", -1.0)
        patch.setattr("cauda.training.axial.AxialSteps", Killed)
        with pytest.raises(ValueError, match="killed"):
            train_axial(TINY, part, phantoms)
    assert torch.load(part / CHECKPOINT, weights_only=True)["step"] == 2
    again = torch.load(train_axial(TINY, part, phantoms), weights_only=True)
    assert all(torch.equal(whole[k], again[k]) for k in whole)
    rows = [json.loads(line) for line in (part / PROGRESS).read_text().splitlines()]
    assert "dice_disc" in rows[-1]


def write(path: Path, table) -> Path:
    path.write_text(json.dumps({"training": table}))
    return path


def test_a_config_is_read_with_its_defaults(tmp_path):
    config = read_axial_config(write(tmp_path / "t.json", {"plane": "axial", "channels": [8, 16]}))
    assert config == AxialConfig(channels=(8, 16))


@pytest.mark.parametrize(
    ("table", "message"),
    [({}, "not 'axial'"), ({"plane": "sagittal"}, "not 'axial'"), ({"sped": 1}, "'sped'")],
)
def test_a_wrong_config_says_what_is_wrong(tmp_path, table, message):
    with pytest.raises(UsageError, match=message):
        read_axial_config(write(tmp_path / "t.json", table))
