"""Build lesions into a plain spine: each one changes sizes or adds ellipsoids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cauda.phantom.anatomy import Anatomy, Lesion


def draw_lesions(rng: np.random.Generator, anatomy: Anatomy) -> tuple[Lesion, ...]:
    """Draw lesions at random levels and sides."""
    del rng, anatomy
    return ()


def apply_lesions(anatomy: Anatomy, lesions: Sequence[Lesion]) -> Anatomy:
    """The same spine with ``lesions`` built in, not yet placed."""
    del lesions
    return anatomy
