"""Small asymmetric phantoms as DICOM on disk, loaded, segmented by truth, with known numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest
from pydicom import dcmread

from cauda.load import load
from cauda.locate import locate
from cauda.locate.parts import named_parts
from cauda.phantom import draw_anatomy, truth_segmentation
from cauda.phantom.dicom import Protocol, Visit, write_series
from cauda.phantom.multiframe import write_multiframe
from cauda.phantom.stacks import StudyPlan, axial_spaces, sagittal_space
from cauda.records import (
    Analysis,
    Expected,
    Finding,
    Limit,
    Measurement,
    Provenance,
    RedFlag,
    Relation,
    RootLink,
    Volume,
)
from cauda.report.dicom import Context, Options, dicom_objects
from cauda.vocab import UNKNOWN, Condition, Level, Quantity, Root, Scale, Side

PLAN = StudyPlan(
    sagittal_slices=11,
    sagittal_matrix=170,
    sagittal_pixel_mm=1.6,
    axial_slices=3,
    axial_matrix=110,
    axial_pixel_mm=1.5,
)
WHOLE = StudyPlan(
    sagittal_matrix=512,
    sagittal_pixel_mm=0.55,
    axial_slices=6,
    axial_matrix=512,
    axial_pixel_mm=0.4,
)
"""Of a clinical study: 17 sagittal slices a contrast, 30 axial ones, 512 x 512."""
VISIT = Visit(seed=5, birth_date="19700203", sex="F")


def measurement(quantity, value, *, side=None, level=Level.L5_S1, slice_=4):
    parts = [level.value, quantity.value, *([side.value] if side else []), "sag_t2"]
    return Measurement(
        id="/".join(parts),
        quantity=quantity,
        level=level,
        value=value,
        uncertainty=0.1234567890123,
        method="disc-height-three-point",
        series="sag_t2",
        slice=slice_,
        side=side,
    )


MEASUREMENTS = (
    measurement(Quantity.DISC_HEIGHT_MIDDLE, 8.123456789012345),
    measurement(Quantity.SAC_AP, 1 / 3),
    measurement(Quantity.FORAMEN_HEIGHT, 17.0000000000001, side=Side.LEFT, slice_=9),
    measurement(Quantity.FORAMEN_HEIGHT, 12.5, side=Side.RIGHT, slice_=1),
    measurement(Quantity.SLIP, -2.75, level=Level.L4_L5),
)
FINDINGS = (
    Finding(
        id="L5-S1/foraminal_stenosis/right/Lee 2010 (foramen)",
        condition=Condition.FORAMINAL_STENOSIS,
        level=Level.L5_S1,
        scale=Scale.LEE_FORAMEN,
        grade="2",
        rule="lee-foramen-size",
        certainty="moderate",
        side=Side.RIGHT,
        because=("L5-S1/foramen_height_mm/right/sag_t2",),
        validation="synthetic",
    ),
    Finding(
        id="L4-L5/subarticular_stenosis/left/Bartynski 2003",
        condition=Condition.SUBARTICULAR_STENOSIS,
        level=Level.L4_L5,
        scale=Scale.BARTYNSKI,
        grade=UNKNOWN,
        rule="bartynski",
        certainty="low",
        side=Side.LEFT,
        reason_unknown="No axial series shows this level.",
    ),
)
RELATION = Relation(
    roots=(
        RootLink(
            root=Root.L5,
            side=Side.RIGHT,
            tier=2,
            tier_text="plausible",
            because=(FINDINGS[0].id,),
            associated=Expected(sensation=("top of the foot",)),
        ),
    ),
    red_flags=(RedFlag(tier="emergency", text="Seek emergency medical care now."),),
    base_rates=(),
    other_causes=(),
)


def write(folder, kind):
    """Write sagittal slices (classic or enhanced) and, for ``axial``, angled stacks.

    ``whole`` is a large study: T2 and T1, and axial stacks at every level.
    """
    plan = WHOLE if kind == "whole" else PLAN
    anatomy = draw_anatomy(np.random.default_rng(11), lumbar_count=5, lesions="random")
    uid = str(VISIT.uid("frame of reference"))
    space = sagittal_space(anatomy, plan, uid)
    volume = Volume(voxels=np.full(space.shape, 200, np.uint16), space=space)
    if kind == "enhanced":
        write_multiframe(folder / "sag.dcm", volume, protocol=Protocol(), visit=VISIT)
    else:
        write_series(folder, volume, protocol=Protocol(), visit=VISIT)
    if kind == "whole":
        t1 = Protocol(description="t1_tse_sag", echo_ms=10.0, repetition_ms=600.0)
        write_series(folder, volume, protocol=t1, visit=VISIT, series_number=3)
    if kind in {"axial", "whole"}:
        shown = list(axial_spaces(anatomy, plan, uid))
        stacks = [
            Volume(voxels=np.full(s.shape, 200, np.uint16), space=s)
            for s in (shown if kind == "whole" else shown[-2:])
        ]
        protocol = Protocol(description="t2_tse_tra")
        write_series(folder, stacks, protocol=protocol, visit=VISIT, series_number=2)
    for path in folder.rglob("*.dcm"):
        dataset = dcmread(path)
        dataset.PatientName, dataset.PatientID = "Doe^Jane", "MRN-4711"
        dataset.AccessionNumber, dataset.InstitutionName = "ACC-99", "Hospital"
        dataset.IssuerOfPatientID = "HOSP"
        dataset.save_as(path)
    return anatomy


def analyzed(folder, kind):
    anatomy = write(folder, kind)
    study = load([folder])
    segmentations = tuple(
        truth_segmentation(anatomy, s.volume.space, s.key, subsamples=(1, 1, 1)) for s in study.used
    )
    provenance = Provenance(
        version="9.8.7",
        bundle="truth 1",
        bundle_sha256="0" * 64,
        created="2026-11-21T16:00:00+00:00",
        settings=MappingProxyType({"contrast": None, "same_frame": False}),
    )
    return Analysis(
        study=study,
        segmentations=segmentations,
        spine=locate(segmentations, study),
        measurements=MEASUREMENTS,
        limits=(Limit(id="supine", effect="note", reason="Supine acquisition"),),
        findings=FINDINGS,
        relation=RELATION,
        impression=("Right L5-S1 foraminal stenosis, moderate.",),
        not_assessed=("marrow lesions",),
        provenance=provenance,
    )


def context_of(analysis, **options):
    labels = tuple(
        named_parts(analysis.spine, s, analysis.study.by_key(s.series).volume.space)
        for s in analysis.segmentations
    )
    return Context(analysis=analysis, labels=labels, options=Options(**options))


class Case:
    """One study on disk with everything made from it."""

    def __init__(self, folder, kind):
        self.folder = folder
        self.analysis = analyzed(folder, kind)
        self.context = context_of(self.analysis)
        self.objects = dicom_objects(self.context, ("seg", "sr"))
        self.segs = [o for o in self.objects if o.Modality == "SEG"]
        self.sr = next(o for o in self.objects if o.Modality == "SR")

    def again(self, **options):
        return context_of(replace(self.analysis), **options)


@pytest.fixture(scope="session")
def make_case(tmp_path_factory):
    @cache
    def make(kind):
        return Case(tmp_path_factory.mktemp(kind), kind)

    return make


@pytest.fixture(params=["classic", "enhanced", "axial"])
def case(request, make_case):
    return make_case(request.param)
