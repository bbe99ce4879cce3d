"""Training of the axial network."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from cauda.errors import UsageError

torch = pytest.importorskip("torch")
from cauda.nets.network import build_network  # noqa: E402
from cauda.training import Options, run  # noqa: E402
from cauda.training.axial import HELD_OUT_FROM, examination  # noqa: E402
from cauda.training.axial_config import AxialConfig, read_axial_config  # noqa: E402
from cauda.training.axial_phantoms import (  # noqa: E402
    AxialCase,
    choose_axial_phantom,
    draw_axial,
    read_axial_phantom,
    store_cases,
)
from cauda.training.axial_steps import AxialSteps, draw_slice  # noqa: E402
from cauda.training.config import read_config  # noqa: E402
from cauda.training.dataset import choose_from  # noqa: E402
from cauda.training.label_sets import ANY, AXIAL, UNLABELLED  # noqa: E402
from cauda.training.reslice import OFFSET  # noqa: E402
from cauda.training.spider import Case  # noqa: E402
from cauda.vocab import AXIAL_STRUCTURES, Structure  # noqa: E402

TINY = AxialConfig(
    channels=(4, 8), crop=64, batch=2, steps=4, phantoms=1, held_out=1, validate_every=4, workers=0
)
DISC = AXIAL_STRUCTURES.index(Structure.DISC)


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """A folder with the two phantoms that a tiny run needs."""
    folder = tmp_path_factory.mktemp("phantoms")
    store_cases(folder, range(1), TINY.seed)
    store_cases(folder, range(HELD_OUT_FROM, HELD_OUT_FROM + 1), TINY.seed)
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
    signal, codes, spacing_mm = draw_axial(np.random.default_rng((TINY.seed, 0)))
    stored = read_axial_phantom(phantoms, 0)
    assert np.array_equal(codes, stored.codes)
    for plane, kept in zip(signal, stored.signal, strict=True):
        assert np.corrcoef(plane.ravel(), kept.ravel())[0, 1] > 0.99
    assert spacing_mm == pytest.approx(stored.spacing_mm)


def test_labels_stay_on_the_signal_in_any_pose():
    for seed in range(20):
        signal, codes = draw_slice(ramp_case(), np.random.default_rng(seed), 0.6, 96)
        assert signal.shape == (3, 96, 96)
        inside = signal[1] > signal[1].median() + 0.25
        assert ((codes == 3) == inside).float().mean() > 0.98


def test_the_middle_channel_lies_between_its_neighbors():
    order = set()
    for seed in range(120):
        signal, _ = draw_slice(ramp_case(), np.random.default_rng(seed), 0.6, 32)
        levels = [round(float(plane.min()) * 10) for plane in signal]
        order.add(tuple(levels))
        assert levels[1] in {0, 1, 2}
    assert {(0, 1, 2), (2, 1, 0), (1, 1, 1)} <= order
    assert (1, 2, 2) in order or (2, 2, 1) in order


def test_a_step_depends_on_its_number_alone(phantoms):
    steps = AxialSteps(TINY, choose_axial_phantom(phantoms, 1, TINY.seed))
    first, again, other = steps[1], steps[1], steps[2]
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == (2, 3, 64, 64)
    assert first[1].dtype == torch.int64


def column():
    """A sagittal volume that is one disc."""
    codes = np.full((30, 40, 40), DISC, dtype=np.uint8)
    signal = np.random.default_rng(0).random(codes.shape).astype(np.float32)
    return Case(name="a", signal=signal, codes=codes, spacing_mm=(1.0, 1.0, 1.0))


def test_real_slices_come_first_and_phantoms_fill_the_batch(phantoms):
    config = dataclasses.replace(TINY, real=1)
    source = choose_axial_phantom(phantoms, 1, TINY.seed)
    _, codes = AxialSteps(config, source, choose_from([column()]))[0]
    assert set(codes[0].unique().tolist()) <= {DISC + OFFSET, ANY + OFFSET}
    assert int(codes[1].max()) < len(AXIAL_STRUCTURES)
    _, alone = AxialSteps(config, source)[0]
    assert int(alone.max()) < len(AXIAL_STRUCTURES)


def test_a_mild_slice_is_changed_less(phantoms):
    source = choose_axial_phantom(phantoms, 1, TINY.seed)
    steps = [AxialSteps(dataclasses.replace(TINY, mild=mild), source)[0] for mild in (0.0, 1.0)]
    assert torch.equal(steps[0][1][:1], steps[1][1][:1])
    assert not torch.equal(steps[0][0][:1], steps[1][0][:1])


class AlwaysDisc(torch.nn.Module):
    """A network that sees disc everywhere."""

    def forward(self, image):
        logits = torch.zeros(len(image), len(AXIAL_STRUCTURES), *image.shape[2:])
        logits[:, DISC] = 1.0
        return logits


def test_figures_count_only_where_a_label_tells():
    codes = torch.full((8, 8), ANY + OFFSET)
    codes[:4] = DISC + OFFSET
    codes[4:6] = UNLABELLED + OFFSET
    drawn = {"real": [(torch.rand(3, 8, 8), codes)], "dice": []}
    figures = examination(AXIAL, drawn, torch.device("cpu"))(AlwaysDisc())
    assert figures["real_disc"] == pytest.approx(2 * 32 / (32 + 48), abs=1e-4)
    assert not any(name.startswith("dice") for name in figures)


class Killed(AxialSteps):
    """Batches that break off, as a kill would, before the third step."""

    def __getitem__(self, step):
        if step == 2:
            msg = "killed"
            raise ValueError(msg)
        return super().__getitem__(step)


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_it_had_not_been(phantoms, tmp_path, monkeypatch):
    config = write(tmp_path / "t.json", dataclasses.replace(TINY, save_every_s=-1.0).as_json())
    whole, part = (
        Options(folder=tmp_path / name, phantoms=phantoms, device="cpu") for name in ("a", "b")
    )
    expected = torch.load(run(config, whole), weights_only=True)
    with monkeypatch.context() as patch:
        patch.setattr("cauda.training.axial.AxialSteps", Killed)
        with pytest.raises(ValueError, match="killed"):
            run(config, part)
    assert torch.load(part.folder / "checkpoint.pt", weights_only=True)["step"] == 2
    again = torch.load(run(config, part), weights_only=True)
    assert all(torch.equal(expected[k], again[k]) for k in expected)
    rows = [json.loads(line) for line in (part.folder / "progress.jsonl").read_text().splitlines()]
    assert "dice_disc" in rows[-1]
    best = torch.load(part.folder / "best.pt", weights_only=True)
    assert best["model.0.conv.unit0.conv.weight"].shape[0] == TINY.channels[0]


@pytest.mark.parametrize("named", [{"data": (Path("card"),)}, {"pseudo": Path("slices")}])
def test_sagittal_sources_are_refused_in_words(tmp_path, named):
    config = write(tmp_path / "t.json", TINY.as_json())
    with pytest.raises(UsageError, match="axial network learns from phantoms"):
        run(config, Options(folder=tmp_path / "run", device="cpu", **named))


def test_weights_of_another_network_are_refused_in_words(phantoms, tmp_path):
    torch.save(build_network((4, 8)).state_dict(), tmp_path / "sagittal.pt")
    config = write(tmp_path / "t.json", TINY.as_json())
    options = Options(
        folder=tmp_path / "run", phantoms=phantoms, init=str(tmp_path / "sagittal.pt"), device="cpu"
    )
    with pytest.raises(UsageError, match="another network"):
        run(config, options)


def write(path, table):
    path.write_text(json.dumps({"training": table}))
    return path


def test_a_config_is_read_with_its_defaults(tmp_path):
    config = read_axial_config(write(tmp_path / "t.json", {"plane": "axial", "channels": [8, 16]}))
    assert config == AxialConfig(channels=(8, 16))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "plane 'axial' is needed"),
        ({"plane": "sagittal"}, "plane 'axial' is needed"),
        ({"plane": "axial", "sped": 1}, "'sped'"),
    ],
)
def test_a_wrong_config_says_what_is_wrong(tmp_path, table, message):
    with pytest.raises(UsageError, match=message):
        read_axial_config(write(tmp_path / "t.json", table))


def test_a_config_goes_to_json_and_back_and_is_no_sagittal_one(tmp_path):
    path = write(tmp_path / "t.json", TINY.as_json())
    assert read_axial_config(path) == TINY
    with pytest.raises(UsageError, match="plane 'sagittal' is needed"):
        read_config(path)


def test_the_network_has_an_output_for_every_axial_structure():
    assert TINY.architecture == {"channels": (4, 8), "structures": len(AXIAL_STRUCTURES)}
