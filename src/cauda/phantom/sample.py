"""Training samples: a few adjacent sagittal slices of a random spine, with exact labels."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.bend import bent
from cauda.phantom.draw import draw_anatomy
from cauda.phantom.grid import Grid
from cauda.phantom.lesion_draw import Frequency
from cauda.phantom.materials import structure_table
from cauda.phantom.paint import paint
from cauda.phantom.render import SUB_PLANES, acquire, receive_field
from cauda.phantom.tissue import Protocol
from cauda.vocab import STRUCTURES, Contrast

BENDS = ((14.0, 2.2),)
"""Grain, about a pedicle's height, and largest typical size of a training sample's bend, mm."""
LATERAL_MM = 30.0
"""Central slices are drawn up to this far from the midline."""
CANAL_MM = 8.0
"""The same where the canal is to be in view."""


def training_sample(
    rng: np.random.Generator,
    *,
    slices: int = 3,
    shape: tuple[int, int] = (224, 320),
    lesions: Frequency = "dense",
    xp: ModuleType = np,
    device: str = "cpu",
) -> tuple[NDArray[np.float32], NDArray[np.uint8], tuple[float, float, float]]:
    """Draw a spine, a field of view and a contrast, and render adjacent sagittal slices.

    Parameters
    ----------
    rng : numpy.random.Generator
    slices : int
        How many adjacent slices, running to the patient's left.
    shape : (J, K)
        Pixels from front to back and from below upward.
    lesions : {"random", "dense", "herniated", "stenotic"}
        How often lesions are built; for herniated spines the slices lie near the canal.
    xp, device : module, str
        Namespace that paints (``numpy`` or ``torch``); the result is NumPy in any case.

    Returns
    -------
    signal : (S, J, K) float32 array
    labels : (S, J, K) uint8 array
        Index into ``STRUCTURES`` of what fills most of a voxel across its slice.
    spacing_mm : (3,)
        Distance of slice centers, and the pixel size.
    """
    count = int(rng.choice([4, 5, 5, 5, 5, 5, 6]))
    anatomy = draw_anatomy(rng, lumbar_count=count, lesions=lesions)
    protocol = draw_protocol(rng)
    spacing = protocol.slice_mm * float(rng.uniform(1.0, 1.35))
    pixel = float(np.clip(rng.normal(0.75, 0.12), 0.4, 1.0))
    reach = CANAL_MM if lesions == "herniated" else LATERAL_MM
    matrix = _field_of_view(rng, (slices, *shape), spacing, pixel, reach)
    counts = [np.arange(n, dtype=np.float64) for n in (slices, *shape)]
    grid = Grid(xp=xp, device=device, matrix=matrix, i=counts[0], j=counts[1], k=counts[2])
    fine = grid.refined((SUB_PLANES, 1, 1), (protocol.slice_mm / spacing, 1.0, 1.0))
    materials = bent(_numpy(paint(anatomy, fine)), rng, pixel, BENDS, across=0)
    labels = _fullest(structure_table(anatomy)[materials], slices)
    plain = Grid(xp=np, device="cpu", matrix=matrix, i=counts[0], j=counts[1], k=counts[2])
    signal = acquire(anatomy, materials, 0, (protocol, receive_field(plain, protocol)), rng)
    return signal.astype(np.float32), labels, (spacing, pixel, pixel)


def _fullest(structures: NDArray[np.uint8], slices: int) -> NDArray[np.uint8]:
    """The structure found on most planes of each slice; a tie with background goes to it."""
    planes = structures.reshape(slices, SUB_PLANES, *structures.shape[1:])
    result: NDArray[np.uint8] = planes[:, 0].copy()
    is_mixed = (planes[:, 1:] != planes[:, :1]).any(axis=1)
    votes = np.moveaxis(planes, 1, -1)[is_mixed]
    counts = np.stack([(votes == code).sum(axis=1) for code in range(len(STRUCTURES))], axis=1)
    result[is_mixed] = np.argmax(counts - 0.5 * (np.arange(len(STRUCTURES)) == 0), axis=1)
    return result


def _numpy(array: Any) -> NDArray[Any]:  # noqa: ANN401
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array)


def draw_protocol(rng: np.random.Generator) -> Protocol:
    """A random contrast (T2, T1, STIR or 3-D T2) with jittered times and artifacts."""
    kind = rng.choice(["t2", "t1", "stir", "space"], p=[0.42, 0.33, 0.13, 0.12])
    times = {
        "t2": (Contrast.T2, rng.uniform(2200, 5500), rng.uniform(75, 130), None),
        "t1": (Contrast.T1, rng.uniform(380, 850), rng.uniform(7, 18), None),
        "stir": (
            Contrast.STIR,
            rng.uniform(3000, 6000),
            rng.uniform(30, 80),
            rng.uniform(145, 185),
        ),
        "space": (Contrast.T2, rng.uniform(1200, 2000), rng.uniform(90, 180), None),
    }
    contrast, repetition, echo, inversion = times[str(kind)]
    thickness = rng.uniform(1.0, 2.0) if kind == "space" else rng.uniform(2.5, 5.0)
    return Protocol(
        contrast=contrast,
        repetition_ms=float(repetition),
        echo_ms=float(echo),
        inversion_ms=None if inversion is None else float(inversion),
        slice_mm=float(thickness),
        noise=float(rng.uniform(0.004, 0.035)),
        blur_px=float(rng.uniform(0.3, 0.8)),
        gibbs=float(rng.uniform(0.0, 0.8)),
        bias=float(rng.uniform(0.1, 0.6)),
        motion=float(rng.uniform(0, 0.15)) if rng.random() < 0.3 else 0.0,
        texture=float(rng.uniform(0.6, 1.8)),
        coil_mm=float(rng.choice([90.0, 140.0, 250.0, 600.0])),
        saturation_mm=float(rng.uniform(-70, -28)) if rng.random() < 0.45 else None,
    )


def _field_of_view(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    spacing: float,
    pixel: float,
    reach: float,
) -> NDArray[np.float64]:
    """A sagittal grid tilted by some degrees, anywhere from far left to far right."""
    turn, tilt, roll = np.radians(rng.normal(0, (2.0, 4.0, 1.5)))
    ct, st, cl, sl, cr, sr = (*_cs(turn), *_cs(tilt), *_cs(roll))
    yaw = np.array([[ct, -st, 0], [st, ct, 0], [0, 0, 1]])
    pitch = np.array([[1, 0, 0], [0, cl, -sl], [0, sl, cl]])
    lean = np.array([[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]])
    matrix = np.eye(4)
    matrix[:3, :3] = yaw @ lean @ pitch @ np.diag([spacing, pixel, pixel])
    middle = np.array([rng.uniform(-reach, reach), rng.uniform(0, 30), rng.uniform(-45, 25)])
    matrix[:3, 3] = middle - matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
    return matrix


def _cs(angle: float) -> tuple[float, float]:
    return float(np.cos(angle)), float(np.sin(angle))
