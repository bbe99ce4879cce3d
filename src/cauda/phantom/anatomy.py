"""The parameters of one synthetic lumbar spine: frozen records, patient LPS, mm.

A spine is a chain of rigid *segments* (vertebrae, the sacral ones fused) with a disc between each
two. All shapes are implicit functions of points in the local frame of a segment or disc, so that
any grid can be painted. Rows of ``axes`` are the local x' (left), y' (posterior), z' (up) in LPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cauda.vocab import Level, Side, Vertebra, Zone

Vector = tuple[float, float, float]
Axes = tuple[Vector, Vector, Vector]


class LesionKind(StrEnum):
    """What can be built into a spine."""

    BULGE = "bulge"
    PROTRUSION = "protrusion"
    EXTRUSION = "extrusion"
    SEQUESTRATION = "sequestration"
    FACET_OVERGROWTH = "facet overgrowth"
    THICK_FLAVUM = "thick ligamentum flavum"
    SHORT_PEDICLES = "short pedicles"
    HEIGHT_LOSS = "disc height loss"
    DEHYDRATION = "disc dehydration"
    SLIP = "slip"
    SCHMORL = "Schmorl node"
    MODIC_1 = "Modic 1"
    MODIC_2 = "Modic 2"
    MODIC_3 = "Modic 3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """One lesion to build.

    Parameters
    ----------
    kind : LesionKind
    level : Level
    side : Side or None
        ``None`` is both sides or the midline.
    zone : Zone
        Where a herniation lies, or where an overgrowth narrows (subarticular or foraminal).
    size_mm : float
        Protrusion beyond the wall, growth, height lost, slip (anterior positive), node depth.
    migration_mm : float
        Of an extrusion or fragment: center above (+) or below (-) the disc.
    """

    kind: LesionKind
    level: Level
    side: Side | None = None
    zone: Zone = Zone.CENTRAL
    size_mm: float = 4.0
    migration_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One vertebra: its frame (origin at the body's center) and the shape of body and arch, mm.

    ``pedicle_x_mm`` is the distance of a pedicle's axis from the midline, ``canal_ap_mm`` from
    the posterior wall to the lamina; ``lips_mm`` are the anterior and posterior osteophytes;
    ``concave_mm`` and ``modic`` are for the upper and the lower endplate; ``marrow`` scales the
    marrow's fat; ``squareness`` tells how much the outline seen from above resembles a rectangle
    (0 is an ellipse). ``taper`` is the share by which a fused body is shallower below than above.
    """

    name: str
    origin_lps: Vector
    axes: Axes
    width_mm: float
    depth_mm: float
    height_mm: float
    wedge_deg: float
    concave_mm: tuple[float, float]
    waist: float
    lips_mm: tuple[float, float]
    pedicle_x_mm: float
    pedicle_width_mm: float
    pedicle_height_mm: float
    canal_ap_mm: float
    spinous_mm: float
    facet_mm: float
    marrow: float
    is_fused: bool = False
    modic: tuple[int, int] = (0, 0)
    squareness: float = 0.82
    taper: float = 0.25

    @property
    def vertebra(self) -> Vertebra:
        """Its name in the vocabulary; fused ones are all part of S1."""
        return Vertebra.S1 if self.is_fused else Vertebra(self.name)

    @property
    def wall_mm(self) -> float:
        """Local y' of the posterior wall."""
        return self.depth_mm / 2

    @property
    def pedicle_z_mm(self) -> float:
        """Local z' of the pedicles' axis."""
        return 0.21 * self.height_mm

    @property
    def slope(self) -> float:
        """Tangent of half the wedge angle: tilt of each endplate against the mid plane."""
        return float(np.tan(np.radians(self.wedge_deg) / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """The disc between ``segments[lower]`` and ``segments[lower + 1]``.

    ``origin_lps`` and ``axes`` form the frame of the plane that bisects the endplates; ``water``
    is 1 for a young nucleus and 0 for a black disc; ``flavum_mm`` is the thickness of the flavum
    on the left and right; ``bulge_mm`` moves the whole outline beyond the rims; ``crowding`` packs
    the rootlets of a narrowed sac; ``remnant`` is the share of the outline that a fused disc still
    takes, and ``is_formed`` tells whether such a disc still has a nucleus.
    """

    level: Level | None
    lower: int
    origin_lps: Vector
    axes: Axes
    height_mm: float
    wedge_deg: float
    bulge_mm: float
    water: float
    has_cleft: bool
    flavum_mm: tuple[float, float]
    is_fused: bool = False
    crowding: float = 0.0
    remnant: float = 0.7
    is_formed: bool = False


class BlobKind(StrEnum):
    """What an added ellipsoid is made of."""

    DISC = "disc"
    BONE = "bone"
    FLAVUM = "flavum"
    NODE = "node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """An ellipsoid in the frame of ``discs[disc]``: herniated disc, overgrown bone or ligament."""

    kind: BlobKind
    disc: int
    center_mm: Vector
    radii_mm: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Sac:
    """Dural sac: sizes as factors of the normal ones, and its ends along the spine.

    ``conus`` and ``end`` are positions in segments (0 is the middle of ``segments[0]``, 0.5 the
    disc above it); ``rootlet_phase`` moves the rootlets.
    """

    scale_ap: float
    scale_lr: float
    conus: float
    end: float
    front_gap_mm: float
    rootlet_phase: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Soft tissue round the spine.

    ``ellipsoids`` are (x, y, z, rx, ry, rz, material) in front of the spine.
    """

    subcutaneous_mm: float
    muscle_fat: float
    psoas: float
    aorta_x_mm: float
    ellipsoids: tuple[tuple[float, float, float, float, float, float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """A whole synthetic spine; segments and discs run from caudal to cranial.

    Parameters
    ----------
    seed : int
        Seeds the texture, so that the same anatomy has the same marrow in every series.
    lumbar_count : int
        4, 5 or 6.
    segments, discs : tuple
        ``discs[i]`` lies between ``segments[i]`` and ``segments[i + 1]``.
    blobs : tuple of Blob
    lesions : tuple of Lesion
        As they were asked for or drawn.
    plain : Anatomy or None
        The same spine without its lesions: what narrowing is judged against.
    """

    seed: int
    lumbar_count: int
    segments: tuple[Segment, ...]
    discs: tuple[Disc, ...]
    blobs: tuple[Blob, ...]
    sac: Sac
    surroundings: Surroundings
    root_radius_mm: float
    lesions: tuple[Lesion, ...] = ()
    plain: Anatomy | None = None

    @property
    def sacral_count(self) -> int:
        """How many of the lowest segments are fused."""
        return sum(s.is_fused for s in self.segments)

    def disc_index(self, level: Level) -> int:
        """Index in :attr:`discs` of the disc named ``level``.

        Raises
        ------
        StopIteration
            If the spine has no such level.
        """
        return next(n for n, d in enumerate(self.discs) if d.level == level)


def frame_matrix(origin: Vector, axes: Axes) -> NDArray[np.float64]:
    """(4, 4) matrix from local coordinates of a frame to LPS, mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(axes).T
    matrix[:3, 3] = origin
    return matrix
