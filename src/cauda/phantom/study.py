"""Write a whole synthetic study: DICOM series, label volumes, and the truth as JSON.

::

    folder/
      dicom/            sagittal T2, T1, STIR and axial T2, one frame of reference
      labels/           sag_structures.nii.gz (index into STRUCTURES), sag_instances.nii.gz
      truth.json        the schema of analysis.json, with only what is known exactly
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import nibabel as nib
import numpy as np

from cauda.geometry import Array, Space
from cauda.phantom import dicom
from cauda.phantom.anatomy import Anatomy, Lesion
from cauda.phantom.canal import conus_level
from cauda.phantom.draw import draw_anatomy
from cauda.phantom.lesion_draw import Frequency
from cauda.phantom.paint import instance_labels, structure_labels
from cauda.phantom.render import render
from cauda.phantom.stacks import StudyPlan, axial_spaces, sagittal_space
from cauda.phantom.tissue import PROTOCOLS, Protocol
from cauda.phantom.truth import truth
from cauda.records import Conus, Numbering, Volume
from cauda.schema import truth_document
from cauda.schema.rows import ProvenanceRow
from cauda.vocab import Contrast

BRIGHT = 900.0
"""Stored value of the 99.5th percentile of a series: ten bits, as noisy images need no more."""
USUAL_LUMBAR = 5
_SEQUENCES = {
    Contrast.T2: ("t2_tse_sag", 16),
    Contrast.T1: ("t1_tse_sag", 3),
    Contrast.STIR: ("t2_stir_sag", 12),
}
"""Series description and echo train length."""


def write_study(
    folder: Path,
    *,
    seed: int,
    lesions: Frequency | Sequence[Lesion] = "random",
    lumbar_count: int = 5,
    plan: StudyPlan | None = None,
) -> Anatomy:
    """Make one synthetic study; the same arguments give the same bytes.

    Parameters
    ----------
    folder : Path
        Made if absent; see the module's docstring for what it gets.
    seed : int
        Decides anatomy, noise and every UID.
    lesions : "random", "dense", "herniated", "stenotic" or sequence of Lesion
    lumbar_count : int
        4, 5 or 6.
    plan : StudyPlan or None
        What is acquired and how it is stored; a clinical study, uncompressed, by default.

    Returns
    -------
    Anatomy
        The spine, as :func:`cauda.phantom.draw_anatomy` draws it from this seed.

    Raises
    ------
    UsageError
        If a lesion's level does not exist in this spine.
    """
    chosen = plan or StudyPlan()
    anatomy = draw_anatomy(np.random.default_rng(seed), lumbar_count=lumbar_count, lesions=lesions)
    visit = dicom.Visit(seed=seed)
    for number, (key, protocol, spaces) in enumerate(_series(anatomy, chosen, visit), start=1):
        rng = np.random.default_rng((seed, number))
        signals = [render(anatomy, space, protocol, rng) for space in spaces]
        volumes = _stored(signals, spaces)
        dicom.write_series(
            folder / "dicom",
            volumes,
            protocol=_header(protocol, key),
            visit=visit,
            series_number=number,
            transfer_syntax=chosen.transfer_syntax,
        )
    _write_labels(folder / "labels", anatomy, sagittal_space(anatomy, chosen, _frame(visit)))
    write_truth(folder / "truth.json", anatomy, seed)
    return anatomy


def write_truth(path: Path, anatomy: Anatomy, seed: int) -> None:
    """Write every true measurement and grade as JSON in the schema of ``analysis.json``."""
    measurements, findings = truth(anatomy)
    count = anatomy.lumbar_count
    is_usual = count == USUAL_LUMBAR
    tip_level, tip = conus_level(anatomy)
    document = truth_document(
        measurements,
        findings,
        numbering=Numbering(
            state="conventional" if is_usual else "uncertain",
            reasons=(f"The phantom was built with {count} lumbar vertebrae.",),
            lumbar_count=count,
        ),
        conus=Conus(level=tip_level, tip_lps=tip, reason="As built."),
        provenance=ProvenanceRow(
            version="",
            bundle="truth",
            bundle_sha256="",
            created="",
            settings=_settings(anatomy, seed),
        ),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _settings(anatomy: Anatomy, seed: int) -> dict[str, object]:
    """What the spine was built with."""
    lesions = [asdict(lesion) for lesion in anatomy.lesions]
    return {"seed": seed, "lumbar_count": anatomy.lumbar_count, "lesions": lesions}


def _series(
    anatomy: Anatomy, plan: StudyPlan, visit: dicom.Visit
) -> Iterator[tuple[str, Protocol, tuple[Space, ...]]]:
    """Key, protocol and stacks of every series."""
    frame_uid = _frame(visit)
    sagittal = sagittal_space(anatomy, plan, frame_uid)
    for contrast in plan.contrasts:
        protocol = replace(PROTOCOLS[contrast], slice_mm=plan.sagittal_slice_mm, noise=plan.noise)
        yield f"sag_{contrast.value.lower()}", protocol, (sagittal,)
    if plan.has_axial:
        protocol = replace(PROTOCOLS[Contrast.T2], slice_mm=plan.axial_slice_mm, noise=plan.noise)
        yield "ax_t2", protocol, tuple(axial_spaces(anatomy, plan, frame_uid))


def _frame(visit: dicom.Visit) -> str:
    return str(visit.uid("frame of reference"))


def _stored(signals: Sequence[Array], spaces: Sequence[Space]) -> tuple[Volume, ...]:
    """Scale all stacks of a series alike to integers."""
    bright = float(np.percentile(np.concatenate([s.ravel() for s in signals]), 99.5))
    scale = BRIGHT / max(bright, 1e-6)
    return tuple(
        Volume(voxels=np.rint(s * scale).astype(np.uint16), space=space)
        for s, space in zip(signals, spaces, strict=True)
    )


def _header(protocol: Protocol, key: str) -> dicom.Protocol:
    """What the DICOM header says about a series."""
    description, train = _SEQUENCES[protocol.contrast]
    is_inversion = protocol.inversion_ms is not None
    return dicom.Protocol(
        description=description if key.startswith("sag") else "t2_tse_tra",
        echo_ms=protocol.echo_ms,
        repetition_ms=protocol.repetition_ms,
        inversion_ms=protocol.inversion_ms,
        sequence=("SE", "IR") if is_inversion else ("SE",),
        thickness_mm=protocol.slice_mm,
        echo_train=train,
    )


def _write_labels(folder: Path, anatomy: Anatomy, space: Space) -> None:
    """Write structures and instances of the sagittal grid as NIfTI (RAS)."""
    folder.mkdir(parents=True, exist_ok=True)
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ space.matrix
    volumes = {
        "structures": structure_labels(anatomy, space),
        "instances": instance_labels(anatomy, space),
    }
    for name, labels in volumes.items():
        image = nib.Nifti1Image(labels, matrix)
        image.header.set_xyzt_units("mm")
        data = gzip.compress(image.to_bytes(), compresslevel=9, mtime=0)
        (folder / f"sag_{name}.nii.gz").write_bytes(data)
