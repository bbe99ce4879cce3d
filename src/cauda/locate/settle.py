"""Settle, once the levels are known, which bone is vertebra and which is sacrum."""

from __future__ import annotations

import dataclasses

import numpy as np
from skimage.segmentation import expand_labels

from cauda.geometry import Array
from cauda.records import SAC_LABEL, Segmentation, Spine
from cauda.vocab import STRUCTURES, Plane, Structure

LEAST = 0.01
"""Probabilities below this are left where they are."""
REACH_PX = 4
"""How far beyond an instance its fading rim reaches, in working pixels."""
SACRUM_LABEL = 1


def settle(segmentation: Segmentation, spine: Spine) -> Segmentation:
    """Give each instance's bone to one class: sacrum below the lowest disc, body above it.

    The network sees single slices and sometimes takes part of L5 for sacrum, or the top of S1 for
    a body. The instance map, made from the whole column, knows better; surfaces are then read off
    one probability instead of two that fade into each other.

    Parameters
    ----------
    segmentation : Segmentation
    spine : Spine
        Located on it; an axial series, or one without an instance map, is returned as it is.
    """
    instances = spine.instances.get(segmentation.series)
    if segmentation.plane is not Plane.SAGITTAL:
        return segmentation
    if instances is None or not (instances == SACRUM_LABEL).any():
        return segmentation
    body, sacrum = STRUCTURES.index(Structure.BODY), STRUCTURES.index(Structure.SACRUM)
    box = _box(segmentation.probabilities[sacrum] > LEAST)
    if box is None:
        return segmentation
    settled = np.array(segmentation.probabilities)
    here = settled[(slice(None), *box)]
    bones = np.where(instances[box] < SAC_LABEL, instances[box], 0)
    labels = np.stack([expand_labels(plane, REACH_PX) for plane in bones])
    bone = here[body] + here[sacrum]
    is_sacral, is_body = labels == SACRUM_LABEL, labels > SACRUM_LABEL
    here[sacrum] = np.where(is_sacral, bone, np.where(is_body, 0, here[sacrum]))
    here[body] = np.where(is_body, bone, np.where(is_sacral, 0, here[body]))
    return dataclasses.replace(segmentation, probabilities=settled)


def _box(mask: Array) -> tuple[slice, slice, slice] | None:
    """The smallest box that holds a mask; None if it is empty."""
    if not mask.any():
        return None
    spans = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    i, j, k = (slice(int(s[0]), int(s[-1]) + 1) for s in spans)
    return i, j, k
