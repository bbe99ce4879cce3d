"""Pixels of a stack, read once: (columns i, rows j, slices k)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cauda.errors import UnreadableError
from cauda.geometry import Array, Space
from cauda.load.facts import number
from cauda.load.multiframe import flatten
from cauda.load.quiet import quiet
from cauda.load.slices import Slice
from cauda.load.stacks import Stack, pose_of
from cauda.records import Volume

INT16_MAX = 32767


def volume_of(stack: Stack, frame_of_reference: str | None) -> Volume:
    """Read the pixels of a stack and place them.

    Raises
    ------
    UnreadableError
        If pixel data are truncated, in color, or in a syntax that cannot be decoded.
    """
    images = _images(stack.slices)
    if len({image.dtype for image in images}) > 1:
        images = [image.astype(np.float32) for image in images]
    stacked = np.stack(images, axis=-1)
    if stack.slices[0].facts.is_inverted:
        stacked = stacked.max() - stacked
    voxels = compact(stacked)
    pose = pose_of(stack.slices[0])
    matrix = np.eye(4)
    matrix[:3, 0] = np.multiply(pose.along_row_lps, pose.spacing_mm[0])
    matrix[:3, 1] = np.multiply(pose.along_column_lps, pose.spacing_mm[1])
    matrix[:3, 2] = stack.step_lps
    matrix[:3, 3] = stack.origin_lps
    return Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix, frame_of_reference))


def compact(voxels: Array) -> Array:
    """Contiguous voxels as ``int16`` where they fit, else as ``float32``."""
    if np.issubdtype(voxels.dtype, np.integer):
        fits = voxels.dtype in (np.int16, np.int8, np.uint8) or (
            int(voxels.max()) <= INT16_MAX and int(voxels.min()) >= -INT16_MAX
        )
        return np.ascontiguousarray(voxels, dtype=np.int16 if fits else np.float32)
    return np.ascontiguousarray(voxels, dtype=np.float32)


def same_pixels(first: Slice, second: Slice) -> bool:
    """Whether two images are copies; frames of one object and unreadable images are not."""
    if first.path == second.path:
        return False
    try:
        one, other = _images((first, second))
    except UnreadableError:
        return False
    return bool(np.array_equal(one, other))


def _images(slices: Sequence[Slice]) -> list[Array]:
    """(columns, rows) signal of each slice; every file is decoded once."""
    decoded: dict[Path, tuple[Array, ...]] = {}
    images = []
    for item in slices:
        if item.path not in decoded:
            decoded[item.path] = _decoded(item.path)
        images.append(_frame(decoded[item.path], item))
    return images


def _frame(frames: Sequence[Array], item: Slice) -> Array:
    index = item.frame or 0
    if index >= len(frames):
        msg = "Pixel data end before the last frame; the file is truncated."
        raise UnreadableError(msg)
    image: Array = frames[index].T
    if image.shape != pose_of(item).shape:
        msg = f"Pixel data have {image.shape} columns and rows, unlike the header."
        raise UnreadableError(msg)
    return image


def _decoded(path: Path) -> tuple[Array, ...]:
    """Frames (rows, columns) of one file, rescaled as its header says."""
    with quiet():
        try:
            dataset = dcmread(path, force=True)
            _refuse_color(dataset)
            _name_syntax(dataset)
            array = dataset.pixel_array
            frames = array if array.ndim == 3 else array[None]
            return tuple(_scaled(f, h) for f, h in zip(frames, flatten(dataset), strict=False))
        except UnreadableError:
            raise
        except Exception as error:
            # Every codec raises errors of its own, some of them bare RuntimeErrors.
            raise UnreadableError(_explain(path)) from error


def _name_syntax(dataset: Dataset) -> None:
    """Give an old file without a preamble the transfer syntax it was read in."""
    dataset.ensure_file_meta()
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit = dataset.original_encoding[0]
        syntax = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax


def _refuse_color(dataset: Dataset) -> None:
    if int(dataset.get("SamplesPerPixel", 1)) != 1:
        msg = "The image is in color; MR signal has one value a pixel."
        raise UnreadableError(msg)


def _scaled(frame: Array, header: Dataset) -> Array:
    """Apply rescale slope and intercept."""
    slope = number(header, "RescaleSlope")
    intercept = number(header, "RescaleIntercept")
    signal: Any = frame
    if (slope or 1.0) != 1.0 or (intercept or 0.0) != 0.0:
        signal = frame.astype(np.float32) * (slope or 1.0) + (intercept or 0.0)
        signal = signal.astype(np.float32)
    result: Array = signal
    return result


def _explain(path: Path) -> str:
    """Say why pixels could not be decoded, without quoting the file."""
    try:
        meta = dcmread(path, stop_before_pixels=True, force=True).file_meta
        syntax = meta.TransferSyntaxUID
    except Exception:  # noqa: BLE001 - the header itself may be the damage
        return "Pixel data cannot be read; the file is damaged."
    if syntax.is_private or not syntax.is_transfer_syntax:
        return f"Pixel data use transfer syntax {syntax}, which cannot be decoded here."
    if syntax.is_compressed:
        return (
            f"Pixel data in {syntax.name} cannot be decoded; they are damaged or this "
            "compression is not supported. Export the study uncompressed."
        )
    return "Pixel data are truncated or missing; copy the study again."
