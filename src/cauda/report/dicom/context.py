"""What every derived object shares: whose it is, when it was made, and its UIDs."""

from __future__ import annotations

import datetime
import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydicom.dataset import Dataset
from pydicom.uid import UID

from cauda.records import IDENTIFIERS, Analysis, Labels, Segmentation
from cauda.report.dicom.source import Source, sources_of

MANUFACTURER = "Cauda open-source project"
MODEL = "Cauda"
SERIAL_NUMBER = "0"
RESEARCH = "Research - not for diagnosis"
"""Opens every series description and is burned into every capture."""
IDENTIFYING = tuple(keyword for keyword in IDENTIFIERS if keyword != "InstitutionName")
"""Taken from ``Study.identifiers``, an empty value where the study has none; the institution is of
the equipment module, and this object was not made by the sources' equipment."""
COPIED = (
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyDescription",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
)
"""Patient and study attributes that the sources' headers still hold."""
DESCRIPTION_MAX = 64
"""Characters of a Series Description (VR LO)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How results are stored.

    Parameters
    ----------
    segmentation : {"binary", "labelmap"}
        Binary segments, which every reader knows, or the newer label map.
    with_symptoms : bool
        Whether the symptom map goes along; off unless someone asks for it.
    """

    segmentation: Literal["binary", "labelmap"] = "binary"
    with_symptoms: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Context:
    """One study's results as DICOM objects are about to be made from them.

    Parameters
    ----------
    analysis : Analysis
    labels : tuple of Labels
        One for each segmented series.
    options : Options
    """

    analysis: Analysis
    labels: tuple[Labels, ...]
    options: Options

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Series key to its slices as headers; only series that came from DICOM."""
        return {s.series.key: s for s in sources_of(self.analysis.study)}

    @cached_property
    def base(self) -> Dataset:
        """The patient and study modules of the sources (PS3.3 C.7.1 and C.7.2)."""
        dataset = Dataset()
        dataset.SpecificCharacterSet = "ISO_IR 192"
        given = self.analysis.study.identifiers
        for keyword in IDENTIFYING:
            if keyword in given or keyword != "IssuerOfPatientID":
                setattr(dataset, keyword, given.get(keyword, ""))
        header = next(iter(self.sources.values())).slices[0]
        dataset.PatientSex = ""
        for keyword in COPIED:
            if keyword in header:
                dataset[keyword] = header[keyword]
        return dataset

    @cached_property
    def created(self) -> datetime.datetime:
        """When the analysis was made."""
        return datetime.datetime.fromisoformat(self.analysis.provenance.created)

    def uid(self, *parts: object) -> UID:
        """The UID that these sources, this software and these parts always give.

        It hashes the UIDs of the study, its series and instances, the version, the bundle's hash,
        what a person chose and the symptoms, to a UUID-derived UID (PS3.5 B.2); the time does
        not count.
        """
        text = json.dumps([self._origin, [str(p) for p in parts]])
        return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, text).int}")

    @cached_property
    def instances(self) -> tuple[Dataset, ...]:
        """Every source instance of the segmented series, once: what results are derived from."""
        keys = [labels.series for labels in self.labels if labels.series in self.sources]
        headers = [h for key in keys for h in self.sources[key].slices]
        return tuple({str(h.SOPInstanceUID): h for h in headers}.values())

    @cached_property
    def device_uid(self) -> UID:
        """The UID of this version with these weights, whatever it looks at."""
        provenance = self.analysis.provenance
        name = f"{MODEL} {provenance.version} {provenance.bundle_sha256}"
        return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}")

    def segmentation(self, series: str) -> Segmentation | None:
        """The segmentation of a series, if it has one."""
        return next((s for s in self.analysis.segmentations if s.series == series), None)

    @cached_property
    def _origin(self) -> list[str]:
        provenance = self.analysis.provenance
        chosen = {k: str(provenance.settings.get(k)) for k in ("contrast", "same_frame")}
        symptoms = self.analysis.relation.symptoms
        return [
            self.base.StudyInstanceUID,
            *(f"{key}={s.series_uid}" for key, s in sorted(self.sources.items())),
            *sorted({str(h.SOPInstanceUID) for s in self.sources.values() for h in s.slices}),
            provenance.version,
            provenance.bundle_sha256,
            json.dumps(chosen, sort_keys=True),
            "" if symptoms is None else json.dumps(dict(symptoms), sort_keys=True, default=str),
            json.dumps([self.options.segmentation, self.options.with_symptoms]),
        ]


def series_description(what: str) -> str:
    """``Research - not for diagnosis: Cauda <what>``, cut to what the attribute holds."""
    return f"{RESEARCH}: {MODEL} {what}"[:DESCRIPTION_MAX]
