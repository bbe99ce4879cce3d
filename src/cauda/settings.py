"""One frozen record of everything a person may choose for an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from cauda.errors import UsageError
from cauda.vocab import Contrast

DEFAULT_FORMATS = ("json", "html", "summary", "txt")
FORMATS = ("json", "html", "summary", "pdf", "txt", "csv", "rsna", "seg", "sr", "sc", "fhir")
DICOM_FORMATS = ("seg", "sr", "sc", "pdf")
"""Formats that are, or also are, DICOM objects."""
OBJECT_FORMATS = ("seg", "sr", "sc", "fhir")
"""Formats for other systems, which hold no page for a person."""
SEGMENTATIONS = ("binary", "labelmap")
AUDIENCES = ("clinician", "patient")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to analyze with and what to write.

    Parameters
    ----------
    formats : tuple of str
        Documents to write; see :data:`FORMATS`.
    device : str
        One of :data:`DEVICES`; ``auto`` runs the network on the CPU without torch.
    models : Path or None
        Folder of bundles; ``None`` for those that came with the package.
    contrast : Contrast or None
        Overrides what the files say, for formats without TE and TR.
    same_frame : bool
        The person vouches that files without a frame of reference share one.
    keep_identifiers : bool
        Whether patient and study identifiers may be written.
    audience : {"clinician", "patient"}
        For whom the summary is worded.
    segmentation : {"binary", "labelmap"}
        How a DICOM segmentation is stored: what every reader knows, or the newer label map.
    symptoms_to_pacs : bool
        Whether DICOM and FHIR results carry the symptom map.
    """

    formats: tuple[str, ...] = DEFAULT_FORMATS
    device: str = "auto"
    models: Path | None = None
    contrast: Contrast | None = None
    same_frame: bool = False
    keep_identifiers: bool = False
    audience: Literal["clinician", "patient"] = "clinician"
    segmentation: Literal["binary", "labelmap"] = "binary"
    symptoms_to_pacs: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.formats) - set(FORMATS))
        if unknown:
            msg = f"Unknown format {unknown[0]!r}; choose from {', '.join(FORMATS)}."
            raise UsageError(msg)
        if self.device not in DEVICES:
            msg = f"Unknown device {self.device!r}; choose from {', '.join(DEVICES)}."
            raise UsageError(msg)
        if self.audience not in AUDIENCES:
            msg = f"Unknown audience {self.audience!r}; choose from {', '.join(AUDIENCES)}."
            raise UsageError(msg)
        if self.segmentation not in SEGMENTATIONS:
            allowed = ", ".join(SEGMENTATIONS)
            msg = f"Unknown kind of segmentation {self.segmentation!r}; choose from {allowed}."
            raise UsageError(msg)

    def as_mapping(self) -> Mapping[str, Any]:
        """Plain values for the provenance record; no paths, which may name a patient."""
        return {key: value for key, value in asdict(self).items() if key != "models"}
