"""Contrast of a series about which header, sidecar and names say nothing."""

from __future__ import annotations

import dataclasses

from cauda.load.describe import Weighting
from cauda.records import Volume
from cauda.vocab import Contrast, Plane


def open_contrast(
    weighting: Weighting, said: Contrast | None, volume: Volume, plane: Plane
) -> Weighting:
    """Decide an open contrast by what the user says, else by how the images look.

    Parameters
    ----------
    weighting : Weighting
        Undecided so far.
    said : Contrast or None
        What the user says.
    volume : Volume
    plane : Plane
        Appearance is judged on sagittal images only.
    """
    if said is not None:
        return dataclasses.replace(
            weighting,
            contrast=said,
            because=f"{weighting.because}, and the user said so",
            fat_suppressed=weighting.fat_suppressed or said is Contrast.STIR,
            is_open=False,
        )
    return weighting
