"""The scripts' own arithmetic: what is kept between runs, and how many patches a volume takes."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from cauda.evaluation.robustness import Condition
from cauda.evaluation.segmentation import THREE_LABELS, LabelledCase
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast

SCRIPTS = Path(__file__).parents[3] / "scripts"
SAME = Condition(name="as it is", level="", change=lambda case: case)


def load(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def counting():
    """A segmenter that finds nothing, and how often it was asked."""
    asked = []

    def segmenter(series):
        asked.append(series.key)
        probabilities = np.zeros((len(STRUCTURES), *series.volume.space.shape))
        probabilities[0] = 1
        return Segmentation(
            series=series.key,
            probabilities=probabilities,
            space=series.volume.space,
            signal=np.asarray(series.volume.voxels),
            bundle="by hand",
            contrast=Contrast.UNKNOWN,
        )

    return segmenter, asked


def test_a_score_is_kept_between_runs_until_the_weights_change(tmp_path, counting):
    pytest.importorskip("torch")
    robustness = load("robustness")
    segmenter, asked = counting
    masks = {n: np.zeros((2, 8, 8), dtype=bool) for n in THREE_LABELS}
    masks["disc"][:, 2:5, 2:5] = True
    case = LabelledCase(
        name="a", signal=np.ones((2, 8, 8)), masks=masks, spacing_mm=(4.0, 1.0, 1.0)
    )
    for weights, expected in (("one", 1), ("one", 1), ("two", 2)):
        cache = robustness.Cache(tmp_path / "cache.jsonl", weights)
        found = cache.score("patients", SAME, case, segmenter)
        assert found["disc"] == 0.0
        assert np.isnan(found["canal"])
        assert len(asked) == expected


def test_windows_that_overlap_by_half_are_counted():
    pytest.importorskip("torch")
    benchmark = load("benchmark")
    # 75 x 307 x 307 mm: one window across, three or four along each of the others.
    assert benchmark.tiles((1.0, 1.0, 1.0), (80, 160, 160)) == 9
    assert benchmark.tiles((1.0, 1.0, 1.0), (128, 128, 128)) == 16
    assert benchmark.tiles((4.4, 0.6, 0.6), (17, 512, 512)) == 1
