"""Features and opinions on a drawn slice whose every length and signal is known."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from cauda.errors import BundleError
from cauda.geometry import Frame, Space
from cauda.nets.bundles import HASHES, METADATA, file_sha256, find_bundle
from cauda.nets.features import compared, level_features
from cauda.nets.forest import Forest
from cauda.nets.graders import WEIGHTS, grader
from cauda.nets.kernel import Kernel
from cauda.records import Conus, LevelInstance, Numbering, Segmentation, Series, Spine, Study
from cauda.vocab import STRUCTURES, Condition, Contrast, Level, Plane, Scale, Structure

PIXEL = 0.75
SHAPE = (120, 160)
"""Columns to the back and rows upward: 90 mm by 120 mm."""
LEFT, UP, BACK = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)


def _draw(step_mm=0.0, beyond_mm=0.0, thick_mm=9.0):
    """Sacrum, disc, L5, disc, L4: 33 mm deep, bodies 27 mm high, a sac of 12 mm behind."""
    y = (np.arange(SHAPE[0]) - 59.5)[:, None] * PIXEL
    z = (np.arange(SHAPE[1]) - 79.5)[None, :] * PIXEL
    kind = np.zeros(SHAPE, dtype=int)
    instance = np.zeros(SHAPE, dtype=int)
    edges = np.cumsum([-58.0, 40.0, thick_mm, 27.0, thick_mm, 27.0])
    parts = [(1, Structure.SACRUM), (101, Structure.DISC), (2, Structure.BODY),
             (102, Structure.DISC), (3, Structure.BODY)]  # fmt: skip
    for n, (label, structure) in enumerate(parts):
        front = -step_mm if label in (2, 102, 3) else 0.0
        more = beyond_mm if label == 101 else 0.0
        inside = (y > -18 + front) & (y < 15 + front + more) & (z > edges[n]) & (z < edges[n + 1])
        kind[inside], instance[inside] = STRUCTURES.index(structure), label
    sac = (y > 17) & (y < 29) & np.ones_like(z, bool)
    kind[sac], instance[sac] = STRUCTURES.index(Structure.SAC), 50
    centers = [(edges[n] + edges[n + 1]) / 2 for n in (1, 3)]
    return kind, instance, centers


def _segmentation(kind, contrast, signals):
    signal = np.zeros(SHAPE, dtype=np.float32)
    for structure, value in signals.items():
        signal[kind == STRUCTURES.index(structure)] = value
    matrix = np.diag([4.0, PIXEL, PIXEL, 1.0])
    matrix[1, 3], matrix[2, 3] = -59.5 * PIXEL, -79.5 * PIXEL
    return Segmentation(
        series=f"sag_{contrast.value.lower()}",
        probabilities=np.stack([kind == n for n in range(len(STRUCTURES))]).astype(np.float32)[
            :, None
        ],
        space=Space.from_matrix((1, *SHAPE), matrix),
        signal=signal[None],
        bundle="test",
        contrast=contrast,
    )


T2 = {Structure.SACRUM: 100, Structure.BODY: 100, Structure.DISC: 60, Structure.SAC: 300}
T1 = {Structure.SACRUM: 200, Structure.BODY: 200, Structure.DISC: 150, Structure.SAC: 50}


def _case(contrasts=(Contrast.T2, Contrast.T1), disc_signal=60, **drawn):
    kind, instance, centers = _draw(**drawn)
    signals = {Contrast.T2: {**T2, Structure.DISC: disc_signal}, Contrast.T1: T1}
    segmentations = tuple(_segmentation(kind, c, signals[c]) for c in contrasts)
    levels = tuple(
        LevelInstance(
            name=name, alternate=None, label=101 + n, above=n + 2, below=n + 1,
            frame=Frame(
                origin_lps=(0.0, 0.0, z), left_lps=LEFT, posterior_lps=BACK, up_lps=UP
            ),
        )
        for n, (name, z) in enumerate(zip((Level.L5_S1, Level.L4_L5), centers, strict=True))
    )  # fmt: skip
    spine = Spine(
        vertebrae=(),
        levels=levels,
        numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="not looked for"),
        instances=MappingProxyType({s.series: instance[None] for s in segmentations}),
    )
    return spine, segmentations


def test_lengths_are_those_drawn():
    spine, segmentations = _case(thick_mm=9.0, beyond_mm=4.5, step_mm=3.0)
    lowest, next_up = (f.numbers for f in level_features(spine, segmentations, ()))
    assert lowest["thick_50"] == pytest.approx(9.0, abs=0.8)
    assert lowest["back_step_mm"] == pytest.approx(-3.0, abs=0.8)
    assert next_up["back_step_mm"] == pytest.approx(0.0, abs=0.8)
    assert next_up["back_depth_mm"] == pytest.approx(0.0, abs=0.8)
    assert lowest["back_depth_mm"] > 4.0
    assert lowest["canal_mm"] == pytest.approx(12.0, abs=1.0)
    assert (lowest["position"], next_up["position"]) == (0, 1)


def test_signals_are_in_units_of_fluid_and_marrow():
    spine, segmentations = _case()
    numbers = level_features(spine, segmentations, ())[0].numbers
    assert numbers["t2_fluid"] == pytest.approx(3.0)
    assert numbers["t2_core"] == pytest.approx(60 / 300)
    assert numbers["t1_core"] == pytest.approx(150 / 200)
    assert numbers["t2_spread"] == pytest.approx(0.0, abs=0.02)
    assert numbers["t1_upper_middle"] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("factor", [0.3, 7.0])
def test_the_scale_of_the_signal_does_not_matter(factor):
    spine, segmentations = _case()
    scaled = tuple(replace(s, signal=np.array(s.signal) * factor) for s in segmentations)
    first = level_features(spine, segmentations, ())[1].numbers
    assert level_features(spine, scaled, ())[1].numbers == pytest.approx(
        first, nan_ok=True, rel=1e-3, abs=1e-4
    )


def test_a_missing_contrast_is_nan_not_zero():
    spine, segmentations = _case(contrasts=(Contrast.T1,))
    numbers = level_features(spine, segmentations, ())[0].numbers
    assert np.isnan([numbers["t2_core"], numbers["t2_fluid"], numbers["t2_upper_back"]]).all()
    assert numbers["t1_core"] == pytest.approx(0.75)


def test_a_level_far_from_every_slice_has_no_features():
    spine, segmentations = _case()
    far = tuple(
        replace(lv, frame=replace(lv.frame, origin_lps=(30.0, 0.0, 0.0))) for lv in spine.levels
    )
    assert level_features(replace(spine, levels=far), segmentations, ()) == ()


def test_steps_are_agreed_only_where_both_walls_move():
    base = {"back_step_mm": -4.0, "slip_mm": float("nan"), "disc_height_middle_mm": 9.0,
            "nucleus_csf_ratio": 0.3, "t2_core": 0.3, "height_share": 0.2,
            "area_mm2": 250.0}  # fmt: skip
    found = compared([base | {"front_step_mm": f} for f in (-3.0, 3.0)])
    assert [f["step_least_mm"] for f in found] == [-3.0, 0.0]
    assert found[0]["step_any_mm"] == 4.0
    assert found[0]["disc_height_middle_mm_to_near"] == 1.0


def _forest(outputs):
    """One tree: disc with a signal above 0.5 of CSF, or not."""
    value = np.zeros((3, outputs), dtype=np.uint8)
    value[1], value[2] = 230, 20
    return Forest(
        roots=np.array([0], np.int32),
        feature=np.array([0, -1, -1], np.int16),
        threshold=np.array([0.5, 0, 0], np.float32),
        left=np.array([1, 0, 0], np.int32),
        right=np.array([2, 0, 0], np.int32),
        missing_left=np.array([False] * 3),
        value=value,
    )


def _kernel(outputs):
    pixels = 2 * 32 * 18
    ones, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    return Kernel(
        low=none, high=ones, mean=none, spread=ones, basis=np.zeros((1, pixels), np.float32),
        basis_mean=np.zeros(pixels, np.float32), basis_spread=ones,
        rows=np.zeros((1, 2), np.float32), weights=np.zeros((1, outputs), np.float32),
        base=np.full(outputs, 0.5, np.float32), width=np.array(0.2, np.float32),
    )  # fmt: skip


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "small_graders"
    for part in (WEIGHTS, METADATA):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"forest_{k}": v for k, v in _forest(5).arrays().items()}
    arrays |= {f"kernel_{k}": v for k, v in _kernel(5).arrays().items()}
    np.savez_compressed(folder / WEIGHTS, **arrays)
    plain = {"share": 1.0, "slope": 1.0}
    questions = [
        {"condition": "disc_degeneration", "scale": "Pfirrmann 2001", "columns": [0, 4],
         "needs": ["T2"], "offsets": [2.0, 1.0, 0.0, -1.0], **plain},
        {"condition": "endplate_change", "scale": "absent/present", "columns": [4, 5],
         "needs": ["T2", "T1"], "offsets": [0.0], **plain},
    ]  # fmt: skip
    card = {"version": "9.9.9", "graders": {"features": ["t2_core"], "questions": questions}}
    (folder / METADATA).write_text(json.dumps(card))
    (folder / HASHES).write_text(f"{file_sha256(folder / WEIGHTS)}  {WEIGHTS}\n")
    return folder


def _study(*segmentations, **changed):
    return Study(
        series=tuple(
            Series(key=s.series, plane=Plane.SAGITTAL, contrast=s.contrast, volume=None, used=True,
                   reason="drawn", **changed)
            for s in segmentations
        )
    )  # fmt: skip


def test_every_level_gets_calibrated_opinions_without_a_side(bundle):
    spine, segmentations = _case()
    given = grader(bundle)(_study(*segmentations), segmentations, spine, ())
    assert {(o.condition, o.level) for o in given} == {
        (c, lv)
        for c in (Condition.DISC_DEGENERATION, Condition.ENDPLATE_CHANGE)
        for lv in (Level.L5_S1, Level.L4_L5)
    }
    for opinion in given:
        assert tuple(opinion.probabilities) == opinion.scale.grades
        assert sum(opinion.probabilities.values()) == pytest.approx(1.0)
        assert min(opinion.probabilities.values()) >= 0
        assert (opinion.side, opinion.validation) == (None, "real")
        assert opinion.grader == "small_graders 9.9.9"
    dark = next(o for o in given if o.scale is Scale.PFIRRMANN)
    assert dark.probabilities["I"] < 0.05


def test_no_opinion_where_a_contrast_it_needs_is_missing(bundle):
    give = grader(bundle)
    spine, segmentations = _case(contrasts=(Contrast.T2,))
    without_t1 = give(_study(*segmentations), segmentations, spine, ())
    assert {o.condition for o in without_t1} == {Condition.DISC_DEGENERATION}
    spine, segmentations = _case(contrasts=(Contrast.T1,))
    assert give(_study(*segmentations), segmentations, spine, ()) == ()


@pytest.mark.parametrize("fault", ["fat_suppressed", "contrast_agent"])
def test_no_opinion_from_marrow_that_is_not_its_own_brightness(bundle, fault):
    spine, segmentations = _case()
    study = _study(*segmentations, **{fault: True})
    assert grader(bundle)(study, segmentations, spine, ()) == ()


def test_an_empty_spine_gets_no_opinion(bundle):
    spine, segmentations = _case()
    nothing = replace(spine, levels=(), instances=MappingProxyType({}))
    assert grader(bundle)(_study(*segmentations), segmentations, nothing, ()) == ()


def test_one_changed_byte_is_refused(bundle):
    data = bytearray((bundle / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / WEIGHTS).write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        grader(bundle)


def test_a_bundle_without_graders_is_refused(bundle):
    channels = {str(n): s.value for n, s in enumerate(STRUCTURES)}
    card = {
        "version": "1",
        "network_data_format": {"outputs": {"pred": {"channel_def": channels}}},
        "cauda": {},
    }
    (bundle / METADATA).write_text(json.dumps(card))
    with pytest.raises(BundleError, match="no graders"):
        grader(bundle)


def test_the_shipped_bundle_is_small_and_tells_a_dark_disc_from_a_bright_one():
    shipped = find_bundle("cauda_graders")
    assert sum(p.stat().st_size for p in shipped.folder.rglob("*")) < 5e6
    assert shipped.sha256 == file_sha256(shipped.folder / WEIGHTS)
    give = grader(shipped)
    worse = {}
    for name, nucleus in (("dark", 30), ("bright", 240)):
        spine, segmentations = _case(disc_signal=nucleus)
        opinions = give(_study(*segmentations), segmentations, spine, ())
        assert {o.condition for o in opinions} == {
            Condition.DISC_DEGENERATION, Condition.DISC_NARROWING, Condition.DISC_BULGE,
            Condition.DISC_HERNIATION, Condition.SPONDYLOLISTHESIS, Condition.ENDPLATE_CHANGE,
        }  # fmt: skip
        grades = next(o for o in opinions if o.scale is Scale.PFIRRMANN).probabilities
        worse[name] = grades["IV"] + grades["V"]
    assert worse["dark"] > worse["bright"] + 0.1
