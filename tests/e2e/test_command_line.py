"""The command line as a person meets it: help, examples, speed, explanations."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "cauda")
COMMANDS = ("analyze", "segment", "explain", "phantom", "train", "evaluate", "info")


def cpu_seconds(*arguments: str) -> float:
    """Processor time of one run, which a busy machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([COMMAND, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("explain", "--symptom", "night toe cramps", "--side", "right")],
    ids=lambda a: a[0],
)
def test_answers_within_half_a_second(arguments: tuple[str, ...]) -> None:
    assert min(cpu_seconds(*arguments) for _ in range(3)) <= 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(
    command: str, cauda: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda(command, "--help") == 0
    assert f"cauda {command}" in capsys.readouterr().out


def test_a_finding_is_led_to_its_root(
    cauda: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda("explain", "--level", "L5-S1", "--zone", "subarticular", "--side", "left") == 0
    said = capsys.readouterr().out
    assert "S1 root, left" in said
    assert "right" not in said
    assert said.index("EMERGENCY") < said.index("S1 root")


def test_a_symptom_is_led_back_to_candidates(
    cauda: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda("explain", "--symptom", "my toes cramp at night on the left") == 0
    said = capsys.readouterr().out
    assert "S1 nerve root" in said
    assert said.index("EMERGENCY") < said.index("S1 nerve root")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--level", "L5-S1"),
        ("--level", "L9", "--zone", "central"),
        ("--symptom", "pain", "--zone", "central"),
    ],
)
def test_half_a_question_is_refused(
    arguments: tuple[str, ...], cauda: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda("explain", *arguments) == 2
    assert capsys.readouterr().err.startswith("cauda: ")
