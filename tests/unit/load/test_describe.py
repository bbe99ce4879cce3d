"""Plane and contrast from what the header says; real header rows and edge cases."""

from __future__ import annotations

import ast
import csv
import math

import numpy as np
import pytest

from cauda.load.describe import has_agent, plane_of, weighting_of
from cauda.load.facts import Facts, says, split_words
from cauda.vocab import Contrast, Plane


def leaning(degrees):
    """Upward normal of an axial slice whose front edge lies lower by this angle."""
    a = math.radians(degrees)
    return np.array([0.0, -math.sin(a), math.cos(a)])


@pytest.mark.parametrize(
    ("normal", "plane"),
    [
        ((1, 0, 0), Plane.SAGITTAL),
        ((-0.97, 0.2, 0.14), Plane.SAGITTAL),
        ((0, 1, 0), Plane.CORONAL),
        ((0, 0, -1), Plane.AXIAL),
        (leaning(40), Plane.AXIAL),
        (leaning(60), Plane.AXIAL),
        (-leaning(60), Plane.AXIAL),
        (leaning(75), Plane.CORONAL),
        (leaning(-60), Plane.CORONAL),
        (leaning(-30), Plane.AXIAL),
    ],
)
def test_plane(normal, plane):
    assert plane_of(np.asarray(normal, dtype=float)) is plane


@pytest.mark.parametrize(
    ("facts", "contrast", "suppressed"),
    [
        # timing of real spin-echo protocols
        ({"echo_ms": 13.8, "repetition_ms": 716}, Contrast.T1, False),
        ({"echo_ms": 120, "repetition_ms": 3563}, Contrast.T2, False),
        ({"echo_ms": 124, "repetition_ms": 1000}, Contrast.T2, False),
        # inversion recovery
        (
            {"echo_ms": 60, "repetition_ms": 4000, "inversion_ms": 160, "sequence": ("IR", "SE")},
            Contrast.STIR,
            True,
        ),
        (
            {"echo_ms": 60, "repetition_ms": 4000, "inversion_ms": 220, "sequence": ("SE",)},
            Contrast.STIR,
            True,
        ),
        ({"echo_ms": 90, "repetition_ms": 5570, "sequence": ("IR", "SE")}, Contrast.STIR, True),
        (
            {"echo_ms": 12, "repetition_ms": 2200, "inversion_ms": 860, "sequence": ("IR", "SE")},
            Contrast.T1,
            False,
        ),
        (
            {"echo_ms": 100, "repetition_ms": 9000, "inversion_ms": 2500, "sequence": ("IR", "SE")},
            Contrast.UNKNOWN,
            False,
        ),
        # fat saturation
        ({"echo_ms": 80, "repetition_ms": 4000, "fat_saturated": True}, Contrast.STIR, True),
        ({"echo_ms": 12, "repetition_ms": 600, "fat_saturated": True}, Contrast.T1, True),
        # neither T1 nor T2
        ({"echo_ms": 15, "repetition_ms": 3000}, Contrast.UNKNOWN, False),
        ({"echo_ms": 20, "repetition_ms": 600, "sequence": ("GR",)}, Contrast.UNKNOWN, False),
        (
            {"echo_ms": 4, "repetition_ms": 8, "sequence": ("GR",), "variant": ("SP",)},
            Contrast.T1,
            False,
        ),
        # description last
        ({"words": split_words("t2_tse_sag")}, Contrast.T2, False),
        ({"words": split_words("sT1W_TSE")}, Contrast.T1, False),
        ({"words": split_words("T2 fat sat")}, Contrast.STIR, True),
        ({"words": split_words("STIR_longTE")}, Contrast.STIR, True),
        ({"words": split_words("sag T12 to L5")}, Contrast.UNKNOWN, False),
        ({"words": split_words("t1 and t2")}, Contrast.UNKNOWN, False),
        ({"echo_ms": 45, "repetition_ms": 800, "words": split_words("T1")}, Contrast.T1, False),
    ],
)
def test_contrast(facts, contrast, suppressed):
    found = weighting_of(Facts(**facts))
    assert (found.contrast, found.fat_suppressed) == (contrast, suppressed)
    assert found.because


@pytest.mark.parametrize("description", ["t1_tse_sag", "tirm sag", "nonsense"])
def test_the_description_never_overrules_the_timing_but_a_contradiction_is_said(description):
    facts = Facts(echo_ms=100, repetition_ms=3500, words=split_words(description))
    found = weighting_of(facts)
    assert found.contrast is Contrast.T2
    assert bool(found.warning) == (description != "nonsense")


def test_only_an_undecided_contrast_is_open():
    assert weighting_of(Facts()).is_open
    assert not weighting_of(Facts(echo_ms=15, repetition_ms=3000)).is_open
    assert not weighting_of(Facts(words=split_words("t2"))).is_open


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("t1_tse_sag +C", True),
        ("T1 SAG POST GAD", True),
        ("t1 sag nach KM", True),
        ("T1 sag pre gad", False),
        ("T1 sag ohne KM", False),
        ("t1_tse_sag posterior", False),
    ],
)
def test_contrast_agent(text, given):
    assert has_agent(Facts(words=split_words(text))) is given
    assert has_agent(Facts(words=split_words(text), agent_in_header=True))


@pytest.mark.parametrize(
    ("text", "subject", "word"),
    [
        ("t2 C-spine", "elsewhere", "cspine"),
        ("LOC 3-plane", "localizer", "3plane"),
        ("location", "localizer", ""),
        ("MRI LWK", "lumbar", "lwk"),
        ("L-Spine", "lumbar", "lspine"),
        ("t2_tse", "t1", ""),
        ("T10", "t1", ""),
    ],
)
def test_words(text, subject, word):
    assert says(split_words(text), subject) == word


def test_every_real_header_row_is_told_right_by_timing_alone(real_data):
    with (real_data / "spider_tables" / "overview.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    wrong = []
    for row in rows:
        spelled = row["ScanningSequence"]
        sequence = tuple(ast.literal_eval(spelled)) if spelled.startswith("[") else (spelled,)
        facts = Facts(
            sequence=sequence,
            echo_ms=float(row["EchoTime"]),
            repetition_ms=float(row["RepetitionTime"]),
        )
        truth = Contrast.T1 if row["new_file_name"].endswith("_t1") else Contrast.T2
        truth = Contrast.STIR if "IR" in sequence else truth
        if weighting_of(facts).contrast is not truth:
            wrong.append(row["new_file_name"])
    assert len(rows) == 350
    assert not wrong
