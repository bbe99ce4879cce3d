"""Checks of image quality: noise, blur, contrast, and how sure the segmentation is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cauda.check.scene import Scene, limit
from cauda.geometry import Array
from cauda.records import LevelInstance, Limit, Segmentation
from cauda.vocab import Structure

_LEAST_VOXELS = 200
"""Voxels of a structure below which its statistics mean nothing."""

_NOISE_WEIGHTS = np.array([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])
"""Immerkaer's mask: blind to planes and edges along the axes, so noise is what is left."""

_NOISE_GAIN = 6.0
"""Standard deviation of that mask's answer to white noise of 1."""

_MARGIN = 4
"""Voxels around the spine that still count as its surroundings."""


def signal_quality(scene: Scene) -> Iterator[Limit]:
    """Lower or withhold what rests on a noisy, blurred or flat series."""
    for segmentation in scene.segmentations:
        conditions = scene.resting_on(segmentation.series)
        if not conditions:
            continue
        for id_, effect, words in _faults(segmentation):
            yield Limit(
                id=id_,
                effect="withhold" if effect == "withhold" else "lower",
                reason=f"The {segmentation.contrast.value} images {words}.",
                conditions=conditions,
            )


def _faults(segmentation: Segmentation) -> Iterator[tuple[str, str, str]]:
    """(Id, effect, words) of each fault of one series' signal."""
    ratio = signal_to_noise(segmentation)
    if ratio < limit("noise-lower"):
        effect = "withhold" if ratio < limit("noise-withhold") else "lower"
        yield "noise", effect, f"are noisy (signal-to-noise ratio about {ratio:.0f})"
    edge_mm = edge_width_mm(segmentation)
    if edge_mm > limit("blur-lower"):
        effect = "withhold" if edge_mm > limit("blur-withhold") else "lower"
        yield "blur", effect, f"are blurred (sharpest edges {edge_mm:.0f} mm wide)"
    spread = signal_spread(segmentation)
    if spread < limit("contrast-lower"):
        yield "low-contrast", "lower", f"have little contrast (signal spread {spread:.0%})"


def signal_to_noise(segmentation: Segmentation) -> float:
    """Median signal of the vertebral bodies over the noise inside them.

    Noise after Immerkaer J. Comput Vis Image Underst 1996;64:300-2, slice by slice. Infinite where
    no body is large enough to tell, or there is no noise.
    """
    inside = segmentation.probability(Structure.BODY, Structure.SACRUM) > 0.9
    core = inside.copy()
    for axis in (1, 2):
        core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    core[:, [0, -1]] = False
    core[:, :, [0, -1]] = False
    if core.sum() < _LEAST_VOXELS:
        return float("inf")
    residue = np.zeros(segmentation.signal.shape)
    signal = np.asarray(segmentation.signal, dtype=np.float64)
    for (row, column), weight in np.ndenumerate(_NOISE_WEIGHTS):
        residue += weight * np.roll(signal, (1 - row, 1 - column), axis=(1, 2))
    sigma = float(np.median(np.abs(residue[core]))) / 0.6745 / _NOISE_GAIN
    level = float(np.median(signal[core]))
    return level / sigma if sigma > 0 else float("inf")


def edge_width_mm(segmentation: Segmentation) -> float:
    """Signal range of the spine over its steepest in-plane slope, mm; 0 where it is flat."""
    box = _surroundings(segmentation)
    if box.size < _LEAST_VOXELS:
        return 0.0
    _, spacing_j, spacing_k = segmentation.space.spacing_mm
    slope = np.hypot(*np.gradient(box, spacing_j, spacing_k, axis=(1, 2)))
    low, high = np.percentile(box, (2, 98))
    steepest = float(np.percentile(slope, 99.5))
    return float(high - low) / steepest if steepest > 0 else 0.0


def signal_spread(segmentation: Segmentation) -> float:
    """(p95 - p5) / p95 of the signal in and around the spine; 1 where it cannot be told."""
    box = _surroundings(segmentation)
    if box.size < _LEAST_VOXELS:
        return 1.0
    low, high = np.percentile(box, (5, 95))
    return float((high - low) / high) if high > 0 else 1.0


def _surroundings(segmentation: Segmentation) -> Array:
    """(I, J, K): the signal in the box round the discs, bodies and sac."""
    inside = segmentation.probability(Structure.BODY, Structure.DISC, Structure.SAC) > 0.5
    if not inside.any():
        return np.zeros((0, 0, 0))
    spans = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        where = np.flatnonzero(inside.any(axis=others))
        margin = _MARGIN if axis else 0
        spans.append(slice(max(0, where[0] - margin), where[-1] + margin + 1))
    box: Array = np.asarray(segmentation.signal, dtype=np.float64)[tuple(spans)]
    return box


def confidence(scene: Scene) -> Iterator[Limit]:
    """Lower or withhold a level where the network hesitates between structures."""
    for level in scene.spine.levels:
        sure = min(_mean_confidence(scene, level), default=1.0)
        if sure < limit("confidence-lower"):
            yield Limit(
                id="segmentation-unsure",
                effect="withhold" if sure < limit("confidence-withhold") else "lower",
                reason=f"The segmentation is unsure at {level.name.value} "
                f"(mean probability {sure:.0%}).",
                level=level.name,
            )


def _mean_confidence(scene: Scene, level: LevelInstance) -> Iterator[float]:
    """Mean highest probability in disc and neighbors, for each series grades rest on."""
    labels = (level.label, level.above, level.below)
    for segmentation in scene.segmentations:
        instances = scene.spine.instances.get(segmentation.series)
        if instances is None or not scene.resting_on(segmentation.series):
            continue
        inside = np.isin(instances, labels)
        if inside.any():
            yield float(segmentation.probabilities[:, inside].max(axis=0).mean())
