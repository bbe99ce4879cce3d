"""What the pipeline asks of the outside: one-method protocols, implemented in ``nets``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cauda.records import Measurement, Opinion, Segmentation, Series, Spine, Study


class Segmenter(Protocol):
    """Turns one series into class probabilities."""

    def __call__(self, series: Series) -> Segmentation:
        """Segment ``series``, whose volume is present and sagittal."""
        ...


class Grader(Protocol):
    """Gives learned opinions on levels."""

    def __call__(
        self,
        study: Study,
        segmentations: Sequence[Segmentation],
        spine: Spine,
        measurements: Sequence[Measurement],
    ) -> tuple[Opinion, ...]:
        """Grade every level it has an opinion on."""
        ...
