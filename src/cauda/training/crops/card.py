"""The page that tells what the crop graders are, what they were tested on, and where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERSION = "0.1.0"
_HEAD = """# cauda_crops: a second look at foramina, recesses, canal and disc contour

Two small residual networks (MONAI `Regressor`) look at crops of the images round a level, in the
level's own frame: `foramen` at a foramen on sagittal T1 and T2 (Lee's grade), `canal` at the back
of the disc on axial T2 (Bartynski's grade of each recess, Lee's grade of the canal, Fardon's
contour, the place of a herniation). Sides are mirrored, so both are judged alike.

**Learned and tested on synthetic spines only.** No real image with such grades was at hand; every
opinion says `validation: synthetic`. Research use only, not a medical device.

Spines kept out of training, drawn with many lesions (so not how often they are in patients);
agreement is the quadratically weighted kappa, of `place` the share that is right:

| network | question | crops | agreement | ECE | slope |
|---|---|---|---|---|---|
"""
_TAIL = """
What whole studies give, with the networks finding the levels, stands in `docs/error_budget.md`.

Made with `python scripts/train_crops.py --out models/cauda_crops`.

## Where they fail

- What synthetic spines do not show: synovial cysts, scars, tumors, metal, congenital shapes.
- They judge where the level's frame is; a level found wrongly is judged wrongly.
- Contours next to each other (a bulge and a broad protrusion) are told apart by how they were
  built, which a reader may see otherwise.
"""


def card(rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Markdown of the card, with the figures of every question."""
    lines = [
        f"| {task} | {name} | {fit['count']} | {fit['agreement']:.2f} "
        f"| {fit['calibration_error']:.3f} | {fit['slope']:.2f} |\n"
        for task, fits in rows.items()
        for name, fit in fits.items()
    ]
    return _HEAD + "".join(lines) + _TAIL
