"""DICOM objects without identity: the Basic Application Level Confidentiality Profile (PS3.15).

What happens to each attribute stands in ``knowledge/confidentiality.toml``. UIDs are replaced by
hashes, so that objects of one study still point to each other, whenever they are de-identified.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from copy import deepcopy
from functools import cache
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID

from cauda.knowledge import rows

NAME = "Anonymous"
METHOD = "PS3.15 Basic Application Level Confidentiality Profile"
CURVES, OVERLAYS = range(0x5000, 0x5100), range(0x6000, 0x6100)
"""Repeating groups that are removed whole: their drawings and comments can identify."""
_DUMMIES: Mapping[str, object] = MappingProxyType(
    {
        "DA": "20000101",
        "TM": "000000",
        "DT": "20000101000000",
        "PN": NAME,
        "AS": "000Y",
        "UR": "urn:none",
        "DS": "0",
        "IS": "0",
        "UI": "",
    }
)
_TEXTS = {"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT"}
_BYTES = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


def deidentified(dataset: Dataset, *, kept: Collection[str] = (), key: str = "") -> Dataset:
    """Copy a DICOM object without what could identify the patient.

    Parameters
    ----------
    dataset : Dataset
        Left as it is. Burned-in text is not looked for.
    kept : collection of str
        Keywords of attributes whose content is known to name nobody, such as the descriptions
        that this program writes itself; ``ContentSequence`` keeps its codes, numbers and texts.
    key : str
        Makes the new UIDs and the pseudonym differ from those of others; secret if it is to
        keep people who hold the originals from finding them again.

    Returns
    -------
    Dataset
        Says itself that it was de-identified, and by which options.
    """
    made = deepcopy(dataset)
    made.remove_private_tags()
    study = str(dataset.get("StudyInstanceUID", ""))
    _clean(made, frozenset(kept), key)
    made.PatientName = NAME
    made.PatientID = pseudonym(study, key)
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD
    made.DeidentificationMethodCodeSequence = _options(bool(kept), "ContentSequence" in kept)
    made.LongitudinalTemporalInformationModified = "REMOVED"
    if getattr(dataset, "file_meta", None) is not None:
        made.file_meta = deepcopy(dataset.file_meta)
        made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def remapped_uid(uid: str, key: str = "") -> str:
    """The UID that always stands for ``uid``: a UUID-derived one (PS3.5 B.2); empty stays so."""
    if not uid:
        return ""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'cauda/deidentify/{key}/{uid}').int}"


def pseudonym(study_uid: str, key: str = "") -> str:
    """The patient id of a de-identified study; it comes from the study, not from the real id."""
    return f"ANON-{remapped_uid(study_uid, key)[-12:]}"


@cache
def _actions() -> Mapping[int, str]:
    """Tag to what is done to it."""
    found: dict[int, str] = {}
    for row in rows("confidentiality.toml", "actions"):
        for name in row.texts("attributes"):
            tag = tag_for_keyword(name)
            found[int(name, 16) if tag is None else tag] = row.id
    return MappingProxyType(found)


def _clean(dataset: Dataset, kept: frozenset[str], key: str) -> None:
    """Apply every action, and go into every sequence that stays."""
    for element in list(dataset):
        action = "keep" if element.keyword in kept else _actions().get(int(element.tag), "keep")
        if action == "remove" or element.tag.group in CURVES or element.tag.group in OVERLAYS:
            del dataset[element.tag]
        elif element.VR == "SQ":
            _clean_items(element, action, kept, key)
        elif action == "uid":
            element.value = _new_uids(element, key)
        elif action == "empty":
            element.value = b"" if element.VR in _BYTES else ""
        elif action == "dummy":
            element.value = _dummy(element)


def _clean_items(element: DataElement, action: str, kept: frozenset[str], key: str) -> None:
    if action in {"empty", "dummy"}:
        element.value = []
    for item in element.value:
        _clean(item, kept, key)


def _new_uids(element: DataElement, key: str) -> object:
    """Well-known UIDs of the standard stay what they are."""
    values = element.value if element.VM > 1 else [element.value]
    changed = [v if UID(str(v)).name != str(v) else remapped_uid(str(v), key) for v in values if v]
    return changed if len(changed) != 1 else changed[0]


def _dummy(element: DataElement) -> object:
    if element.VR in _TEXTS:
        return "ANON"
    return b"\0\0" if element.VR in _BYTES else _DUMMIES.get(element.VR, 0)


def _options(is_cleaned: bool, has_content: bool) -> list[Dataset]:
    """Codes of CID 7050 for the profile and the options that were used."""
    codes = [("113100", "Basic Application Confidentiality Profile")]
    codes += [("113105", "Clean Descriptors Option")] if is_cleaned else []
    codes += [("113104", "Clean Structured Content Option")] if has_content else []
    items = []
    for value, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        items.append(item)
    return items
