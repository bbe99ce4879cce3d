"""Checks of what does not belong in an untouched spine: metal, a missing arch."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import numpy as np
from scipy import ndimage

from cauda.check.scene import Scene, limit
from cauda.geometry import Array
from cauda.records import LevelInstance, Limit, Segmentation, VertebraInstance
from cauda.records.spine import ARCH_OFFSET
from cauda.vocab import Condition, Level, Structure, Vertebra

SPINE = (Structure.BODY, Structure.ARCH, Structure.SACRUM, Structure.DISC, Structure.SAC)
BRIDGED_MM = 9.0
"""Gaps in the outline of the spine up to twice this are closed: a void swallows its labels."""
THICK_MM = 3.0
"""Voids thinner than twice this are cortex, ligament, dense facets or a gap between bones."""
LEAST_BONE = 200
"""Voxels of body below which the signal of marrow is not known."""
MIDLINE_MM = 7.0
"""Half-width of the band in which a spinous process and laminae must be seen."""
FEWEST_ARCHES = 3
"""Vertebrae needed before one can be told to lack what the others have."""
_STENOSIS = (
    Condition.CANAL_STENOSIS,
    Condition.SUBARTICULAR_STENOSIS,
    Condition.ROOT_COMPROMISE,
    Condition.FORAMINAL_STENOSIS,
)


def metal(scene: Scene) -> Iterator[Limit]:
    """Withhold the levels at which the signal is gone from a piece of the spine.

    Metal takes the signal of every contrast; what one series still shows is dense bone.
    """
    placed = [s for s in scene.segmentations if s.series in scene.spine.instances]
    shown = [_voids_mm3(scene, segmentation) for segmentation in placed]
    found = {
        level.name: min((own[level.name] for own in shown), default=0.0)
        for level in scene.spine.levels
    }
    for level in scene.spine.levels:
        if found[level.name] > limit("void-volume"):
            yield Limit(
                id="metal-void",
                effect="withhold",
                reason=f"At {level.name.value} the signal is gone from about "
                f"{found[level.name] / 1000:.1f} mL in the spine, as metal does; nothing beside it "
                "can be trusted.",
                level=level.name,
            )


def _voids_mm3(scene: Scene, segmentation: Segmentation) -> dict[Level, float]:
    """Volume of void near each level on one series."""
    volumes = void_mm3(segmentation)
    places = np.argwhere(volumes > 0)
    places_lps, parts_mm3 = segmentation.space.to_lps(places), volumes[tuple(places.T)]
    return {lv.name: _near_mm3(lv, places_lps, parts_mm3) for lv in scene.spine.levels}


def void_mm3(segmentation: Segmentation) -> Array:
    """(I, J, K): volume of each voxel that lies in a thick void inside the spine, else 0.

    A void is darker than a share of the marrow; thin dark lines (cortex, ligament) and the
    canal on T1 do not count.
    """
    empty = np.zeros(segmentation.space.shape)
    marrow = segmentation.signal[segmentation.probability(Structure.BODY, Structure.SACRUM) > 0.9]
    if marrow.size < LEAST_BONE:
        return empty
    is_dark = segmentation.signal < limit("void-signal") * float(np.median(marrow))
    _, *pixels = segmentation.space.spacing_mm
    spine = segmentation.probability(*SPINE) > 0.5
    sac = segmentation.probability(Structure.SAC, Structure.CORD, Structure.DISC) > 0.5
    inside = np.stack([_closed(plane, pixels) for plane in spine]) & ~sac
    thick = np.stack([_opened(plane, pixels) for plane in is_dark & inside])
    return np.where(thick, segmentation.space.voxel_mm3, empty)


def _closed(plane: Array, pixels: list[float]) -> Array:
    """The plane without gaps narrower than twice :data:`BRIDGED_MM`."""
    if not plane.any():
        return plane
    box = _around(plane, pixels, BRIDGED_MM)
    reach = ndimage.distance_transform_edt(~plane[box], sampling=pixels) <= BRIDGED_MM
    inner: Array = ndimage.distance_transform_edt(np.pad(reach, 1), sampling=pixels) > BRIDGED_MM
    closed = np.zeros_like(plane)
    closed[box] = inner[1:-1, 1:-1]
    return closed


def _opened(plane: Array, pixels: list[float]) -> Array:
    """The plane without parts thinner than twice :data:`THICK_MM`."""
    opened = np.zeros_like(plane)
    if not plane.any():
        return opened
    box = _around(plane, pixels, THICK_MM)
    core = ndimage.distance_transform_edt(plane[box], sampling=pixels) > THICK_MM
    if core.any():
        opened[box] = ndimage.distance_transform_edt(~core, sampling=pixels) <= THICK_MM
    return opened


def _around(plane: Array, pixels: list[float], reach_mm: float) -> tuple[slice, slice]:
    """The box round all that is set, and as far beyond it as anything can grow."""
    (box,) = ndimage.find_objects(plane.astype(np.uint8))
    wide = [int(np.ceil(reach_mm / pixel)) + 1 for pixel in pixels]
    rows, columns = (slice(max(s.start - w, 0), s.stop + w) for s, w in zip(box, wide, strict=True))
    return rows, columns


def _near_mm3(level: LevelInstance, places_lps: Array, parts_mm3: Array) -> float:
    """Volume of void within the reach of a level, mm3."""
    heights_mm = level.frame.to_local(places_lps)[:, 2]
    return float(parts_mm3[np.abs(heights_mm) <= limit("void-reach")].sum())


def missing_arch(scene: Scene) -> Iterator[Limit]:
    """Withhold stenosis beside a vertebra whose arch is not seen where its neighbors' are."""
    for segmentation in scene.segmentations:
        areas = arch_areas_mm2(scene, segmentation)
        for vertebra, area in areas.items():
            others = [a for other, a in areas.items() if other is not vertebra]
            if len(others) < FEWEST_ARCHES or area >= limit("arch-share") * median(others):
                continue
            for level in scene.spine.levels:
                if vertebra.label in (level.above, level.below):
                    yield Limit(
                        id="post-operative",
                        effect="withhold",
                        reason=f"The posterior arch of {vertebra.name.value} is not seen in the "
                        "midline: a laminectomy or another defect is possible, and grading was "
                        "not validated after surgery.",
                        level=level.name,
                        conditions=_STENOSIS,
                    )


def arch_areas_mm2(scene: Scene, segmentation: Segmentation) -> dict[VertebraInstance, float]:
    """Midline area of the arch of each whole lumbar vertebra, mm2 a slice."""
    instances = scene.spine.instances.get(segmentation.series)
    if instances is None:
        return {}
    across, *pixels = segmentation.space.spacing_mm
    whole = [
        v
        for v in scene.spine.vertebrae
        if not v.is_partial and v.name != Vertebra.S1 and not v.name.value.startswith("T")
    ]
    areas = {}
    for vertebra in whole:
        middle = segmentation.space.to_ijk(np.array(vertebra.centroid_lps))[0]
        reach = max(MIDLINE_MM / across, 0.5)
        slices = [i for i in range(len(instances)) if abs(i - middle) <= reach]
        if slices:
            mask = instances[slices] == vertebra.label + ARCH_OFFSET
            areas[vertebra] = float(mask.sum()) * float(np.prod(pixels)) / len(slices)
    return areas
