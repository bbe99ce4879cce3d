"""The rows of ``analysis.json`` as pydantic models: frozen, no unknown fields, finite numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cauda.vocab import (
    Condition,
    Contrast,
    Level,
    Plane,
    Quantity,
    Root,
    Scale,
    Side,
    Vertebra,
    Zone,
)

SCHEMA_VERSION: Literal["1.0"] = "1.0"


def _rounded(value: float) -> float:
    """Two decimals: 0.01 mm is far below what any of the methods can resolve."""
    if not math.isfinite(value):
        msg = f"A document holds finite numbers only, not {value}; leave the measurement out."
        raise ValueError(msg)
    return round(value, 2)


def _rounded_probabilities(value: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if value is None else {grade: round(p, 3) for grade, p in value.items()}


Number = Annotated[float, AfterValidator(_rounded)]
Share = Annotated[float, AfterValidator(lambda value: round(value, 3))]
Probabilities = Annotated[dict[str, float] | None, AfterValidator(_rounded_probabilities)]


class _Row(BaseModel):
    """Common rules: read from records, no unknown fields, immutable."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class SeriesRow(_Row):
    """One series: what it was taken for and whether it was used."""

    key: str
    plane: Plane
    contrast: Contrast
    role: str
    used: bool
    reason: str
    warnings: tuple[str, ...] = ()
    series_uid: str | None = None


class StudyRow(_Row):
    """The study; identifiers stay null unless they were asked for."""

    series: tuple[SeriesRow, ...] = ()
    technique: str = ""
    identifiers: dict[str, str] | None = None


class ProvenanceRow(_Row):
    """What made the document."""

    version: str
    bundle: str
    bundle_sha256: str
    created: str
    settings: dict[str, Any] = {}
    seconds: dict[str, Number] = {}


class CheckRow(_Row):
    """The strongest effect of one check over the whole study."""

    id: str
    effect: Literal["note", "lower", "withhold"]
    count: int


class LimitRow(_Row):
    """One thing that may not be answered, or only with less certainty."""

    id: str
    effect: Literal["note", "lower", "withhold"]
    reason: str
    level: Level | None = None
    side: Side | None = None
    conditions: tuple[Condition, ...] = ()


class NumberingRow(_Row):
    """How sure the level names are."""

    state: Literal["verified", "conventional", "uncertain"]
    reasons: tuple[str, ...] = ()
    lumbar_count: int | None = None
    alternate: str | None = None
    flags: tuple[str, ...] = ()


class ConusRow(_Row):
    """Where the conus tip lies; null with a reason where it cannot be told."""

    level: str | None
    reason: str


class MeasurementRow(_Row):
    """One number with its unit, error and origin."""

    id: str
    quantity: Quantity
    side: Side | None = None
    value: Number
    unit: str
    uncertainty: Number
    method: str
    series: str
    slice: int | None = None
    plane: Plane = Plane.SAGITTAL
    zone: Zone | None = None
    preferred: bool = True
    estimated: bool = False
    apart: str = ""
    reference: dict[str, Any] | None = None


class OpinionRow(_Row):
    """What a learned grader says beside the rule, and on which images it rests."""

    grader: str
    probabilities: Probabilities
    validation: Literal["none", "synthetic", "real"] = "none"
    plane: Plane = Plane.SAGITTAL
    zone: Zone | None = None
    apex_side: Side | None = None
    zone_probability: Share = 0.0


class FindingRow(_Row):
    """One condition at one level (and side) on one scale."""

    id: str
    condition: Condition
    side: Side | None = None
    zone: Zone | None = None
    scale: Scale
    grade: str
    probabilities: Probabilities = None
    opinion: OpinionRow | None = None
    certainty: Literal["high", "moderate", "low"]
    borderline: bool = False
    validation: Literal["none", "synthetic", "real"] = "none"
    rule: str
    because: tuple[str, ...] = ()
    detail: str = ""
    reason_unknown: str = ""


class LevelRow(_Row):
    """Everything about one level."""

    name: Level
    alternate: Level | None = None
    partial: bool = False
    measurements: tuple[MeasurementRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()


class VertebraRow(_Row):
    """One vertebra with its own measurements."""

    name: Vertebra
    partial: bool = False
    measurements: tuple[MeasurementRow, ...] = ()


class AssociatedRow(_Row):
    """Foot symptoms anatomically associated with a root; never a diagnosis."""

    sensation: tuple[str, ...] = ()
    pain: tuple[str, ...] = ()
    weakness: tuple[str, ...] = ()
    reflex: tuple[str, ...] = ()
    cramp: tuple[str, ...] = ()
    gait: tuple[str, ...] = ()


class RootRow(_Row):
    """A root that findings could affect."""

    root: Root
    side: Side
    tier: int = Field(ge=0, le=3)
    tier_text: str
    because: tuple[str, ...]
    associated: AssociatedRow
    level: Level | None = None
    zone: Zone | None = None
    widened: bool = False
    notes: tuple[str, ...] = ()


class RedFlagRow(_Row):
    """One fixed red-flag text and whether its question was answered."""

    tier: Literal["emergency", "urgent", "prompt", "imaging"]
    text: str
    triggers: tuple[str, ...] = ()
    answered: str = "not asked"


class ChangeRow(_Row):
    """One measurement compared with the prior study."""

    measurement: str
    before: Number
    after: Number
    is_beyond_uncertainty: bool


class AnalysisDocument(_Row):
    """``analysis.json`` and ``truth.json``."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    review_status: Literal["unreviewed"] = "unreviewed"
    study: StudyRow = StudyRow()
    provenance: ProvenanceRow | None = None
    checks: tuple[CheckRow, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    not_assessed: tuple[str, ...] = ()
    numbering: NumberingRow | None = None
    conus: ConusRow | None = None
    vertebrae: tuple[VertebraRow, ...] = ()
    alignment: tuple[MeasurementRow, ...] = ()
    levels: tuple[LevelRow, ...] = ()
    roots: tuple[RootRow, ...] = ()
    symptoms: dict[str, Any] | None = None
    red_flags: tuple[RedFlagRow, ...] = ()
    base_rates: tuple[str, ...] = ()
    other_causes: tuple[str, ...] = ()
    impression: tuple[str, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
