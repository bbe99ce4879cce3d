import numpy as np
import pytest

from cauda.training.config import TrainConfig
from cauda.training.dataset import Steps, choose_from
from cauda.training.journal import opened_journal
from cauda.training.loop import Desk, optimizer_step, train
from cauda.training.losses import PartialLabelLoss
from cauda.training.spider import Case
from cauda.training.state import prepared
from cauda.training.team import Team

SMALL = TrainConfig(
    channels=(4, 8),
    crop=(32, 32),
    real=2,
    phantom=1,
    phantom_from=4,
    steps=40,
    validate_every=20,
    workers=0,
)


def square_steps(config, seed=0):
    """Batches of a bright square that is a disc."""
    rng = np.random.default_rng(seed)
    codes = np.zeros((4, 64, 64), dtype=np.uint8)
    codes[:, 20:40, 20:40] = 3
    signal = (codes == 3) + rng.normal(0, 0.05, codes.shape)
    case = Case(name="a", signal=signal.astype(np.float32), codes=codes, spacing_mm=(4.0, 1.0, 1.0))
    return Steps(config, choose_from([case]), choose_from([case]))


def dice_of_nothing(_network):
    return {"dice_square": 0.5}


def gradients(config, steps, folder, team, weights):
    """Loss and gradients of the first step, as every process of a team sees them."""
    run = prepared(config, folder / "none", team, weights)
    loss_of = PartialLabelLoss(config.dice_weight)
    forward = team.joined(run.network)
    loss = optimizer_step(run, forward, loss_of, steps[0], config, team)
    return loss, [p.grad.clone() for p in run.network.parameters()]


@pytest.fixture
def gradients_of():
    return gradients


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def steps_of():
    return square_steps


@pytest.fixture
def train_small():
    """Train a tiny network; every part can be replaced."""

    def run(folder, *, config=SMALL, steps=None, validate=dice_of_nothing, team=None, weights=None):
        with opened_journal(folder, config.steps) as journal:
            desk = Desk(folder=folder, validate=validate, journal=journal, team=team or Team())
            return train(config, steps or square_steps(config), desk, weights)

    return run
