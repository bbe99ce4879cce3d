"""One group of measurements and grades as TID 1411 (with a segment) or TID 1501 (without)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from highdicom import sr
from pydicom.sr.coding import Code

from cauda.knowledge import rows
from cauda.records import Finding, Measurement
from cauda.report import words
from cauda.report.dicom.codes import (
    FILE,
    concept,
    grade_code,
    level_site,
    method_code,
    quantity_code,
    scale_code,
    side_code,
    vertebra_site,
)
from cauda.report.dicom.context import MODEL
from cauda.report.dicom.groups import Group, shown_part
from cauda.report.dicom.references import References
from cauda.vocab import Quantity

_UNITS = {
    "mm": "millimeter",
    "mm2": "square millimeter",
    "mm3": "cubic millimeter",
    "deg": "degree",
    "%": "percent",
    "1": "no units",
}
"""UCUM units and their meanings."""


def measured_group(
    group: Group, references: References
) -> (
    sr.VolumetricROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
):
    """Everything of one level and side, with its site and the segment it is about."""
    context = references.context
    common: dict[str, Any] = {
        "tracking_identifier": sr.TrackingIdentifier(
            uid=context.uid("group", group.name), identifier=f"{MODEL} {group.title}"
        ),
        "finding_sites": [_site(group)],
        "algorithm_id": sr.AlgorithmIdentification(
            name=MODEL,
            version=context.analysis.provenance.version,
            parameters=[context.analysis.provenance.bundle],
        ),
        "measurements": [_measurement(m, group, references) for m in group.measurements],
        "qualitative_evaluations": [_evaluation(f) for f in group.findings],
    }
    shown = shown_part(group, context.labels)
    segment = None if shown is None else references.segment(*shown)
    if segment is None:
        made = sr.MeasurementsAndQualitativeEvaluations(**common)
    else:
        made = sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=segment, **common
        )
    made[0].ContentSequence.extend(_comments(group))
    return made


def _site(group: Group) -> sr.FindingSite:
    if group.vertebra is not None:
        place = vertebra_site(group.vertebra, is_certain=group.is_name_certain)
    else:
        place = level_site(group.level, is_certain=group.is_name_certain)
    return sr.FindingSite(
        anatomic_location=place, laterality=side_code(group.side) if group.side else None
    )


def _measurement(measurement: Measurement, group: Group, references: References) -> sr.Measurement:
    unit = Code(measurement.unit, "UCUM", _UNITS[measurement.unit])
    image = references.image(measurement)
    site = _quantity_site(measurement.quantity, group)
    return sr.Measurement(
        name=quantity_code(measurement.quantity),
        value=float(measurement.value),
        unit=unit,
        method=method_code(measurement.method),
        finding_sites=None if site is None else [site],
        referenced_images=None if image is None else [image],
    )


def _quantity_site(quantity: Quantity, group: Group) -> sr.FindingSite | None:
    """The structure a quantity is measured on, where it is not the disc."""
    for row in rows(FILE, "quantity_sites"):
        if quantity.value in row.texts("quantities"):
            return sr.FindingSite(
                anatomic_location=concept("structures", row.id),
                laterality=side_code(group.side) if group.side else None,
            )
    return None


def _evaluation(finding: Finding) -> sr.QualitativeEvaluation:
    value = (
        grade_code(finding.scale, finding.grade, words.grade_words(finding))
        if finding.is_known
        else concept("grades", "unknown")
    )
    return sr.QualitativeEvaluation(name=scale_code(finding.condition, finding.scale), value=value)


def _comments(group: Group) -> Iterator[sr.TextContentItem]:
    """What a code cannot say: why a grade was withheld, how sure it is, what it was tested on."""
    if group.level is not None and not group.is_name_certain:
        yield _text("comment", words.statement("name_uncertain"))
    for finding in group.findings:
        name = f"{words.condition_name(finding.condition)}, {finding.scale}"
        if not finding.is_known:
            yield _text("reason", f"{name}: {finding.reason_unknown}")
            continue
        said = [f"certainty {finding.certainty}", finding.detail]
        said += ["borderline"] if finding.borderline else []
        said.append(words.validation(finding.validation))
        yield _text("comment", f"{name}: {'; '.join(s for s in said if s)}")
    for measurement in group.measurements:
        # TID 1419 as PixelMed checks it has no place for an error's NUM: it must be told in words.
        interval = f"90 % interval +/- {float(measurement.uncertainty)!r} {measurement.unit}"
        estimated = "; estimated, the images cannot show it fully" if measurement.estimated else ""
        name = words.quantity_name(measurement.quantity)
        yield _text("comment", f"{name}: {interval}{estimated}")


def _text(id_: str, text: str) -> sr.TextContentItem:
    return sr.TextContentItem(name=concept("texts", id_), value=text, relationship_type="CONTAINS")
