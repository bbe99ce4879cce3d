import dataclasses
import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from torch.utils.data import Dataset

from cauda.errors import UsageError
from cauda.training.team import DEVICES, choose_device

ONE_OF_TWO = """
import dataclasses, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import SMALL, square_steps, dice_of_nothing
from cauda.training.journal import opened_journal
from cauda.training.loop import Desk, train
from cauda.training.recipe import OWN_SEED
from cauda.training.team import gathered_team
import torch
torch.set_num_threads(1)
folder = Path(sys.argv[1])
with gathered_team("cpu") as team, opened_journal(folder, 3) as journal:
    config = dataclasses.replace(SMALL, steps=3, seed=SMALL.seed + OWN_SEED * team.rank)
    desk = Desk(folder=folder, validate=dice_of_nothing, journal=journal, team=team)
    weights = torch.load(folder / "start.pt", weights_only=True)
    average = train(config, square_steps(config), desk, weights)
    torch.save(average.state_dict(), folder / f"end{team.rank}.pt")
"""


class Both(Dataset):
    """The batches of both processes as one, twice as large."""

    def __init__(self, first, second):
        self.parts = (first, second)

    def __len__(self):
        return len(self.parts[0])

    def __getitem__(self, step):
        pairs = zip(*(part[step] for part in self.parts), strict=True)
        return tuple(torch.cat(pair) for pair in pairs)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def two_processes(tmp_path):
    """Start two processes as torchrun does, and wait for both."""

    def start(folder):
        base = os.environ | {
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(free_port()),
            "GLOO_SOCKET_IFNAME": "lo",
            "OMP_NUM_THREADS": "1",
        }
        here = os.path.dirname(__file__)
        command = [sys.executable, "-c", ONE_OF_TWO, str(folder), here]
        ranks = [{"RANK": str(n), "LOCAL_RANK": str(n)} for n in range(2)]
        both = [
            subprocess.Popen(command, env=base | own, stderr=subprocess.PIPE) for own in ranks
        ]
        for process in both:
            _, said = process.communicate(timeout=240)
            assert process.returncode == 0, said.decode()

    return start


@pytest.mark.slow
def test_two_processes_step_as_one_with_twice_the_batch(
    tmp_path, two_processes, train_small, steps_of, small
):
    from cauda.nets.network import build_network
    from cauda.training.recipe import OWN_SEED

    torch.manual_seed(5)
    start = build_network(small.channels).state_dict()
    (tmp_path / "two").mkdir()
    torch.save(start, tmp_path / "two" / "start.pt")
    two_processes(tmp_path / "two")
    short = dataclasses.replace(small, steps=3)
    other = dataclasses.replace(short, seed=small.seed + OWN_SEED)
    joint = Both(steps_of(short), steps_of(other))
    alone = train_small(tmp_path / "one", config=short, steps=joint, weights=start)

    ends = [torch.load(tmp_path / "two" / f"end{n}.pt", weights_only=True) for n in range(2)]
    for name, value in alone.state_dict().items():
        assert torch.equal(ends[0][name], ends[1][name])
        moved = (value - start[name]).abs().max()
        assert (ends[0][name] - value).abs().max() <= max(0.02 * float(moved), 2e-6)

    def losses(folder):
        lines = (folder / "progress.jsonl").read_text().splitlines()
        return [row["loss"] for row in map(json.loads, lines) if "loss" in row]

    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=2e-3)


def test_every_named_device_is_chosen_or_refused_in_words():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in DEVICES
    with pytest.raises(UsageError, match="tpu"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="no cuda device"):
            choose_device("cuda")


@pytest.mark.gpu
def test_the_same_loop_trains_on_a_gpu(tmp_path, train_small):
    from cauda.training.team import Team

    train_small(tmp_path, team=Team(device=choose_device("cuda")))
    rows = [json.loads(r) for r in (tmp_path / "progress.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
