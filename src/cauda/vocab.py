"""One vocabulary: every anatomical or clinical word used between modules is a member here.

Other tools' numbers and words are translated to these at the border (``knowledge/labels``),
never compared with them. All members are strings, so they read the same in code, JSON and logs.
"""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """The patient's side; left is +x in LPS."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Plane(StrEnum):
    """The anatomical plane nearest to a series' slices."""

    SAGITTAL = "sagittal"
    AXIAL = "axial"
    CORONAL = "coronal"
    UNKNOWN = "unknown"


class Contrast(StrEnum):
    """The image weighting that grading depends on."""

    T1 = "T1"
    T2 = "T2"
    STIR = "STIR"
    UNKNOWN = "unknown"


class Zone(StrEnum):
    """Where at a level, in the axial plane (Wiltse 1997, Fardon 2014)."""

    CENTRAL = "central"
    SUBARTICULAR = "subarticular"
    FORAMINAL = "foraminal"
    EXTRAFORAMINAL = "extraforaminal"
    ANTERIOR = "anterior"


class Root(StrEnum):
    """Nerve roots from L1 to S4, and the cauda equina as a whole."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    CAUDA = "cauda equina"


class Vertebra(StrEnum):
    """Vertebrae by name; ``V1`` .. ``V10`` count up from the lowest seen when no name is safe."""

    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    L6 = "L6"
    S1 = "S1"
    V1 = "V1"
    V2 = "V2"
    V3 = "V3"
    V4 = "V4"
    V5 = "V5"
    V6 = "V6"
    V7 = "V7"
    V8 = "V8"
    V9 = "V9"
    V10 = "V10"


class Level(StrEnum):
    """Intervertebral levels, named by their neighbors; ``D1`` .. ``D9`` only count from below."""

    T8_T9 = "T8-T9"
    T9_T10 = "T9-T10"
    T10_T11 = "T10-T11"
    T11_T12 = "T11-T12"
    T12_L1 = "T12-L1"
    L1_L2 = "L1-L2"
    L2_L3 = "L2-L3"
    L3_L4 = "L3-L4"
    L4_L5 = "L4-L5"
    L5_L6 = "L5-L6"
    L4_S1 = "L4-S1"
    L5_S1 = "L5-S1"
    L6_S1 = "L6-S1"
    D1 = "D1"
    D2 = "D2"
    D3 = "D3"
    D4 = "D4"
    D5 = "D5"
    D6 = "D6"
    D7 = "D7"
    D8 = "D8"
    D9 = "D9"

    @property
    def is_relative(self) -> bool:
        """Whether the name only counts from the lowest visible disc."""
        return self.value.startswith("D")


GRADED_LEVELS = (Level.L1_L2, Level.L2_L3, Level.L3_L4, Level.L4_L5, Level.L5_S1)
"""The levels every report lists, from above; the last two are those the product is judged by."""

HERNIATED = ("protrusion", "extrusion", "sequestration")
"""Fardon's contours that are herniations; "displaced" leaves the kind open, a bulge is none."""


class Structure(StrEnum):
    """What the networks tell apart."""

    BACKGROUND = "background"
    BODY = "vertebral body"
    ARCH = "posterior arch"
    DISC = "disc"
    SAC = "thecal sac"
    CORD = "cord"
    SACRUM = "sacrum"
    FORAMEN = "foramen"
    ROOT = "nerve root"
    EPIDURAL_FAT = "epidural fat"


STRUCTURES = (
    Structure.BACKGROUND,
    Structure.BODY,
    Structure.ARCH,
    Structure.DISC,
    Structure.SAC,
    Structure.CORD,
    Structure.SACRUM,
    Structure.FORAMEN,
    Structure.ROOT,
)
"""Channel ``c`` of a sagittal segmentation holds the probability of ``STRUCTURES[c]``."""

AXIAL_STRUCTURES = (*STRUCTURES, Structure.EPIDURAL_FAT)
"""The same for an axial segmentation: fat between sac and canal wall is told apart there."""


class Quantity(StrEnum):
    """What can be measured; the unit is part of the name, and :attr:`unit` gives it as UCUM."""

    DISC_HEIGHT_ANTERIOR = "disc_height_anterior_mm"
    DISC_HEIGHT_MIDDLE = "disc_height_middle_mm"
    DISC_HEIGHT_POSTERIOR = "disc_height_posterior_mm"
    DISC_HEIGHT_INDEX = "disc_height_index_ratio"
    DISC_DEPTH = "disc_depth_mm"
    DISPLACEMENT = "posterior_displacement_mm"
    DISPLACEMENT_EXTENT = "displacement_extent_mm"
    SAC_AP = "sac_ap_mm"
    SAC_AREA = "sac_area_mm2"
    SAC_RATIO = "sac_area_ratio"
    FORAMEN_HEIGHT = "foramen_height_mm"
    FORAMEN_WIDTH = "foramen_width_mm"
    FORAMEN_AREA = "foramen_area_mm2"
    SLIP = "slip_mm"
    SLIP_PERCENT = "slip_percent"
    SEGMENTAL_ANGLE = "segmental_angle_deg"
    LORDOSIS = "lordosis_deg"
    NUCLEUS_SIGNAL = "nucleus_csf_ratio"
    DISC_HEIGHT_DABBS = "disc_height_dabbs_mm"
    DISC_HEIGHT_FARFAN = "disc_height_farfan_ratio"
    DISC_VOLUME = "disc_volume_mm3"
    MIGRATION_CRANIAL = "migration_cranial_mm"
    MIGRATION_CAUDAL = "migration_caudal_mm"
    DISPLACEMENT_DEPTH = "displacement_depth_mm"
    DISPLACEMENT_BASE = "displacement_base_mm"
    DISPLACEMENT_DOME = "displacement_dome_mm"
    DISPLACEMENT_APEX = "displacement_apex_left_mm"
    DISPLACEMENT_CIRCUMFERENCE = "displacement_circumference_ratio"
    DISPLACEMENT_CANAL = "displacement_canal_ratio"
    DISPLACEMENT_FACET_LINE = "displacement_facet_line_ratio"
    DISPLACEMENT_ZONE = "displacement_zone_share_ratio"
    FACET_DISTANCE = "facet_distance_mm"
    SAC_TRANSVERSE = "sac_transverse_mm"
    SAC_PEDICLE_AREA = "sac_pedicle_area_mm2"
    BONY_CANAL_AP = "bony_canal_ap_mm"
    BONY_CANAL_TRANSVERSE = "bony_canal_transverse_mm"
    CSF_FRACTION = "csf_fraction_ratio"
    ROOTLET_POSITION = "rootlet_position_ratio"
    EPIDURAL_FAT_AREA = "epidural_fat_posterior_mm2"
    RECESS_HEIGHT = "recess_height_mm"
    RECESS_ANGLE = "recess_angle_deg"
    RECESS_AREA = "recess_area_mm2"
    ROOT_DISC_GAP = "root_disc_gap_mm"
    FORAMEN_FAT_ANTERIOR = "foramen_fat_anterior_ratio"
    FORAMEN_FAT_POSTERIOR = "foramen_fat_posterior_ratio"
    FORAMEN_FAT_SUPERIOR = "foramen_fat_superior_ratio"
    FORAMEN_FAT_INFERIOR = "foramen_fat_inferior_ratio"
    FORAMEN_ROOT_AREA = "foramen_root_area_mm2"
    SACRAL_SLOPE = "sacral_slope_deg"
    NUCLEUS_HETEROGENEITY = "nucleus_heterogeneity_ratio"
    NUCLEUS_ANNULUS = "nucleus_annulus_contrast_ratio"
    ENDPLATE_T1 = "endplate_marrow_t1_ratio"
    ENDPLATE_T2 = "endplate_marrow_t2_ratio"
    VERTEBRA_WEDGE = "vertebra_wedge_ratio"
    VERTEBRA_HEIGHT_ANTERIOR = "vertebra_height_anterior_mm"
    VERTEBRA_HEIGHT_MIDDLE = "vertebra_height_middle_mm"
    VERTEBRA_HEIGHT_POSTERIOR = "vertebra_height_posterior_mm"

    @property
    def unit(self) -> str:
        """UCUM unit: ``mm``, ``mm2``, ``mm3``, ``deg``, ``%`` or ``1``."""
        suffix = self.value.rsplit("_", 1)[1]
        return {"percent": "%", "ratio": "1"}.get(suffix, suffix)


class Condition(StrEnum):
    """What a finding is about."""

    DISC_CONTOUR = "disc_contour"
    DISC_BULGE = "disc_bulge"
    DISC_HERNIATION = "disc_herniation"
    DISC_NARROWING = "disc_narrowing"
    DISC_DEGENERATION = "disc_degeneration"
    CANAL_STENOSIS = "canal_stenosis"
    SUBARTICULAR_STENOSIS = "subarticular_stenosis"
    ROOT_COMPROMISE = "root_compromise"
    FORAMINAL_STENOSIS = "foraminal_stenosis"
    SPONDYLOLISTHESIS = "spondylolisthesis"
    ENDPLATE_CHANGE = "endplate_change"


UNKNOWN = "UNKNOWN"
"""The grade of a finding that could not be decided; its reason is never empty."""


class Scale(StrEnum):
    """Published ordered scales; :attr:`grades` lists the grades, the first being the normal one."""

    FARDON = "Fardon 2014"
    PRESENCE = "absent/present"
    PFIRRMANN = "Pfirrmann 2001"
    LEE_CANAL = "Lee 2011 (canal)"
    SCHIZAS = "Schizas 2010"
    LEE_FORAMEN = "Lee 2010 (foramen)"
    BARTYNSKI = "Bartynski 2003"
    ROOT_CONTACT = "Pfirrmann 2004 (root)"
    MEYERDING = "Meyerding 1932"
    MODIC = "Modic 1988"
    RSNA = "RSNA 2024"

    @property
    def grades(self) -> tuple[str, ...]:
        """Every grade of the scale, from normal to worst, without UNKNOWN."""
        return _GRADES[self]


_GRADES: dict[Scale, tuple[str, ...]] = {
    Scale.FARDON: ("normal", "displaced", "bulge", "protrusion", "extrusion", "sequestration"),
    Scale.PRESENCE: ("absent", "present"),
    Scale.PFIRRMANN: ("I", "II", "III", "IV", "V"),
    Scale.LEE_CANAL: ("0", "1", "2", "3"),
    Scale.SCHIZAS: ("A1", "A2", "A3", "A4", "B", "C", "D"),
    Scale.LEE_FORAMEN: ("0", "1", "2", "3"),
    Scale.BARTYNSKI: ("0", "1", "2", "3"),
    Scale.ROOT_CONTACT: ("0", "1", "2", "3"),
    Scale.MEYERDING: ("0", "I", "II", "III", "IV", "V"),
    Scale.MODIC: ("0", "1", "2", "3"),
    Scale.RSNA: ("normal_mild", "moderate", "severe"),
}
