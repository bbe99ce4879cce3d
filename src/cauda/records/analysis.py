"""Everything found for one study, and what made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cauda.records.finding import Finding
from cauda.records.limit import Limit
from cauda.records.measurement import Measurement
from cauda.records.relation import Relation
from cauda.records.segmentation import Segmentation
from cauda.records.spine import Spine
from cauda.records.study import Study
from cauda.vocab import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made an analysis; time is passed in, never read here."""

    version: str
    bundle: str
    bundle_sha256: str
    created: str
    settings: Mapping[str, Any]
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measurement compared with the prior study."""

    measurement: str
    before: float
    after: float
    is_beyond_uncertainty: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Everything found for one study."""

    study: Study
    segmentations: tuple[Segmentation, ...]
    spine: Spine
    measurements: tuple[Measurement, ...]
    limits: tuple[Limit, ...]
    findings: tuple[Finding, ...]
    relation: Relation
    impression: tuple[str, ...]
    not_assessed: tuple[str, ...]
    provenance: Provenance
    changes: tuple[Change, ...] = ()

    def measurement(self, id_: str) -> Measurement:
        """The measurement with that id."""
        return next(m for m in self.measurements if m.id == id_)

    def at(self, level: Level) -> tuple[Finding, ...]:
        """Findings of one level."""
        return tuple(f for f in self.findings if f.level == level)
