"""The bundle's card for people: what it gives, how well, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    "pfirrmann": "Pfirrmann I-V (quadratic weighted kappa)",
    "narrowing": "narrowing (AUC)",
    "bulge": "bulge (AUC)",
    "herniation": "herniation (AUC)",
    "spondylolisthesis": "spondylolisthesis (AUC)",
    "modic": "Modic change, any (AUC)",
    "endplate_upper": "change of the upper endplate (AUC; not shipped)",
    "endplate_lower": "change of the lower endplate (AUC; not shipped)",
}


def tables(facts: Mapping[str, Any]) -> str:
    """Markdown: the figures of every part, and those of the rule."""
    metrics = facts["metrics"]
    lines = [
        "| | all patients [95 %] | goal | calibration error | without the patients whose masks "
        "trained the network | lowest two discs | forest alone | kernel alone | discs, present |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(metrics, name, title) for name, title in TITLES.items()]
    rule = facts["rule"]
    lines += [
        "",
        f"Pfirrmann by the rule on the nucleus signal alone: kappa {rule['kappa_own_cuts']:.3f} "
        f"with the cuts of the knowledge base, {rule['kappa_cuts_out_of_fold']:.3f} with cuts "
        f"fitted to the other folds' patients ({rule['discs']} discs).",
    ]
    return "\n".join(lines)


def _line(metrics: Mapping[str, Any], name: str, title: str) -> str:
    whole = metrics["all"][name]
    low, high = whole["interval_95"]
    other = metrics["without mask patients"][name]
    lowest = metrics["lowest two discs"][name]
    cells = [
        title,
        f"{whole['value']:.3f} [{low:.3f}, {high:.3f}]",
        f"{whole['bar']:.2f}" if "bar" in whole else "",
        f"{whole['calibration_error']:.3f}",
        f"{other['value']:.3f} [{other['interval_95'][0]:.3f}, {other['interval_95'][1]:.3f}]",
        f"{lowest['value']:.3f}",
        f"{whole['alone']['forest']:.3f}",
        f"{whole['alone']['kernel']:.3f}",
        f"{whole['discs']}, {whole['present']}",
    ]
    return "| " + " | ".join(cells) + " |"
