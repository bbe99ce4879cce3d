"""Spines and grids that the phantom's tests share."""

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.phantom import Anatomy, Lesion, LesionKind, draw_anatomy
from cauda.vocab import Level, Side, Zone

SEED = 4
EXTRUSION = Lesion(
    kind=LesionKind.EXTRUSION,
    level=Level.L5_S1,
    side=Side.LEFT,
    zone=Zone.SUBARTICULAR,
    size_mm=8.0,
    migration_mm=-4.0,
)
FACET = Lesion(
    kind=LesionKind.FACET_OVERGROWTH,
    level=Level.L4_L5,
    side=Side.RIGHT,
    zone=Zone.FORAMINAL,
    size_mm=5.0,
)


@pytest.fixture(scope="session")
def healthy() -> Anatomy:
    return draw_anatomy(np.random.default_rng(SEED), lesions=())


@pytest.fixture(scope="session")
def ill() -> Anatomy:
    """A left L5-S1 extrusion and a right L4-L5 foraminal narrowing, else as ``healthy``."""
    return draw_anatomy(np.random.default_rng(SEED), lesions=(EXTRUSION, FACET))


@pytest.fixture(scope="session")
def sagittal() -> Space:
    """A symmetric sagittal grid: x = -20 .. 20 mm in steps of 4."""
    matrix = np.diag([4.0, 1.25, 1.25, 1.0])
    matrix[:3, 3] = (-20.0, -40.0, -105.0)
    return Space.from_matrix((11, 96, 184), matrix, "1.2.3")
