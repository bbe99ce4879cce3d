"""Axial slices cut out of sagittal volumes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from cauda.training import reslice  # noqa: E402
from cauda.training.label_sets import ANY, CANAL, UNLABELLED, VERTEBRA  # noqa: E402
from cauda.training.reslice import OFFSET, cut_slice  # noqa: E402
from cauda.training.spider import Case  # noqa: E402
from cauda.vocab import STRUCTURES, Structure  # noqa: E402

DISC, ARCH = (STRUCTURES.index(s) for s in (Structure.DISC, Structure.ARCH))
SHAPE, SPACING = (30, 80, 100), (1.0, 1.0, 0.8)
"""A slab 29 mm broad, 79 mm deep and 79 mm high."""
FRONT, BACK, CANAL_BACK = 20.0, 54.0, 66.0
"""Where column and canal begin and end, in mm from the front."""
DISC_MM = 9.0
BRIGHTNESS = {UNLABELLED: 0.0, VERTEBRA: 0.35, DISC: 0.7, CANAL: 1.0, ARCH: 0.15}
SEEDS = range(12)


def slab(tilt_deg=0.0):
    """A column with one disc, whose front end lies higher by the tilt, and a canal behind it.

    The leftmost seven planes are arch.
    """
    left, back, up = (
        np.arange(n)[tuple(slice(None) if a == b else None for b in range(3))] * mm
        for a, (n, mm) in enumerate(zip(SHAPE, SPACING, strict=True))
    )
    tilt = np.deg2rad(tilt_deg)
    above = (up - 40.0) * np.cos(tilt) + (back - (FRONT + BACK) / 2) * np.sin(tilt)
    is_column = (back >= FRONT) & (back <= BACK) & (left >= 0)
    codes = np.full(SHAPE, UNLABELLED, dtype=np.uint8)
    codes[is_column & (up >= 0)] = VERTEBRA
    codes[is_column & (np.abs(above) <= DISC_MM / 2)] = DISC
    codes[(back > BACK) & (back <= CANAL_BACK) & (left >= 0) & (up >= 0)] = CANAL
    codes[23:] = ARCH
    signal = np.vectorize(BRIGHTNESS.get, otypes=[np.float32])(codes)
    return Case(name="slab", signal=signal, codes=codes, spacing_mm=SPACING)


def upright(pixels=96, pixel_mm=1.0):
    axis = (torch.arange(pixels) - (pixels - 1) / 2) * pixel_mm
    return torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)


def cut(case, seed=0, **options):
    return cut_slice(case, np.random.default_rng(seed), upright(), **options)


@pytest.fixture
def along_the_disc(monkeypatch):
    """Every slice lies at a disc, exactly along it."""
    monkeypatch.setattr(reslice, "AT_DISC", 1.0)
    monkeypatch.setattr(reslice, "TILT_DEG", (0.0, 0.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_lie_on_the_signal(seed):
    signal, codes = cut(slab(12.0), seed)
    assert signal.shape == (3, 96, 96)
    assert codes.dtype == torch.int64
    expected = torch.zeros(96, 96)
    for code, brightness in BRIGHTNESS.items():
        expected[codes == code + OFFSET] = brightness
    known = codes != ANY + OFFSET
    # Pixels at a border hold two structures, in depth as well: a slice is up to 4.6 mm thick.
    assert float((signal[1] - expected)[known].abs().median()) < 0.02
    assert float(((signal[1] - expected)[known].abs() < 0.2).float().mean()) > 0.85


@pytest.mark.parametrize("tilt_deg", [-25.0, -10.0, 0.0, 10.0, 25.0])
def test_a_slice_at_a_disc_follows_its_tilt(tilt_deg, along_the_disc):
    _, codes = cut(slab(tilt_deg))
    middle = codes[48]
    depth_mm = (BACK - FRONT) / np.cos(np.deg2rad(tilt_deg))
    assert int((middle == DISC + OFFSET).sum()) == pytest.approx(depth_mm, abs=3)
    assert int((middle == VERTEBRA + OFFSET).sum()) <= 3


def test_a_slice_against_the_tilt_would_not_be_mostly_disc(along_the_disc, monkeypatch):
    """The test above could fail: without the tilt the slice leaves the disc for both bodies."""
    monkeypatch.setattr(reslice, "_slope", lambda _case, _disc: 0.0)
    _, codes = cut(slab(25.0))
    assert int((codes[48] == VERTEBRA + OFFSET).sum()) > 8


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_known_beside_the_slab(seed):
    _, codes = cut(slab(), seed)
    half_mm = (SHAPE[0] - 1) * SPACING[0] / 2
    beside = upright()[..., 0].abs() > half_mm + 1.0
    assert bool((codes[beside] == ANY + OFFSET).all())
    assert bool((codes[48, 40:56] != ANY + OFFSET).all())


@pytest.mark.parametrize("seed", SEEDS)
def test_left_stays_left_and_posterior_stays_posterior(seed):
    signal, codes = cut(slab(), seed)
    left, posterior = (
        {code: float(where[codes == code + OFFSET].mean()) for code in BRIGHTNESS}
        for where in upright().unbind(-1)
    )
    assert left[ARCH] > 5 > left[CANAL]
    assert posterior[CANAL] > posterior[DISC if DISC in codes - OFFSET else VERTEBRA] + 5
    assert float(signal[1][codes == CANAL + OFFSET].mean()) > 0.8


def test_neighbors_lie_below_and_above_or_are_copies(along_the_disc):
    case = slab()
    ramp = np.broadcast_to(np.linspace(0, 1, SHAPE[2], dtype=np.float32), SHAPE)
    case = Case(name="ramp", signal=ramp.copy(), codes=case.codes, spacing_mm=SPACING)
    for seed in SEEDS:
        below, own, above = (float(plane[48, 48]) for plane in cut(case, seed)[0])
        step = 3.0 / (SHAPE[2] * SPACING[2])
        assert below + step < own < above - step
        alone, codes = cut(case, seed, is_alone=True)
        assert torch.equal(alone[0], alone[1])
        assert torch.equal(alone[2], alone[1])
        assert torch.equal(codes, cut(case, seed)[1])


def test_a_slice_depends_on_its_generator_alone():
    first, again, other = (cut(slab(), seed) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_a_volume_without_a_column_is_cut_in_its_middle():
    codes = np.full(SHAPE, UNLABELLED, dtype=np.uint8)
    case = Case(name="none", signal=np.zeros(SHAPE, np.float32), codes=codes, spacing_mm=SPACING)
    assert int(cut(case)[1][48, 48]) == UNLABELLED + OFFSET
