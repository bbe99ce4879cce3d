"""Learning on crops whose answer is plain to see: the loss falls, the exported graph agrees."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cauda.nets.crop_questions import CANAL_TASK, FORAMEN_TASK
from cauda.nets.engines import predictor
from cauda.training.crops.export import TOLERANCE, export
from cauda.training.crops.fit import fitted
from cauda.training.crops.learn import Plan, answers, learn, loss_of
from cauda.training.crops.sample import UNTOLD


def _foramina(count: int, seed: int):
    """Crops whose middle is the darker the worse the grade."""
    rng = np.random.default_rng(seed)
    ranks = rng.integers(0, 4, count)
    crops = rng.integers(150, 255, (count, *FORAMEN_TASK.box.shape)).astype(np.uint8)
    for crop, rank in zip(crops, ranks, strict=True):
        crop[:, 20:44, 20:44] -= (40 * rank).astype(np.uint8)
    return crops, ranks[:, None].astype(np.int8), np.zeros((count, 0), dtype=np.int8)


@pytest.fixture(scope="module")
def learned():
    losses = []
    plan = Plan(steps=60, batch=16, rate=3e-3)
    network = learn(FORAMEN_TASK, _foramina(160, 1), plan, lambda _step, loss: losses.append(loss))
    return network, losses


def test_the_loss_falls_and_unseen_crops_are_graded(learned):
    network, losses = learned
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])
    crops, ranks, _ = _foramina(80, 2)
    fit = fitted(FORAMEN_TASK, answers(network, crops).double().numpy(), ranks.astype(np.int64))
    assert fit["foramen"].agreement > 0.8
    assert fit["foramen"].count == 80


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_exported_graph_gives_what_the_network_gives(learned, tmp_path):
    network, _ = learned
    export(network, FORAMEN_TASK, tmp_path / "foramen.onnx")
    crops = _foramina(3, 3)[0]
    found = predictor(tmp_path / "foramen.onnx")(crops.astype(np.float32) / 255)
    np.testing.assert_allclose(found, answers(network, crops).numpy(), atol=TOLERANCE)


def test_an_untold_grade_costs_nothing():
    logits = torch.zeros((2, CANAL_TASK.outputs))
    told = torch.tensor([[1, 0, 0, 0], [1, 0, 0, 0]])
    untold = torch.tensor([[1, UNTOLD, 0, 0], [1, UNTOLD, 0, 0]])
    changed = logits.clone()
    changed[:, CANAL_TASK.columns("canal")] = 5.0
    assert loss_of(CANAL_TASK, changed, told) > loss_of(CANAL_TASK, logits, told)
    torch.testing.assert_close(
        loss_of(CANAL_TASK, changed, untold), loss_of(CANAL_TASK, logits, untold)
    )
