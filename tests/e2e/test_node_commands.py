"""`cauda node`, `send` and `fetch` as commands: what they print and how they exit."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = '[node]\nstore = "store"\nport = 0\n[receive]\nallow = ["TEST"]\n'


def test_the_example_is_a_usable_configuration(cauda, capsys, tmp_path: Path) -> None:
    cauda("node", "example")
    config = tmp_path / "node.toml"
    text = capsys.readouterr().out
    config.write_text(text.replace("127.0.0.1:4242", "127.0.0.1:1"))
    assert cauda("node", "check", "--config", config) == 3
    assert "no error" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["status"], ["retry", "0" * 32], ["audit"]])
def test_before_its_first_run_a_node_has_nothing_to_show(
    cauda, capsys, tmp_path: Path, command
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    assert cauda("node", *command, "--config", config) == 2
    assert "has not run yet" in capsys.readouterr().err
    assert cauda("node", "--config", config, *command) == 2
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["node", "run", "--config", "absent.toml"], "cannot be read"),
        (["send", ".", "--to", "nowhere"], "no peer"),
        (["send", "absent", "--to", "A@127.0.0.1:1"], "does not exist"),
        (["fetch", "--from", "A@127.0.0.1:1"], "Say what to look for"),
        (["fetch", "--from", "A@127.0.0.1:1", "--study", "1.2"], "cannot be reached"),
        (["fetch", "--from", "http://127.0.0.1:1", "--study", "1.2"], "cannot be reached"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(cauda, capsys, arguments, said) -> None:
    assert cauda(*arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["node", "send", "fetch"])
def test_help_shows_an_example(cauda, capsys, command) -> None:
    assert cauda(command, "--help") == 0
    assert "Example" in capsys.readouterr().out
