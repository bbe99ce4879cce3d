"""The whole of Cauda on one screen: a study in, an analysis out.

::

    paths --load--> Study --segment--> Segmentations --locate--> Spine --measure--> Measurements
          --check--> Limits --grade--> Findings --relate--> Relation --compare--> Changes
          ==> Analysis
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cauda.check import check
from cauda.compare import Comparison, compare
from cauda.grade import grade
from cauda.grade.impression import impression, not_assessed
from cauda.grade.reference import with_references
from cauda.load import load
from cauda.locate import locate, settle
from cauda.measure import measure
from cauda.ports import Grader, Segmenter
from cauda.records import Analysis, Provenance, Segmentation, Spine, Study
from cauda.relate import relate
from cauda.schema import AnalysisDocument
from cauda.segment import segment
from cauda.settings import Settings

STAGES = ("load", "segment", "locate", "measure", "check", "grade", "relate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The networks an analysis runs on, who made them, and who is told of its progress.

    Parameters
    ----------
    segmenter : Segmenter
        Of sagittal series.
    axial_segmenter : Segmenter or None
        Of axial T2 series; without it they are only shown.
    graders : tuple of Grader
    provenance : Provenance
        Version, bundle and time; the seconds of each stage are added to it.
    step : callable
        Told the name of each stage as it starts, for a progress bar.
    """

    segmenter: Segmenter
    provenance: Provenance
    axial_segmenter: Segmenter | None = None
    graders: tuple[Grader, ...] = ()
    step: Callable[[str], None] = field(default=lambda _stage: None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Located:
    """A study as far as its structures: what label maps are made from."""

    study: Study
    segmentations: tuple[Segmentation, ...]
    spine: Spine


def locate_structures(
    study: Study, segmenter: Segmenter, axial_segmenter: Segmenter | None = None
) -> Located:
    """Segment and name the structures of a study, without measuring or grading."""
    segmentations = segment(study, segmenter, axial_segmenter)
    return Located(study=study, segmentations=segmentations, spine=locate(segmentations, study))


def analyze(
    paths: Sequence[Path],
    ports: Ports,
    settings: Settings,
    *,
    symptoms: Mapping[str, Any] | None = None,
    prior: AnalysisDocument | None = None,
) -> Analysis:
    """Load the study at ``paths`` and analyze it, beside a prior analysis if there is one.

    Raises
    ------
    InputError
        If the study cannot be used; nothing has been written then.
    """
    ports.step("load")
    start = time.perf_counter()
    study = load(paths, contrast=settings.contrast, same_frame=settings.same_frame)
    load_s = time.perf_counter() - start
    analysis = analyze_study(study, ports, symptoms=symptoms, prior=prior)
    seconds = {"load": round(load_s, 3), **analysis.provenance.seconds}
    return replace(analysis, provenance=replace(analysis.provenance, seconds=seconds))


def analyze_study(
    study: Study,
    ports: Ports,
    *,
    symptoms: Mapping[str, Any] | None = None,
    prior: AnalysisDocument | None = None,
) -> Analysis:
    """Analyze a study that is already in memory: every stage after ``load``, in order."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        ports.step(name)
        start = time.perf_counter()
        yield
        seconds[name] = round(time.perf_counter() - start, 3)

    with stage("segment"):
        segmentations = segment(study, ports.segmenter, ports.axial_segmenter)
    with stage("locate"):
        spine = locate(segmentations, study)
        segmentations = tuple(settle(s, spine) for s in segmentations)
    with stage("measure"):
        measurements = with_references(
            measure(spine, segmentations), age_years=study.age_years, sex=study.sex
        )
    with stage("check"):
        limits = check(study, segmentations, spine, measurements)
    with stage("grade"):
        opinions = tuple(
            opinion
            for grader in ports.graders
            for opinion in grader(study, segmentations, spine, measurements)
        )
        findings = grade(spine, measurements, limits, opinions)
    with stage("relate"):
        relation = relate(findings, spine, age_years=study.age_years, symptoms=symptoms)
    compared = (
        compare(measurements, spine.numbering, prior, ports.provenance.bundle_sha256)
        if prior
        else Comparison()
    )
    return Analysis(
        study=study,
        segmentations=segmentations,
        spine=spine,
        measurements=measurements,
        limits=limits,
        findings=findings,
        relation=relation,
        impression=impression(findings, spine),
        not_assessed=(*not_assessed(findings), *compared.not_compared),
        changes=compared.changes,
        provenance=replace(ports.provenance, seconds=seconds),
    )
