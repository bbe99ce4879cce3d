"""All that passes between the stages: frozen records, arrays read-only, sequences as tuples.

One module a stage. Absent is a value: what could not be measured or graded is a :class:`Finding`
whose grade is ``UNKNOWN`` and whose ``reason_unknown`` says why.
"""

from cauda.records.analysis import Analysis, Change, Provenance
from cauda.records.basic import Certainty, Point, read_only
from cauda.records.finding import Finding, Opinion
from cauda.records.labels import Labels, Part
from cauda.records.limit import Limit
from cauda.records.measurement import Measurement, error_of_difference
from cauda.records.relation import Expected, RedFlag, Relation, RootLink
from cauda.records.segmentation import NOT_ASKED, Segmentation
from cauda.records.spine import (
    ARCH_OFFSET,
    CORD_LABEL,
    DISC_LABELS,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    AxialSlice,
    Conus,
    LevelInstance,
    Numbering,
    Plane3,
    Spine,
    VertebraInstance,
)
from cauda.records.study import IDENTIFIERS, Series, Study, Volume

__all__ = [
    "ARCH_OFFSET",
    "CORD_LABEL",
    "DISC_LABELS",
    "IDENTIFIERS",
    "LEFT_FORAMEN_OFFSET",
    "NOT_ASKED",
    "RIGHT_FORAMEN_OFFSET",
    "SAC_LABEL",
    "Analysis",
    "AxialSlice",
    "Certainty",
    "Change",
    "Conus",
    "Expected",
    "Finding",
    "Labels",
    "LevelInstance",
    "Limit",
    "Measurement",
    "Numbering",
    "Opinion",
    "Part",
    "Plane3",
    "Point",
    "Provenance",
    "RedFlag",
    "Relation",
    "RootLink",
    "Segmentation",
    "Series",
    "Spine",
    "Study",
    "VertebraInstance",
    "Volume",
    "error_of_difference",
    "read_only",
]
