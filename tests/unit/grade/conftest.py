"""Small spines and measurements, built by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cauda.geometry import Frame
from cauda.records import Conus, LevelInstance, Measurement, Numbering, Spine
from cauda.vocab import Level, Quantity, Side

LUMBAR = (Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3, Level.L1_L2)

NORMAL = {
    Quantity.DISC_HEIGHT_INDEX: 0.35,
    Quantity.DISC_HEIGHT_POSTERIOR: 7.0,
    Quantity.DISPLACEMENT: 0.3,
    Quantity.DISPLACEMENT_EXTENT: 0.0,
    Quantity.NUCLEUS_SIGNAL: 0.7,
    Quantity.SAC_RATIO: 0.95,
    Quantity.SAC_AREA: 180.0,
    Quantity.SAC_AP: 13.0,
    Quantity.SLIP: 0.4,
    Quantity.SLIP_PERCENT: 1.2,
}
NORMAL_SIDE = {
    Quantity.FORAMEN_HEIGHT: 19.0,
    Quantity.FORAMEN_WIDTH: 7.0,
    Quantity.FORAMEN_AREA: 130.0,
}


def measurement(quantity, level, value, side=None, uncertainty=0.01, **more):
    side_part = f"/{side.value}" if side else ""
    return Measurement(
        id=f"{level.value}/{quantity.value}{side_part}/sag_t2",
        quantity=quantity,
        level=level,
        side=side,
        value=value,
        uncertainty=uncertainty,
        method="by hand",
        series="sag_t2",
        **more,
    )


def spine(levels=LUMBAR, state="conventional", reasons=("five lumbar vertebrae",)):
    instances = tuple(
        LevelInstance(
            name=name,
            alternate=None,
            label=101 + n,
            above=2 + n,
            below=1 + n,
            frame=Frame(
                origin_lps=(0.0, 0.0, 35.0 * n),
                left_lps=(1.0, 0.0, 0.0),
                posterior_lps=(0.0, 1.0, 0.0),
                up_lps=(0.0, 0.0, 1.0),
            ),
        )
        for n, name in enumerate(levels)
    )
    return Spine(
        vertebrae=(),
        levels=instances,
        numbering=Numbering(state=state, reasons=reasons, lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="not looked for"),
        instances={},
    )


def normal_measurements(levels=LUMBAR, **changed):
    """Every quantity at every level, normal but for ``changed``: {quantity name: value}."""
    plain = {**NORMAL, **{q: changed[q.name] for q in NORMAL if q.name in changed}}
    sided = {**NORMAL_SIDE, **{q: changed[q.name] for q in NORMAL_SIDE if q.name in changed}}
    found = [measurement(q, level, v) for level in levels for q, v in plain.items()]
    found += [
        measurement(q, level, v, side)
        for level in levels
        for side in Side
        for q, v in sided.items()
    ]
    return tuple(found)


@pytest.fixture(scope="session")
def make_spine() -> Callable[..., Spine]:
    return spine


@pytest.fixture(scope="session")
def make_measurement() -> Callable[..., Measurement]:
    return measurement


@pytest.fixture(scope="session")
def make_normal() -> Callable[..., tuple[Measurement, ...]]:
    return normal_measurements
