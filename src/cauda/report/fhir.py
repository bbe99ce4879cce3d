"""Results as a FHIR R4 bundle: a preliminary report, its observations, the study they rest on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cauda.knowledge import row, rows
from cauda.records import Analysis, Finding, Measurement
from cauda.report import words
from cauda.vocab import UNKNOWN

Resource = dict[str, Any]

FILE = "codes.toml"
_SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "99CAUDA": "urn:cauda:codes",
}
_LOINC = {"system": "http://loinc.org", "code": "24968-0", "display": "MR Lumbar spine"}
_IMAGING = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "imaging",
}
_UNKNOWN_REASON = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "unknown",
    "display": "Unknown",
}


def fhir_bundle(
    analysis: Analysis,
    *,
    keep_identifiers: bool = False,
    with_symptoms: bool = False,
    rename: Callable[[str], str] = lambda uid: uid,
) -> str:
    """Write the analysis as a FHIR R4 ``collection`` bundle.

    Parameters
    ----------
    analysis : Analysis
    keep_identifiers : bool
        Whether the patient's name, id and birth date and the accession number go along.
    with_symptoms : bool
        Whether the associated foot symptoms go along.
    rename : callable
        Original UID to the one that is written; applied unless identifiers are kept.

    Returns
    -------
    str
        JSON. Ids are hashes of the study, so the same analysis gives the same bundle.
    """
    made = _Bundle(analysis, (lambda uid: uid) if keep_identifiers else rename)
    patient = made.patient(keep_identifiers=keep_identifiers)
    study = made.study(keep_identifiers=keep_identifiers)
    observations = [*made.measured(), *made.graded()]
    report = made.report(observations, with_symptoms=with_symptoms)
    entries = [
        {"fullUrl": f"urn:uuid:{r['id']}", "resource": r}
        for r in (report, patient, study, *observations)
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": analysis.provenance.created,
        "entry": entries,
    }
    return json.dumps(bundle, indent=1)


class _Bundle:
    """The resources of one analysis, which refer to each other."""

    def __init__(self, analysis: Analysis, rename: Callable[[str], str]) -> None:
        self._analysis = analysis
        self._rename = rename
        self._study_uid = rename(analysis.study.identifiers.get("StudyInstanceUID", ""))

    def _id(self, *parts: str) -> str:
        made_by = self._analysis.provenance.bundle_sha256
        return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join((self._study_uid, made_by, *parts))))

    def _link(self, *parts: str) -> Resource:
        return {"reference": f"urn:uuid:{self._id(*parts)}"}

    def patient(self, *, keep_identifiers: bool) -> Resource:
        """The patient; without identifiers only the sex stands."""
        study = self._analysis.study
        found: Resource = {"resourceType": "Patient", "id": self._id("patient")}
        if study.sex:
            found["gender"] = {"M": "male", "F": "female"}[study.sex]
        if keep_identifiers:
            given = study.identifiers
            if given.get("PatientID"):
                found["identifier"] = [{"value": given["PatientID"]}]
            if given.get("PatientName"):
                found["name"] = [{"text": given["PatientName"].replace("^", " ").strip()}]
            born = given.get("PatientBirthDate", "")
            if len(born) == 8 and born.isdigit():
                found["birthDate"] = f"{born[:4]}-{born[4:6]}-{born[6:]}"
        return found

    def study(self, *, keep_identifiers: bool) -> Resource:
        """The imaging study and its series that came from DICOM."""
        given = self._analysis.study.identifiers
        found: Resource = {
            "resourceType": "ImagingStudy",
            "id": self._id("study"),
            "status": "available",
            "subject": self._link("patient"),
        }
        if self._study_uid:
            found["identifier"] = [
                {"system": "urn:dicom:uid", "value": f"urn:oid:{self._study_uid}"}
            ]
        if keep_identifiers and given.get("AccessionNumber"):
            found.setdefault("identifier", []).append({"value": given["AccessionNumber"]})
        series = list({s["uid"]: s for s in self._series()}.values())
        if series:
            found["series"] = series
        return found

    def _series(self) -> Iterator[Resource]:
        for series in self._analysis.study.used:
            uid = _value(series.headers[0], "0020000E") if series.headers else ""
            if uid:
                yield {
                    "uid": self._rename(uid),
                    "modality": {"system": _SYSTEMS["DCM"], "code": "MR"},
                    "bodySite": _coding("regions", "spine"),
                    "description": f"{series.plane} {series.contrast}",
                }

    def measured(self) -> list[Resource]:
        """One observation a preferred measurement."""
        return [self._measured(m) for m in self._analysis.measurements if m.preferred]

    def graded(self) -> list[Resource]:
        """One observation a finding; an UNKNOWN grade says why."""
        return [self._graded(f) for f in self._analysis.findings]

    def _observation(self, id_: str, code: Resource) -> Resource:
        return {
            "resourceType": "Observation",
            "id": self._id("observation", id_),
            "status": "preliminary",
            "category": [{"coding": [_IMAGING]}],
            "code": code,
            "subject": self._link("patient"),
            "derivedFrom": [self._link("study")],
            "effectiveDateTime": self._analysis.provenance.created,
        }

    def _measured(self, measurement: Measurement) -> Resource:
        name = words.quantity_name(measurement.quantity)
        found = self._observation(
            measurement.id, _private("quantities", measurement.quantity, name)
        )
        found["valueQuantity"] = {
            "value": measurement.value,
            "unit": measurement.unit,
            "system": "http://unitsofmeasure.org",
            "code": measurement.unit,
        }
        found["bodySite"] = self._site(measurement)
        found["method"] = {"text": measurement.method}
        estimated = " Estimated; the images cannot show it fully." if measurement.estimated else ""
        found["note"] = [
            {"text": f"90 % interval: ± {measurement.uncertainty:g} {measurement.unit}.{estimated}"}
        ]
        return found

    def _graded(self, finding: Finding) -> Resource:
        name = f"{words.condition_name(finding.condition)}, {finding.scale}"
        found = self._observation(finding.id, _private("conditions", finding.condition, name))
        found["bodySite"] = self._site(finding)
        if finding.grade == UNKNOWN:
            found["dataAbsentReason"] = {
                "coding": [_UNKNOWN_REASON],
                "text": finding.reason_unknown,
            }
            return found
        found["valueCodeableConcept"] = {"text": f"{finding.grade}: {words.grade_words(finding)}"}
        found["method"] = {"text": finding.rule}
        said = [f"Certainty {finding.certainty}", finding.detail]
        said += [] if self._is_sure else [words.statement("name_uncertain").rstrip(".")]
        said.append(words.validation(finding.validation))
        found["note"] = [{"text": "; ".join(s for s in said if s)}]
        ids = {m.id for m in self._analysis.measurements if m.preferred}
        members = [self._link("observation", id_) for id_ in finding.because if id_ in ids]
        found["derivedFrom"] = [*members, self._link("study")]
        return found

    @property
    def _is_sure(self) -> bool:
        return self._analysis.spine.numbering.state != "uncertain"

    def _site(self, one: Measurement | Finding) -> Resource:
        """The place in words with the side spelled out; a code where the name is certain."""
        vertebra = one.vertebra if isinstance(one, Measurement) else None
        place = one.level or vertebra or "lumbar spine"
        name = self._analysis.spine.title(one.level) if one.level else f"{place}"
        site: Resource = {"text": f"{name}, {one.side}" if one.side else name}
        sure = self._is_sure
        if one.level is not None and sure:
            site["coding"] = _codings("levels", one.level)
        return {k: v for k, v in site.items() if v}

    def report(self, observations: list[Resource], *, with_symptoms: bool) -> Resource:
        """The report: preliminary, with the impression and every fixed warning in it."""
        analysis = self._analysis
        lines = [words.statement("banner")]
        lines += [f"{f.tier.upper()}: {f.text}" for f in analysis.relation.red_flags]
        lines.append(words.numbering_told(analysis.spine.numbering))
        lines += [words.sentence(line) for line in analysis.impression]
        if with_symptoms:
            lines += [
                f"{r.root} {r.side}, {r.tier_text}: {'; '.join(r.associated.sensation)}"
                for r in analysis.relation.roots
            ]
        lines.append(words.statement("disclaimer"))
        return {
            "resourceType": "DiagnosticReport",
            "id": self._id("report"),
            "status": "preliminary",
            "category": [{"text": "Research - not for diagnosis"}],
            "code": {"coding": [_LOINC], "text": "Lumbar spine MRI, structured analysis"},
            "subject": self._link("patient"),
            "effectiveDateTime": analysis.provenance.created,
            "imagingStudy": [self._link("study")],
            "result": [{"reference": f"urn:uuid:{o['id']}"} for o in observations],
            "conclusion": "\n".join(lines),
        }


def _value(header: Mapping[str, Any], tag: str) -> str:
    values = header.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _coding(table: str, id_: str) -> Resource:
    found = row(FILE, table, id_)
    designator = row(FILE, "schemes", found.text("scheme")).text("designator")
    return {
        "system": _SYSTEMS[designator],
        "code": found.text("value"),
        "display": found.text("meaning"),
    }


def _codings(table: str, id_: str) -> list[Resource]:
    return [_coding(table, r.id) for r in rows(FILE, table) if r.id == id_]


def _private(kind: str, member: str, text: str) -> Resource:
    values = row(FILE, "private", kind)["values"]
    code = str(values[member]) if isinstance(values, Mapping) else ""
    return {"coding": [{"system": _SYSTEMS["99CAUDA"], "code": code}], "text": text}
