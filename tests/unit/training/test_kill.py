"""A run that is killed, not asked to stop, loses less than the time between two checkpoints."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

SAVE_EVERY_S = 1.0
TRAIN = """
import dataclasses, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import SMALL, dice_of_nothing, square_steps
from cauda.training.journal import opened_journal
from cauda.training.loop import Desk, train
folder = Path(sys.argv[1])
config = dataclasses.replace(SMALL, steps=10_000, validate_every=10_000, save_every_s=1.0)
with opened_journal(folder, config.steps) as journal:
    desk = Desk(folder=folder, validate=dice_of_nothing, journal=journal)
    train(config, square_steps(config), desk)
"""


def last_row(folder):
    path = folder / "progress.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return json.loads(lines[-1]) if lines else {"step": 0, "s": 0.0}


def wait_for(is_there, seconds):
    deadline = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < deadline, "the run did not get so far in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_has_lost_next_to_nothing(tmp_path, train_small, small):
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", TRAIN, str(folder), str(Path(__file__).parent)]
    process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        wait_for((folder / "checkpoint.pt").exists, 540)
        saved = (folder / "checkpoint.pt").stat().st_mtime
        wait_for(lambda: (folder / "checkpoint.pt").stat().st_mtime > saved, 240)
        wait_for(lambda: last_row(folder)["step"] >= 40, 240)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    age = time.time() - (folder / "checkpoint.pt").stat().st_mtime
    assert process.returncode == -signal.SIGKILL
    assert age < 60

    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    done = last_row(folder)
    assert state["step"] > 0
    assert (done["step"] - state["step"]) * done["s"] < 60
    longer = dataclasses.replace(small, steps=state["step"] + 5)
    train_small(folder, config=longer)
    steps = [json.loads(r)["step"] for r in (folder / "progress.jsonl").read_text().splitlines()]
    assert steps[-1] == state["step"] + 5
    assert steps == sorted(steps)
