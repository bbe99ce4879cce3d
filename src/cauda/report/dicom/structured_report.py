"""Measurements and grades as one Comprehensive 3D SR of template TID 1500."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from cauda.records import Analysis
from cauda.report import words
from cauda.report.dicom.codes import concept
from cauda.report.dicom.context import (
    MANUFACTURER,
    MODEL,
    SERIAL_NUMBER,
    Context,
    series_description,
)
from cauda.report.dicom.finish import finish
from cauda.report.dicom.groups import groups_of
from cauda.report.dicom.measured import measured_group
from cauda.report.dicom.references import References
from cauda.report.dicom.source import image_reference

SERIES_NUMBER = 9651
REPORTED = codes.cid100.MRIUnspecifiedBodyRegion
"""The nearest of CID 100, which the template insists on and which has no lumbar MRI."""
PERFORMED = Code("24968-0", "LN", "MR Lumbar spine")
"""LOINC's own code of what was done."""


def structured_report(context: Context, segmentations: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """One report of everything that was measured and graded; none if nothing was.

    Parameters
    ----------
    context : Context
    segmentations : sequence of Dataset
        Those that are sent along: the report points into them.
    """
    groups = groups_of(context.analysis)
    if not groups:
        return ()
    images = [image_reference(context.base, header) for header in context.instances]
    references = References(context=context, segmentations=tuple(segmentations))
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=_observer(context)),
        procedure_reported=REPORTED,
        imaging_measurements=[measured_group(group, references) for group in groups],
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=images,
    )
    content[0].ContentSequence.extend(_texts(context))
    dataset = sr.Comprehensive3DSR(
        evidence=[*segmentations, *images],
        content=content[0],
        series_instance_uid=context.uid("sr series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=context.uid("sr"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        performed_procedure_codes=[PERFORMED],
        series_description=series_description("measurements and grades"),
        manufacturer_model_name=MODEL,
        software_versions=context.analysis.provenance.version,
        device_serial_number=SERIAL_NUMBER,
    )
    return (finish(dataset, context, "sr"),)


def _observer(context: Context) -> sr.ObserverContext:
    """The device that made the report: this version with these weights."""
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=context.device_uid,
        name=MODEL,
        manufacturer_name=MANUFACTURER,
        model_name=f"{MODEL} {context.analysis.provenance.version}",
        serial_number=SERIAL_NUMBER,
    )
    return sr.ObserverContext(
        observer_type=codes.DCM.Device, observer_identifying_attributes=device
    )


def _texts(context: Context) -> Iterator[sr.TextContentItem]:
    """What must stand with every number: status, red flags, numbering, limits."""
    analysis = context.analysis
    yield _text("research", words.statement("banner"))
    yield _text("research", words.statement("disclaimer"))
    for flag in analysis.relation.red_flags:
        answered = "" if flag.tier == "imaging" else f" ({flag.answered})"
        yield _text("red_flag", f"{flag.tier.upper()}{answered}: {flag.text}")
    numbering = analysis.spine.numbering
    reasons = " ".join(words.sentence(reason) for reason in numbering.reasons)
    yield _text("numbering", f"{words.numbering_told(numbering)} {reasons}".strip())
    yield from _listed("limit", dict.fromkeys(limit.reason for limit in analysis.limits))
    if context.options.with_symptoms:
        yield from _listed("symptom_map", _symptom_map(analysis))


def _symptom_map(analysis: Analysis) -> Iterator[str]:
    for link in analysis.relation.roots:
        kinds = ("sensation", "pain", "weakness", "reflex", "cramp", "gait")
        told = [t for kind in kinds for t in getattr(link.associated, kind)]
        yield f"{link.root} {link.side}, {link.tier_text}: {'; '.join(told)}"


def _listed(id_: str, sentences: Iterable[str]) -> Iterator[sr.TextContentItem]:
    return (_text(id_, words.sentence(sentence)) for sentence in sentences)


def _text(id_: str, text: str) -> sr.TextContentItem:
    return sr.TextContentItem(name=concept("texts", id_), value=text, relationship_type="CONTAINS")
