"""The steps on their own, on shapes simple enough to know the answer by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate.alternation import alternation
from cauda.locate.centerline import STEP_MM
from cauda.locate.endplates import body_axes, endplate
from cauda.locate.profile import Profile
from cauda.locate.view import view
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Structure


def profile(*pieces, span=1.0):
    """A profile from (kind, mm) pieces, from below; kinds b, d, s and a space for nothing."""
    kinds = "".join(kind * round(mm / STEP_MM) for kind, mm in pieces)
    rows = {k: np.array([float(c == k) for c in kinds]) for k in "bds"}
    return Profile(
        body=rows["b"],
        disc=rows["d"],
        sacrum=rows["s"],
        sacrum_around=rows["s"],
        disc_span=np.full(len(kinds), span),
        known=np.ones(len(kinds), bool),
    )


SACRUM, BODY, DISC = ("s", 40), ("b", 27), ("d", 9)
WHOLE = (SACRUM, DISC, BODY, DISC, BODY, DISC, BODY, DISC, BODY)

ORDERS = {
    "regular": (WHOLE, 4, True, 0),
    "no sacrum": (WHOLE[2:], 3, False, 0),
    "disc below nothing": ((DISC, *WHOLE[2:]), 3, False, 0),
    "disc above nothing": ((*WHOLE, DISC), 4, True, 0),
    "two bodies run together": ((*WHOLE[:4], ("b", 63), *WHOLE[7:]), 4, True, 1),
    "lowest disc lost": ((SACRUM, (" ", 9), *WHOLE[2:]), 4, True, 2),
    "collapsed body": ((*WHOLE[:4], ("b", 12), *WHOLE[5:]), 4, True, 0),
    "split disc": ((*WHOLE[:3], ("d", 4), ("b", 1.5), ("d", 4), *WHOLE[4:]), 4, True, 0),
    "nothing": (((" ", 80),), 0, False, 0),
}


@pytest.mark.parametrize(("pieces", "discs", "has_sacrum", "reasons"), ORDERS.values(), ids=ORDERS)
def test_the_order_of_the_column(pieces, discs, has_sacrum, reasons):
    order = alternation(profile(*pieces))
    assert len(order.separators) == discs
    assert order.has_sacrum is has_sacrum
    assert len(order.reasons) == reasons


def test_a_disc_within_the_sacrum_is_set_aside():
    plain = alternation(profile(("s", 66), *WHOLE[1:]))
    order = alternation(profile(("s", 30), DISC, ("s", 28), *WHOLE[1:]))
    assert order.has_sacrum
    assert len(order.separators) == len(plain.separators) == 4
    heights = [[s.index for s in found.separators] for found in (order, plain)]
    assert np.ptp(np.subtract(*heights)) <= 2


def box(normal, offset_mm=0.0, slices=9):
    """A slab of body 24 mm thick across ``normal`` through the middle of a grid, soft-edged."""
    space = Space.from_matrix((slices, 60, 80), np.diag([4.0, 0.75, 0.75, 1]), "1.2")
    center = space.to_lps((np.array(space.shape) - 1) / 2) + offset_mm * np.asarray(normal)
    points = space.to_lps(np.moveaxis(np.indices(space.shape), 0, -1)) - center
    height = np.abs(points @ normal)
    body = np.clip(0.5 - (height - 12.0) / 1.5, 0, 1) * (np.abs(points[..., 1]) < 16)
    values = np.zeros((len(STRUCTURES), *space.shape), np.float32)
    values[STRUCTURES.index(Structure.BODY)] = body
    values[0] = 1 - body
    seen = view(
        Segmentation(
            series="s", probabilities=values, space=space, signal=values[0], bundle="truth"
        )
    )
    return seen, center


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (12.0, 0.0), (-9.0, 5.0)])
@pytest.mark.parametrize("offset_mm", [0.0, 0.31])
def test_endplates_of_a_slab_are_exact_below_a_voxel(tilt, offset_mm):
    pitch, roll = np.radians(tilt)
    normal = np.array([np.sin(roll), np.sin(pitch), 0.0])
    normal[2] = np.sqrt(1 - (normal**2).sum())
    seen, center = box(normal, offset_mm)
    points = seen.points(seen.mask(Structure.BODY))
    axes = body_axes(points, np.array([0, 0, 1.0]), np.array([0, 1.0, 0]))
    for direction in (1, -1):
        plate = endplate(seen, points, axes, direction)
        angle = np.degrees(np.arccos(np.clip(np.dot(plate.normal_lps, normal), -1, 1)))
        assert angle < 0.2
        height = (np.array(plate.point_lps) - center) @ normal
        assert height == pytest.approx(12.0 * direction, abs=0.05)


def test_a_face_outside_the_field_of_view_is_no_endplate():
    seen, _ = box(np.array([0, 0, 1.0]))
    points = seen.points(seen.mask(Structure.BODY))
    top = points[:, 2].max() - 6
    cut = Space.from_matrix((9, 60, 40), seen.space.matrix, "1.2")
    keep = int(np.round(cut.to_ijk(np.array([0, 0, top]))[2]))
    values = np.stack([seen.probabilities[s][:, :, :keep] for s in STRUCTURES])
    matrix = seen.space.matrix
    short = view(
        Segmentation(
            series="s",
            probabilities=values,
            space=Space.from_matrix(values.shape[1:], matrix, "1.2"),
            signal=values[0],
            bundle="truth",
        )
    )
    own = short.points(short.mask(Structure.BODY))
    axes = body_axes(own, np.array([0, 0, 1.0]), np.array([0, 1.0, 0]))
    assert endplate(short, own, axes, 1) is None
    assert endplate(short, own, axes, -1) is not None


def test_a_view_keeps_every_slice_and_restores_the_full_grid():
    seen, _ = box(np.array([0, 0, 1.0]))
    assert seen.space.shape[0] == seen.full_shape[0] == 9
    assert seen.space.shape[2] < seen.full_shape[2]
    labels = seen.mask(Structure.BODY).astype(np.int16)
    full = seen.restore(labels)
    assert full.shape == seen.full_shape
    assert full.sum() == labels.sum()
