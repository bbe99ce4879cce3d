"""Enhanced multi-frame objects as one flat header a frame (DICOM PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

SEPARATE = {"SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"}
RENAMED = {"FrameType": "ImageType"}
"""Frame-level names of what classic headers hold under another name."""
FRAMES_MAX = 200_000
"""More frames than this means a damaged header."""


def flatten(dataset: Dataset) -> tuple[Dataset, ...]:
    """One classic-looking header a frame; a classic header gives itself.

    Attributes of a frame's functional groups win over the shared ones, and these over the
    top level. A multi-frame object without functional groups has no geometry of its own, so
    its frames repeat the top level.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    frames = dataset.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        return (dataset,) * min(count, FRAMES_MAX)
    common = Dataset()
    common.update({e.tag: e for e in dataset if e.keyword not in SEPARATE})
    for groups in dataset.get("SharedFunctionalGroupsSequence") or ():
        _merge(common, groups)
    return tuple(_frame(common, groups) for groups in frames)


def _frame(common: Dataset, groups: Dataset) -> Dataset:
    frame = Dataset()
    frame.update(common)
    _merge(frame, groups)
    return frame


def _merge(target: Dataset, groups: Iterable[object]) -> None:
    """Copy every attribute of every functional group's first item into ``target``."""
    for group in groups:
        items = getattr(group, "value", None)
        if getattr(group, "VR", "") != "SQ" or not items:
            continue
        for element in items[0]:
            target[element.tag] = element
            if element.keyword in RENAMED:
                setattr(target, RENAMED[element.keyword], element.value)
