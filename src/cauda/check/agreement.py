"""Checks that what two series say of the same place agrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cauda.check.scene import CONDITIONS_OF, Scene, limit
from cauda.records import Limit, Measurement, error_of_difference
from cauda.vocab import Contrast, Quantity

COMPARED = (
    Quantity.DISC_HEIGHT_MIDDLE,
    Quantity.DISC_HEIGHT_POSTERIOR,
    Quantity.DISPLACEMENT,
    Quantity.SLIP,
    Quantity.FORAMEN_HEIGHT,
)
"""What every sagittal contrast shows alike; the sac is left out, as fat and CSF differ."""
_OVERLOOKS = {Quantity.DISPLACEMENT: (Contrast.T2, Contrast.T1)}
"""What the second contrast is known to read too small, and the first not: on T1 displaced material
is as gray as the fluid behind it. On 21 stenotic phantoms all eight displacements that T1 read at
least 3/4 of the error of a difference shallower than T2 were right on T2."""


def series_disagree(scene: Scene) -> Iterator[Limit]:
    """Lower, then withhold, what two sagittal series of one study read apart.

    The same person lay still for both: a difference far beyond both errors means that one of the
    two segmentations is wrong, and nothing tells which. Only what a contrast is known to overlook
    says nothing against one that shows it.
    """
    contrasts = {s.series: s.contrast for s in scene.segmentations}
    for preferred in scene.preferred(*COMPARED):
        others = [
            m
            for m in scene.measurements
            if _is_other_reading(m, preferred) and not _is_overlooked(m, preferred, contrasts)
        ]
        worst = max((_ratio(preferred, other) for other in others), default=0.0)
        if worst <= limit("disagreement-lower"):
            continue
        words = preferred.quantity.value.rsplit("_", 1)[0].replace("_", " ")
        place = preferred.level.value if preferred.level else "one place"
        yield Limit(
            id="series-disagree",
            effect="withhold" if worst > limit("disagreement-withhold") else "lower",
            reason=f"Two series differ in the {words} at {place} by {worst:.1f} times their "
            "errors: one of them is outlined wrongly.",
            level=preferred.level,
            side=preferred.side,
            conditions=CONDITIONS_OF[preferred.quantity.value.split("_", 1)[0]],
        )


def _is_other_reading(measurement: Measurement, preferred: Measurement) -> bool:
    """Whether it reads the same thing by the same method on another series."""
    same = (measurement.quantity, measurement.level, measurement.side, measurement.method)
    wanted = (preferred.quantity, preferred.level, preferred.side, preferred.method)
    return same == wanted and measurement.series != preferred.series


def _is_overlooked(
    measurement: Measurement, preferred: Measurement, contrasts: Mapping[str, Contrast]
) -> bool:
    """Whether the preferred series shows what the other one is known to read too small."""
    pair = (contrasts.get(preferred.series), contrasts.get(measurement.series))
    known = _OVERLOOKS.get(preferred.quantity) == pair
    return known and measurement.value < preferred.value


def _ratio(one: Measurement, other: Measurement) -> float:
    """Difference over the 90 % interval of a difference."""
    error = error_of_difference(one, other)
    return abs(one.value - other.value) / error if error > 0 else 0.0
