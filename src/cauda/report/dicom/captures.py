"""Evidence pictures as secondary captures: unmarked beside marked, their status burned in."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from highdicom.sc import SCImage
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from cauda.geometry import Array
from cauda.report.dicom.context import (
    MANUFACTURER,
    MODEL,
    RESEARCH,
    SERIAL_NUMBER,
    Context,
    series_description,
)
from cauda.report.dicom.finish import finish
from cauda.report.figures import Picture

SERIES_NUMBER = 9671
STATUS = f"{RESEARCH}. Unreviewed. {MODEL}"
_TYPE_PX, _LINE_PX, _MARGIN_PX = 17, 24, 10
_CHARACTER_PX = 9.5
"""Mean advance of one character at that type size."""
_GAP_PX = 4
_PAPER, _INK, _ALERT = (0, 0, 0), (235, 235, 235), (255, 205, 70)


def captures(context: Context, pictures: Sequence[Picture]) -> tuple[Dataset, ...]:
    """One capture a marked picture, the same slice unmarked at its side."""
    return tuple(
        _capture(context, shown, number) for number, shown in enumerate(_paired(pictures), start=1)
    )


def _paired(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, ...]]:
    """Unmarked and marked picture of a slice; a marked one without a partner stands alone.

    They are drawn one after the other. Names are not enough: two series have slices of one number.
    """
    before: Picture | None = None
    for picture in pictures:
        if picture.is_marked:
            is_partner = before is not None and f"{before.name}-marked" == picture.name
            yield (before, picture) if before is not None and is_partner else (picture,)
        before = None if picture.is_marked else picture


def _capture(context: Context, shown: Sequence[Picture], number: int) -> Dataset:
    base = context.base
    dataset = SCImage(
        pixel_array=composed(shown),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P") if shown[-1].group == "axial" else ("P", "F"),
        study_instance_uid=base.StudyInstanceUID,
        series_instance_uid=context.uid("sc series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=context.uid("sc", number, shown[-1].name),
        instance_number=number,
        manufacturer=MANUFACTURER,
        transfer_syntax_uid=RLELossless,
        series_description=series_description("evidence pictures"),
        manufacturer_model_name=MODEL,
        software_versions=context.analysis.provenance.version,
        device_serial_number=SERIAL_NUMBER,
    )
    dataset.update(base)
    dataset.BodyPartExamined = "LSPINE"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.ImageComments = shown[-1].caption
    dataset.DerivationDescription = f"{STATUS}: {shown[-1].name}"
    dataset.DateOfSecondaryCapture = context.created.strftime("%Y%m%d")
    dataset.TimeOfSecondaryCapture = context.created.strftime("%H%M%S")
    return finish(dataset, context, "sc", number, shown[-1].name)


def composed(shown: Sequence[Picture]) -> Array:
    """Panels side by side, the status above them and their captions below.

    Returns
    -------
    (rows, columns, 3) uint8 array
    """
    height = max(p.pixels.shape[0] for p in shown)
    width = sum(p.pixels.shape[1] for p in shown) + _GAP_PX * (len(shown) - 1)
    columns = int((width - 2 * _MARGIN_PX) / _CHARACTER_PX)
    above = textwrap.wrap(STATUS, columns)
    below = [line for p in shown for line in textwrap.wrap(p.caption, columns)]
    top = _MARGIN_PX + len(above) * _LINE_PX
    bottom = _MARGIN_PX + len(below) * _LINE_PX
    sheet = Image.new("RGB", (width, top + height + bottom), _PAPER)
    left = 0
    for picture in shown:
        sheet.paste(Image.fromarray(picture.pixels), (left, top))
        left += picture.pixels.shape[1] + _GAP_PX
    _write(sheet, above, _MARGIN_PX // 2, _ALERT)
    _write(sheet, below, top + height + _MARGIN_PX // 2, _INK)
    return np.asarray(sheet)


def _write(sheet: Image.Image, lines: Sequence[str], top: int, ink: tuple[int, int, int]) -> None:
    font = ImageFont.load_default(_TYPE_PX)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((_MARGIN_PX, top + number * _LINE_PX), line, fill=ink, font=font)
