import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import Dataset

from cauda.errors import UsageError
from cauda.nets.network import build_network
from cauda.training.lesson import OWN_SEED
from cauda.training.team import DEVICES, Team, choose_device

ONE_OF_TWO = """
import dataclasses, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import torch
from conftest import SMALL, gradients, square_steps
from cauda.training.lesson import OWN_SEED
from cauda.training.team import gathered_team
torch.set_num_threads(1)
folder = Path(sys.argv[1])
with gathered_team("cpu") as team:
    config = dataclasses.replace(SMALL, amp=False, seed=SMALL.seed + OWN_SEED * team.rank)
    weights = torch.load(folder / "start.pt", weights_only=True)
    found = gradients(config, square_steps(config), folder, team, weights)
    torch.save(found, folder / f"end{team.rank}.pt")
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
        here = str(Path(__file__).parent)
        command = [sys.executable, "-c", ONE_OF_TWO, str(folder), here]
        ranks = [{"RANK": str(n), "LOCAL_RANK": str(n)} for n in range(2)]
        both = [subprocess.Popen(command, env=base | own, stderr=subprocess.PIPE) for own in ranks]
        try:
            said = [process.communicate(timeout=540)[1].decode() for process in both]
        finally:
            for process in both:
                process.kill()
                process.communicate()
        assert [process.returncode for process in both] == [0, 0], said

    return start


@pytest.mark.slow
def test_two_processes_step_as_one_with_twice_the_batch(
    tmp_path, two_processes, steps_of, gradients_of, small
):
    torch.manual_seed(5)
    start = build_network(small.channels).state_dict()
    torch.save(start, tmp_path / "start.pt")
    two_processes(tmp_path)
    own = dataclasses.replace(small, amp=False)
    other = dataclasses.replace(own, seed=small.seed + OWN_SEED)
    joint = Both(steps_of(own), steps_of(other))
    loss, gradients = gradients_of(own, joint, tmp_path, Team(), start)

    first, second = (torch.load(tmp_path / f"end{n}.pt", weights_only=True) for n in range(2))
    assert first[0] == second[0] == pytest.approx(loss, abs=1e-5)
    largest = max(float(g.abs().max()) for g in gradients)
    for one, two, alone in zip(first[1], second[1], gradients, strict=True):
        assert torch.equal(one, two)
        assert float((one - alone).abs().max()) < 1e-4 * largest


def test_the_joint_step_is_not_that_of_one_half(tmp_path, steps_of, gradients_of, small):
    """The comparison above could fail: half the batch gives another gradient."""
    torch.manual_seed(5)
    start = build_network(small.channels).state_dict()
    own = dataclasses.replace(small, amp=False)
    other = dataclasses.replace(own, seed=small.seed + OWN_SEED)
    joint = Both(steps_of(own), steps_of(other))
    both = gradients_of(own, joint, tmp_path, Team(), start)
    half = gradients_of(own, steps_of(own), tmp_path, Team(), start)
    largest = max(float(g.abs().max()) for g in both[1])
    apart = max(float((a - b).abs().max()) for a, b in zip(both[1], half[1], strict=True))
    assert apart > 0.01 * largest


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
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    train_small(tmp_path, team=Team(device=choose_device("cuda")))
    rows = [json.loads(r) for r in (tmp_path / "progress.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
