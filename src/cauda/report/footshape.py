"""The right foot in four views as paths: outlines, and regions named as in ``roots.toml``.

Sole: toes up, big toe at the right. Top: the same turned over, toes down. Both profiles are given
with the toes at the left, as the right foot is seen from its inner side; seen from its outer side
it is their mirror image. The left foot is the mirror image of each view.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A named area; it is clipped by the foot's outline."""

    id: str
    path: str
    label_at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the right foot.

    Parameters
    ----------
    name, title : str
    width, height : float
    body, toes : str
        Outlines; toes are drawn behind the body, and may be empty.
    regions : tuple of Region
    is_mirrored : bool
        Whether the right foot is the mirror image of these paths.
    """

    name: str
    title: str
    width: float
    height: float
    body: str
    toes: str
    regions: tuple[Region, ...]
    is_mirrored: bool = False


ROW_TOPS = (34, 268, 500, 628)
"""Top of each row of views in the drawing."""

_HEIGHT = 204.0
_TOES = ((20, 52, 8, 12), (34, 39, 8, 14), (49, 30, 8.5, 16), (65, 24, 9, 18), (86, 26, 12.5, 24))
"""Toes 5 to 1 on the sole: center x, y and half-axes."""
_SOLE = (
    "M50 200 C32 200 26 188 27 170 C28 148 17 126 13 102 C9 82 9 68 14 56 "
    "C30 44 60 30 96 38 C100 62 95 84 86 104 C78 124 76 148 75 170 C74 188 67 200 50 200 Z"
)
_TOP = (
    "M50 4 C36 4 28 16 27 34 C26 56 17 78 13 102 C9 122 9 136 14 148 "
    "C30 160 60 174 96 166 C100 142 95 120 86 100 C78 80 76 56 74 34 C73 16 64 4 50 4 Z"
)
_PROFILE = (
    "M104 2 C104 22 102 34 96 46 C72 58 40 62 18 70 C8 73 6 82 14 85 C32 88 52 86 72 "
    "84 C94 80 114 84 130 87 C144 89 156 86 157 76 C158 64 150 56 148 44 C146 30 146 16 146 2 Z"
)


def _ellipse(x: float, y: float, rx: float, ry: float) -> str:
    return f"M{x - rx} {y} a{rx} {ry} 0 1 0 {2 * rx} 0 a{rx} {ry} 0 1 0 {-2 * rx} 0 Z"


def _turned(x: float, y: float, rx: float, ry: float) -> str:
    return _ellipse(x, _HEIGHT - y, rx, ry)


_DORSAL = View(
    name="dorsal",
    title="top",
    width=110,
    height=_HEIGHT,
    body=_TOP,
    toes=" ".join(_turned(*toe) for toe in _TOES),
    regions=(
        *(Region(id=f"toe{5 - n}_dorsal", path=_turned(*toe)) for n, toe in enumerate(_TOES)),
        Region(
            id="dorsum",
            path="M34 0 C28 60 22 100 32 185 L82 185 C86 140 80 100 70 60 L70 0 Z",
            label_at=(54, 96),
        ),
        Region(
            id="lateral_border",
            path="M34 0 C28 60 22 100 32 185 L0 185 L0 0 Z",
            label_at=(20, 122),
        ),
        Region(
            id="medial_border",
            path="M70 0 L70 60 C80 100 86 140 82 185 L110 185 L110 0 Z",
            label_at=(87, 134),
        ),
        Region(id="first_web", path=_ellipse(74, 164, 6, 9)),
    ),
)
_PLANTAR = View(
    name="plantar",
    title="sole",
    width=110,
    height=_HEIGHT,
    body=_SOLE,
    toes=" ".join(_ellipse(*toe) for toe in _TOES),
    regions=(
        *(Region(id=f"toe{5 - n}_plantar", path=_ellipse(*toe)) for n, toe in enumerate(_TOES)),
        Region(
            id="sole",
            path="M0 98 Q40 86 58 95 Q52 130 64 158 Q50 152 0 164 Z",
            label_at=(40, 128),
        ),
        Region(id="heel", path="M0 164 Q50 152 110 160 L110 210 L0 210 Z", label_at=(51, 184)),
        Region(
            id="ball_lateral", path="M0 30 L54 30 Q60 64 58 95 Q40 86 0 98 Z", label_at=(34, 76)
        ),
        Region(
            id="ball_medial",
            path="M54 30 L110 30 L110 92 Q84 86 58 95 Q60 64 54 30 Z",
            label_at=(77, 70),
        ),
        Region(
            id="medial_arch",
            path="M58 95 Q84 86 110 92 L110 160 Q84 150 64 158 Q52 130 58 95 Z",
            label_at=(70, 120),
        ),
    ),
)
_SHIN = "M90 0 L160 0 L160 44 Q140 56 112 54 L98 36 Z"
_FRONT = "M0 60 L100 30 L112 54 Q70 66 18 74 Z"
_HEEL = "M112 54 Q128 64 132 95 L180 95 L180 44 Q140 56 112 54 Z"
_END_TOE = "M0 60 L24 60 Q26 80 22 95 L0 95 Z"
_ANKLE_BONE = _ellipse(124, 46, 9, 8)

_MEDIAL = View(
    name="medial",
    title="inner side",
    width=164,
    height=90,
    body=_PROFILE,
    toes="",
    regions=(
        Region(id="medial_shin", path=_SHIN, label_at=(124, 22)),
        Region(id="dorsum", path=_FRONT),
        Region(id="medial_border", path="M18 74 Q50 69 78 64 L82 95 L10 95 Z", label_at=(54, 82)),
        Region(
            id="medial_arch",
            path="M78 64 Q95 60 112 54 Q128 64 132 95 L82 95 Z",
            label_at=(104, 78),
        ),
        Region(id="heel", path=_HEEL, label_at=(144, 76)),
        Region(id="toe1_dorsal", path=_END_TOE),
        Region(id="medial_malleolus", path=_ANKLE_BONE),
    ),
)
_LATERAL = View(
    name="lateral",
    title="outer side",
    width=164,
    height=90,
    body=_PROFILE,
    toes="",
    is_mirrored=True,
    regions=(
        Region(id="lateral_shin", path=_SHIN, label_at=(124, 22)),
        Region(id="dorsum", path=_FRONT),
        Region(
            id="lateral_border",
            path="M18 74 Q70 66 112 54 Q128 64 132 95 L10 95 Z",
            label_at=(80, 79),
        ),
        Region(id="heel", path=_HEEL, label_at=(144, 76)),
        Region(id="toe5_dorsal", path=_END_TOE),
        Region(id="lateral_malleolus", path=_ANKLE_BONE),
    ),
)

VIEWS = (_DORSAL, _PLANTAR, _MEDIAL, _LATERAL)
