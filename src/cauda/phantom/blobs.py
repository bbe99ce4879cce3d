"""Paint added ellipsoids: herniated disc, overgrown bone or ligament, nodes in an endplate."""

from __future__ import annotations

from cauda.phantom.anatomy import Anatomy, Blob, BlobKind
from cauda.phantom.grid import Canvas, Patch, XArray
from cauda.phantom.materials import Base, OfDisc, OfSegment, of_disc, of_segment

LIGAMENT_MM = 0.7
"""Thickness of the dark line (ligament and dura) over a herniation."""
CORE = 0.5
"""A root is painted over only where this share of the squared radius is reached: the fat round it
goes first, as real roots keep their shape until they have nowhere left to go."""


def paint_blobs(canvas: Canvas, anatomy: Anatomy) -> None:
    """Paint every blob, nodes excepted; bodies are painted over them later."""
    for blob in anatomy.blobs:
        if blob.kind is not BlobKind.NODE:
            _paint(canvas, anatomy, blob)


def paint_nodes(canvas: Canvas, anatomy: Anatomy) -> None:
    """Paint disc material that broke through an endplate, over the body."""
    for blob in anatomy.blobs:
        if blob.kind is BlobKind.NODE:
            _paint(canvas, anatomy, blob)


def _paint(canvas: Canvas, anatomy: Anatomy, blob: Blob) -> None:
    disc = anatomy.discs[blob.disc]
    reach = tuple(r + 1.5 for r in blob.radii_mm)
    low = tuple(c - r for c, r in zip(blob.center_mm, reach, strict=True))
    high = tuple(c + r for c, r in zip(blob.center_mm, reach, strict=True))
    patch = canvas.patch(
        disc.origin_lps, disc.axes, (low[0], low[1], low[2]), (high[0], high[1], high[2])
    )
    if patch is None:
        return
    roots = _roots(patch, anatomy)
    (cx, cy, cz), (rx, ry, rz) = blob.center_mm, blob.radii_mm
    material = {
        BlobKind.DISC: of_disc(blob.disc, OfDisc.HERNIATION),
        BlobKind.BONE: of_segment(disc.lower, OfSegment.ARCH_CORTEX),
        BlobKind.FLAVUM: int(Base.FLAVUM),
        BlobKind.NODE: of_disc(blob.disc, OfDisc.ANNULUS),
    }[blob.kind]
    for grow, paint_with in ((LIGAMENT_MM, int(Base.LIGAMENT)), (0.0, material)):
        q2 = ((patch.x - cx) / (rx + grow)) ** 2
        q2 = q2 + ((patch.y - cy) / (ry + grow)) ** 2 + ((patch.z - cz) / (rz + grow)) ** 2
        if grow == 0.0 or blob.kind is BlobKind.DISC:
            patch.paint((q2 < 1) & (~roots | (q2 < CORE)), paint_with)


def _roots(patch: Patch, anatomy: Anatomy) -> XArray:
    """Where the patch shows nerve roots: they give way, and are flattened last."""
    found = patch.materials == int(Base.NERVE)
    for n in range(len(anatomy.discs)):
        for part in (OfDisc.ROOT_LEFT, OfDisc.ROOT_RIGHT):
            found = found | (patch.materials == of_disc(n, part))
    return found
