"""The bundle's card for people: what it gives, how well, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CREDIT = (
    "SPIDER: van der Graaf et al., Lumbar spine segmentation in MR images: a dataset and a public "
    "benchmark, Scientific Data 11, 264 (2024), doi:10.1038/s41597-024-03090-w; Zenodo 10159290; "
    "CC BY 4.0. One mid-sagittal slice of T1 and T2 of each patient, with one radiologist's grades."
)
LIMITS = (
    "One reader's grades from the whole study; one slice shows no lateral herniation, so an absent "
    "herniation or bulge is one not seen near the midline. Research use only."
)

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


INTRODUCTION = """# cauda_graders

Opinions on every lumbar disc from what one mid-sagittal slice of T2, and of T1 where there is one,
shows: a probability for every grade of Pfirrmann, and for narrowing, bulge, herniation,
spondylolisthesis and Modic change being present. No opinion has a side.

| | |
|---|---|
| Input | mid-sagittal measurements; outlines and signal of 60 x 36 mm round the disc; neighbors |
| Learners | extra-trees on {features} numbers; kernel regression on these and the picture |
| Output | the learners' logits, averaged or one alone, calibrated |
| Files | `models/graders.npz`: plain arrays, no pickle; `configs/metadata.json`: card and figures |
| Given | where T2 without fat suppression shows the level; Modic also needs T1; nothing otherwise |

## Data and credits

{data}

{limits}

Features come from {network}. The shipped fit saw no disc of patients {held_out}, the validation
patients of that network. Left out for a count that contradicts itself: {left_out}.

## Figures

Five folds by patient. Blend and calibration of each fold were chosen on predictions for the other
four folds' patients by learners that had not seen them; nothing was chosen on a tested patient.
Intervals by drawing patients, 1000 times. The six validation patients of the segmentation network
are ordinary patients here.

"""
LIMITATIONS = """

## What limits each

- All: one reader, once; pictures of 8 bits whose pixel size had to be inferred; three makers.
- Pfirrmann: neighboring grades; two readers of the literature agree about as well as this.
- Narrowing: judged against neighbors by eye; a lowest disc is normally lower, and graded so or not.
- Bulge and herniation: one slice shows no lateral ones; few herniations; at the lowest two discs,
  where most discs bulge, a bulge is told apart less well than over all levels.
- Spondylolisthesis: few slips; short walls and slanted S1 endplates.
- Modic and endplates: small, lateral or anterior changes lie off the slice; nearly all are type 2,
  so types are not told apart.

Not a medical device; not for diagnosis without a radiologist who looks at the images.

## Make it again

    python scripts/train_graders.py DATA --out models/cauda_graders
"""


def card(facts: Mapping[str, Any]) -> str:
    """The bundle's ``docs/README.md``."""
    left_out = "; ".join(f"{p} ({why})" for p, why in facts["left_out"].items()) or "none"
    introduction = INTRODUCTION.format(
        features=facts["feature_count"],
        data=CREDIT,
        limits=LIMITS,
        network=facts["features_from"],
        held_out=", ".join(facts["held_out"]),
        left_out=left_out,
    )
    return introduction + tables(facts) + LIMITATIONS


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
