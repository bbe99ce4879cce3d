"""The command line as a person meets it: help, examples, speed, explanations."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "cauda")
COMMANDS = ("analyze", "segment", "explain", "phantom", "train", "evaluate", "info")


BOUND_S = 0.75 if "PYTEST_XDIST_WORKER" in os.environ else 0.5
"""Half a second on a quiet machine; test workers on the same cores stretch processor time too."""


def seconds(*arguments: str) -> float:
    """The smaller of wall and processor time: one is stretched by other work, one by threads."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, capture_output=True)
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return min(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("explain", "--symptom", "night toe cramps", "--side", "right")],
    ids=lambda a: a[0],
)
def test_answers_within_half_a_second(arguments: tuple[str, ...]) -> None:
    assert min(seconds(*arguments) for _ in range(5)) <= BOUND_S


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
        ("--symptom", "pain", "--side", "both"),
    ],
)
def test_half_a_question_is_refused(
    arguments: tuple[str, ...], cauda: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cauda("explain", *arguments) == 2
    assert capsys.readouterr().err.startswith("cauda: ")
