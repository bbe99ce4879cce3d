"""Paint a whole anatomy on a grid and read off structures and instances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Space
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.arch import paint_arch
from cauda.phantom.blobs import paint_blobs, paint_nodes
from cauda.phantom.canal import paint_canal, paint_flavum, paint_foramina, paint_roots
from cauda.phantom.column import paint_body, paint_disc
from cauda.phantom.grid import Canvas, Grid, XArray
from cauda.phantom.materials import instance_table, structure_table
from cauda.phantom.soft import paint_surroundings


def paint(
    anatomy: Anatomy,
    grid: Grid,
    *,
    with_surroundings: bool = True,
    segments: range | None = None,
) -> XArray:
    """Material index of every point of ``grid``.

    Parameters
    ----------
    anatomy : Anatomy
    grid : Grid
    with_surroundings : bool
        Leave the soft tissue out where only structures are wanted.
    segments : range or None
        Paint only these segments and the discs between them: faster for a grid that shows no more.

    Returns
    -------
    materials : (I, J, K) uint8 array of the grid's namespace
    """
    xp = grid.xp
    canvas = Canvas(grid=grid, materials=xp.zeros(grid.shape, dtype=xp.uint8, device=grid.device))
    if with_surroundings:
        paint_surroundings(canvas, anatomy)
    bones = segments or range(len(anatomy.segments))
    levels = range(bones.start, bones.stop - 1)
    paint_canal(canvas, anatomy, bones)
    for n in levels:
        if not anatomy.discs[n].is_fused:
            paint_foramina(canvas, anatomy, n)
    for n in levels:
        paint_roots(canvas, anatomy, n)
        paint_flavum(canvas, anatomy, n)
    paint_blobs(canvas, anatomy)
    for n in bones:
        paint_arch(canvas, anatomy, n)
    for n in bones:
        paint_body(canvas, anatomy, n)
    paint_nodes(canvas, anatomy)
    for n in levels:
        paint_disc(canvas, anatomy, n)
    return canvas.materials


def structure_labels(anatomy: Anatomy, space: Space) -> NDArray[np.uint8]:
    """(I, J, K): index into ``STRUCTURES`` at every voxel center of ``space``."""
    materials = paint(anatomy, Grid.of(space), with_surroundings=False)
    labels: NDArray[np.uint8] = structure_table(anatomy)[materials]
    return labels


def instance_labels(anatomy: Anatomy, space: Space) -> NDArray[np.int16]:
    """(I, J, K): instance label, as in ``Spine.instances``, at every voxel center of ``space``."""
    materials = paint(anatomy, Grid.of(space), with_surroundings=False)
    labels: NDArray[np.int16] = instance_table(anatomy)[materials]
    return labels
