"""What may not be answered, or only with less certainty, and why.

Each check is a small generator with its own limits in ``knowledge/thresholds.toml``; together they
make the list that the grading stage obeys and the report prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cauda.check import (
    agreement,
    anatomy,
    artifacts,
    consistency,
    coverage,
    motion,
    quality,
    sequences,
)
from cauda.check.scene import Scene
from cauda.records import Limit, Measurement, Segmentation, Spine, Study
from cauda.vocab import Plane

__all__ = ["CHECKS", "check"]

CHECKS: tuple[Callable[[Scene], Iterable[Limit]], ...] = (
    coverage.nothing_found,
    coverage.cut_levels,
    coverage.no_sacrum,
    coverage.one_slice,
    coverage.foramina,
    sequences.no_axial,
    sequences.no_t2,
    sequences.nucleus_off_t2,
    sequences.foramen_contrast,
    sequences.contrast_agent,
    sequences.age,
    sequences.slice_angle,
    sequences.axial_angle,
    sequences.axial_apart,
    sequences.other_frame,
    quality.signal_quality,
    quality.confidence,
    consistency.second_look,
    motion.moved_slices,
    artifacts.metal,
    artifacts.missing_arch,
    agreement.series_disagree,
    anatomy.cord,
    anatomy.scoliosis,
    anatomy.out_of_range,
    anatomy.disc_order,
    anatomy.shared_material,
    anatomy.asymmetry,
    anatomy.fracture,
    anatomy.numbering,
    sequences.supine,
)
"""Every check, in the order in which its limits are listed."""


def check(
    study: Study,
    segmentations: Sequence[Segmentation],
    spine: Spine,
    measurements: Sequence[Measurement],
) -> tuple[Limit, ...]:
    """Run every check.

    Parameters
    ----------
    study : Study
    segmentations : sequence of Segmentation
        On their canonical grids; only sagittal ones are checked, axial ones by what was measured.
    spine : Spine
    measurements : sequence of Measurement

    Returns
    -------
    tuple of Limit
        Without repetitions; never empty, as the posture is always said.
    """
    scene = Scene(
        study=study,
        segmentations=tuple(s for s in segmentations if s.plane is Plane.SAGITTAL),
        spine=spine,
        measurements=tuple(measurements),
    )
    found = (limit for run in CHECKS for limit in run(scene))
    return tuple(dict.fromkeys(found))
