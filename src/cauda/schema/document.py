"""Records to rows: what of an analysis goes into ``analysis.json``, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from cauda.records import Analysis, Conus, Finding, Measurement, Numbering, Provenance, Study
from cauda.schema.rows import (
    AnalysisDocument,
    ChangeRow,
    CheckRow,
    ConusRow,
    FindingRow,
    LevelRow,
    LimitRow,
    MeasurementRow,
    NumberingRow,
    ProvenanceRow,
    RedFlagRow,
    RootRow,
    SeriesRow,
    StudyRow,
    VertebraRow,
)
from cauda.vocab import GRADED_LEVELS, Level, Quantity, Vertebra

_ALIGNMENT = (Quantity.SLIP, Quantity.SLIP_PERCENT, Quantity.SEGMENTAL_ANGLE, Quantity.LORDOSIS)
_SERIES_UID_TAG = "0020000E"
_EFFECTS = ("note", "lower", "withhold")


def to_document(analysis: Analysis, *, keep_identifiers: bool = False) -> AnalysisDocument:
    """Turn an analysis into the document that ``analysis.json`` holds.

    Parameters
    ----------
    analysis : Analysis
    keep_identifiers : bool
        Also write the study's identifiers and the series' original UIDs.

    Returns
    -------
    AnalysisDocument
        Levels from cranial to caudal; every graded level is present, found or not.
    """
    spine, relation = analysis.spine, analysis.relation
    alternates = {lv.name: lv.alternate for lv in spine.levels}
    partial = {lv.name: lv.is_partial for lv in spine.levels}
    names = _level_order(analysis)
    return AnalysisDocument(
        study=_study_row(analysis.study, keep_identifiers=keep_identifiers),
        provenance=ProvenanceRow.model_validate(_fields(analysis.provenance)),
        checks=_checks(analysis),
        limits=tuple(LimitRow.model_validate(limit) for limit in analysis.limits),
        not_assessed=(*analysis.not_assessed, *relation.not_assessed),
        numbering=NumberingRow.model_validate(spine.numbering),
        conus=ConusRow.model_validate(spine.conus),
        vertebrae=_vertebra_rows(analysis),
        alignment=_alignment_rows(analysis.measurements),
        levels=tuple(
            LevelRow(
                name=name,
                alternate=alternates.get(name),
                partial=partial.get(name, False),
                measurements=_measurement_rows(m for m in analysis.measurements if m.level == name),
                findings=_finding_rows(analysis.at(name)),
            )
            for name in names
        ),
        roots=tuple(RootRow.model_validate(link) for link in relation.roots),
        symptoms=None if relation.symptoms is None else _plain(relation.symptoms),
        red_flags=tuple(RedFlagRow.model_validate(flag) for flag in relation.red_flags),
        base_rates=relation.base_rates,
        other_causes=relation.other_causes,
        impression=analysis.impression,
        changes=tuple(ChangeRow.model_validate(change) for change in analysis.changes),
    )


def truth_document(
    measurements: Sequence[Measurement],
    findings: Sequence[Finding] = (),
    *,
    numbering: Numbering | None = None,
    conus: Conus | None = None,
    provenance: ProvenanceRow | None = None,
) -> AnalysisDocument:
    """Build a phantom's ``truth.json``: the same document with only what is known exactly."""
    given = {m.level for m in measurements} | {f.level for f in findings}
    return AnalysisDocument(
        provenance=provenance,
        numbering=None if numbering is None else NumberingRow.model_validate(numbering),
        conus=None if conus is None else ConusRow.model_validate(conus),
        vertebrae=_measured_vertebrae(measurements),
        alignment=_alignment_rows(measurements),
        levels=tuple(
            LevelRow(
                name=name,
                measurements=_measurement_rows(m for m in measurements if m.level == name),
                findings=_finding_rows(f for f in findings if f.level == name),
            )
            for name in Level
            if name in given
        ),
    )


def _level_order(analysis: Analysis) -> list[Level]:
    """Every level that was found, graded or should have been, from above downward."""
    known = {lv.name for lv in analysis.spine.levels} | {f.level for f in analysis.findings}
    relative = any(name.is_relative for name in known)
    wanted = known if relative else known | set(GRADED_LEVELS)
    ordered = [name for name in Level if name in wanted]
    return ordered[::-1] if relative else ordered


def _study_row(study: Study, *, keep_identifiers: bool) -> StudyRow:
    rows = tuple(
        SeriesRow(
            key=s.key,
            plane=s.plane,
            contrast=s.contrast,
            role=f"{s.plane.value} {s.contrast.value}",
            used=s.used,
            reason=s.reason,
            warnings=s.warnings,
            series_uid=_series_uid(s.headers) if keep_identifiers else None,
        )
        for s in study.series
    )
    used = ", ".join(f"{s.plane.value} {s.contrast.value}" for s in study.used)
    return StudyRow(
        series=rows,
        technique=used or "no usable series",
        identifiers=dict(study.identifiers) if keep_identifiers else None,
    )


def _series_uid(headers: Sequence[Mapping[str, object]]) -> str | None:
    element = headers[0].get(_SERIES_UID_TAG) if headers else None
    values = element.get("Value") if isinstance(element, Mapping) else None
    return str(values[0]) if values else None


def _checks(analysis: Analysis) -> tuple[CheckRow, ...]:
    ids = dict.fromkeys(limit.id for limit in analysis.limits)
    effects = {id_: [lm.effect for lm in analysis.limits if lm.id == id_] for id_ in ids}
    return tuple(
        CheckRow(id=id_, effect=max(found, key=_EFFECTS.index), count=len(found))
        for id_, found in effects.items()
    )


def _measurement_rows(measurements: Iterable[Measurement]) -> tuple[MeasurementRow, ...]:
    return tuple(MeasurementRow.model_validate(m) for m in measurements)


def _alignment_rows(measurements: Iterable[Measurement]) -> tuple[MeasurementRow, ...]:
    return _measurement_rows(m for m in measurements if m.quantity in _ALIGNMENT and m.preferred)


def _finding_rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    return tuple(FindingRow.model_validate(f) for f in findings)


def _vertebra_rows(analysis: Analysis) -> tuple[VertebraRow, ...]:
    return tuple(
        VertebraRow(
            name=vertebra.name,
            partial=vertebra.is_partial,
            measurements=_measurement_rows(
                m for m in analysis.measurements if m.vertebra == vertebra.name
            ),
        )
        for vertebra in reversed(analysis.spine.vertebrae)
    )


def _measured_vertebrae(measurements: Sequence[Measurement]) -> tuple[VertebraRow, ...]:
    named = {m.vertebra for m in measurements}
    return tuple(
        VertebraRow(
            name=name,
            measurements=_measurement_rows(m for m in measurements if m.vertebra == name),
        )
        for name in Vertebra
        if name in named
    )


def _fields(provenance: Provenance) -> dict[str, JsonValue]:
    return {name: _jsonable(getattr(provenance, name)) for name in provenance.__slots__}


def _plain(mapping: Mapping[str, object]) -> dict[str, JsonValue]:
    return {str(key): _jsonable(item) for key, item in mapping.items()}


def _jsonable(value: object) -> JsonValue:
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
