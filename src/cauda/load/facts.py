"""What the headers of an image say about how it was made, in our words."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from cauda.knowledge import row

ENHANCED_SEQUENCES = {"SPIN": "SE", "GRADIENT": "GR", "BOTH": "GR"}
"""Echo Pulse Sequence of enhanced objects as the Scanning Sequence of classic ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How one image was made.

    Parameters
    ----------
    modality, body_part : str
        Upper case; empty where the header does not say.
    image_type, sequence, variant : tuple of str
        Upper case.
    echo_ms, repetition_ms, inversion_ms : float or None
    fat_saturated : bool
        By scan options, enhanced attributes or a Dixon water image; never by description.
    words, study_words : frozenset of str
        Lower-case words of the series' and the study's free text, and neighbors joined.
    has_pixels, is_lossy, is_inverted : bool
        Whether the object describes an image at all, one that lost information by compression,
        one whose low values are shown bright.
    """

    modality: str = ""
    body_part: str = ""
    image_type: tuple[str, ...] = ()
    sequence: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    echo_ms: float | None = None
    repetition_ms: float | None = None
    inversion_ms: float | None = None
    fat_saturated: bool = False
    agent_in_header: bool = False
    field_strength_t: float | None = None
    frame_of_reference: str | None = None
    series_number: int = 0
    words: frozenset[str] = frozenset()
    study_words: frozenset[str] = frozenset()
    has_pixels: bool = True
    is_lossy: bool = False
    is_inverted: bool = False


def read_facts(dataset: Dataset) -> Facts:
    """Read the facts from a header; enhanced objects are flattened first."""
    image_type = texts(dataset, "ImageType")
    return Facts(
        modality=text(dataset, "Modality").upper(),
        body_part=text(dataset, "BodyPartExamined").upper(),
        image_type=image_type,
        sequence=_sequence(dataset),
        variant=texts(dataset, "SequenceVariant"),
        echo_ms=number(dataset, "EchoTime", "EffectiveEchoTime"),
        repetition_ms=number(dataset, "RepetitionTime"),
        inversion_ms=number(dataset, "InversionTime", "InversionTimes") or None,
        fat_saturated=_is_fat_saturated(dataset, image_type),
        agent_in_header=_has_agent(dataset),
        field_strength_t=number(dataset, "MagneticFieldStrength"),
        frame_of_reference=text(dataset, "FrameOfReferenceUID") or None,
        series_number=int(number(dataset, "SeriesNumber") or 0),
        words=words_of(dataset, "SeriesDescription", "ProtocolName", "SequenceName"),
        study_words=words_of(dataset, "StudyDescription", "RequestedProcedureDescription"),
        has_pixels="Rows" in dataset and "Columns" in dataset,
        is_lossy=text(dataset, "LossyImageCompression") == "01",
        is_inverted=text(dataset, "PhotometricInterpretation") == "MONOCHROME1",
    )


def split_words(*lines: str) -> frozenset[str]:
    """Lower-case words of free text, with neighbors joined (``C-spine`` holds ``cspine``)."""
    found: set[str] = set()
    for line in lines:
        words = re.findall(r"[a-z0-9]+", line.lower())
        found.update(words)
        found.update(a + b for a, b in itertools.pairwise(words))
        if re.search(r"\+\s*c\b", line.lower()):
            found.add("gd")
    return frozenset(found)


def says(words: frozenset[str], subject: str) -> str:
    """The first word of ``series.toml [words] subject`` among ``words``; empty if none."""
    known = row("series.toml", "words", subject)
    whole, prefixes = known.texts("words"), known.texts("prefixes")
    for word in sorted(words):
        if word in whole:
            return word
        for prefix in prefixes:
            # "t12" is a vertebra, not a T1 image.
            if word.startswith(prefix) and not word[len(prefix) :][:1].isdigit():
                return prefix
    return ""


def shows(image_type: tuple[str, ...], subject: str) -> str:
    """The first value of ``series.toml [image_type] subject`` in an Image Type; empty if none."""
    known = row("series.toml", "image_type", subject).texts("words")
    return next((value for value in image_type if value in known), "")


def text(dataset: Dataset, keyword: str) -> str:
    """One value as stripped text; empty where absent."""
    value = dataset.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else ""
    return str(value if value is not None else "").strip()


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """All values as stripped, upper-case texts."""
    value: Any = dataset.get(keyword)
    many = value if isinstance(value, MultiValue | list) else [value]
    return tuple(str(v).strip().upper() for v in many if v not in (None, ""))


def number(dataset: Dataset, *keywords: str) -> float | None:
    """The first of the keywords that holds a number."""
    for keyword in keywords:
        try:
            return float(text(dataset, keyword))
        except ValueError:
            continue
    return None


def words_of(dataset: Dataset, *keywords: str) -> frozenset[str]:
    """Words of several free-text values."""
    return split_words(*(text(dataset, keyword) for keyword in keywords))


def _sequence(dataset: Dataset) -> tuple[str, ...]:
    found = set(texts(dataset, "ScanningSequence"))
    enhanced = text(dataset, "EchoPulseSequence").upper()
    if enhanced in ENHANCED_SEQUENCES:
        found.add(ENHANCED_SEQUENCES[enhanced])
    if text(dataset, "EchoPlanarPulseSequence") == "YES":
        found.add("EP")
    if text(dataset, "InversionRecovery") == "YES":
        found.add("IR")
    return tuple(sorted(found))


def _is_fat_saturated(dataset: Dataset, image_type: tuple[str, ...]) -> bool:
    options = texts(dataset, "ScanOptions")
    suppressed = texts(dataset, "SpectrallySelectedSuppression")
    return (
        any(o == "FS" or o.startswith(("FAT", "SPIR", "SPAIR")) for o in options)
        or "FAT" in suppressed
        or bool(shows(image_type, "water"))
    )


def _has_agent(dataset: Dataset) -> bool:
    agent = text(dataset, "ContrastBolusAgent")
    said = bool(agent) and agent.upper() not in ("NO", "NONE", "N")
    return said or bool(dataset.get("ContrastBolusAgentSequence"))
