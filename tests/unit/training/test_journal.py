import json
import logging
import sys

import pytest
from rich.console import Console

from cauda.training.journal import opened_journal


def test_rows_are_kept_and_logged(tmp_path, caplog):
    with caplog.at_level(logging.INFO), opened_journal(tmp_path, 10) as journal:
        journal.row(1, {"loss": 2.0})
    assert json.loads((tmp_path / "progress.jsonl").read_text()) == {"step": 1, "loss": 2.0}
    assert "step 1" in caplog.text


def test_rows_of_steps_to_be_done_again_are_forgotten_and_a_cut_row_too(tmp_path):
    with opened_journal(tmp_path, 10) as journal:
        for step in (1, 2, 3):
            journal.row(step, {"loss": 1.0})
    with (tmp_path / "progress.jsonl").open("a") as out:
        out.write('{"step": 2, "lo')
    with opened_journal(tmp_path, 10) as journal:
        journal.resume(2)
    lines = (tmp_path / "progress.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_the_bar_is_drawn_on_a_terminal_only(tmp_path, capsys):
    with opened_journal(tmp_path, 10, console=Console(force_terminal=True)) as journal:
        journal.advance(10)
    assert "100%" in capsys.readouterr().out
    with opened_journal(tmp_path, 10, console=Console()) as journal:
        journal.advance(10)
    assert not capsys.readouterr().out.strip()


def test_without_tensorboard_a_message_says_so_and_the_run_goes_on(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with caplog.at_level(logging.WARNING), opened_journal(tmp_path, 1, tensorboard=True) as journal:
        journal.row(1, {"loss": 1.0})
    assert "not installed" in caplog.text
    assert (tmp_path / "progress.jsonl").read_text()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_tensorboard_gets_the_same_figures(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with opened_journal(tmp_path, 2, tensorboard=True) as journal:
        journal.row(1, {"loss": 2.5})
        journal.row(2, {"loss": 1.5})
    events = reading.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 2.5), (2, 1.5)]
