"""The one place where settings become networks and networks meet the pipeline."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cauda
from cauda import pipeline
from cauda.errors import UsageError
from cauda.load import load
from cauda.nets.bundles import Bundle, find_bundle
from cauda.nets.crop_graders import crop_grader
from cauda.nets.graders import grader
from cauda.nets.onnx_segmenter import onnx_segmenter
from cauda.ports import Segmenter
from cauda.records import Analysis, Provenance, Study
from cauda.schema import read_document
from cauda.settings import Settings

SAGITTAL_BUNDLE = "cauda_sagittal"
AXIAL_BUNDLE = "cauda_axial"
"""Without it a study is analyzed from its sagittal series alone."""
GRADER_BUNDLE = "cauda_graders"
CROP_BUNDLE = "cauda_crops"
"""Without both rules alone grade."""


def analyze(
    *paths: str | Path,
    settings: Settings | None = None,
    symptoms: Mapping[str, Any] | None = None,
    prior: Path | None = None,
    created: datetime.datetime | None = None,
    step: Callable[[str], None] = lambda _stage: None,
) -> Analysis:
    """Analyze one lumbar-spine study with the shipped networks.

    Parameters
    ----------
    *paths : str or Path
        A folder of any depth, a zip, a DICOMDIR or single files; together one study.
    settings : Settings, optional
    symptoms : mapping, optional
        The patient's symptoms as :func:`cauda.relate.relate` takes them.
    prior : Path, optional
        ``analysis.json`` of the patient's prior study, to compare with.
    created : datetime, optional
        Time to stamp on the analysis; now, if left out.
    step : callable, optional
        Told the name of each stage as it starts.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        If the study cannot be used.
    BundleError
        If the model bundle is missing or damaged.
    """
    chosen = settings or Settings()
    ports = connect(chosen, created=created, step=step)
    before = read_document(prior) if prior else None
    return pipeline.analyze(_as_paths(paths), ports, chosen, symptoms=symptoms, prior=before)


def locate_structures(
    *paths: str | Path, settings: Settings | None = None, series: str | None = None
) -> pipeline.Located:
    """Segment and name the structures of one study, without measuring or grading.

    Parameters
    ----------
    *paths : str or Path
    settings : Settings, optional
    series : str, optional
        Key of the only series to segment; all sagittal ones, if left out.

    Raises
    ------
    UsageError
        If no series has that key.
    """
    chosen = settings or Settings()
    study = load(_as_paths(paths), contrast=chosen.contrast, same_frame=chosen.same_frame)
    if series is not None:
        study = _only(study, series)
    ports = connect(chosen)
    return pipeline.locate_structures(study, ports.segmenter, ports.axial_segmenter)


def _only(study: Study, key: str) -> Study:
    """The study with one series left."""
    left = tuple(s for s in study.used if s.key == key)
    if not left:
        keys = ", ".join(s.key for s in study.used)
        msg = f"No usable series is called {key!r}; this study has {keys}."
        raise UsageError(msg)
    return replace(study, series=left)


def connect(
    settings: Settings,
    *,
    created: datetime.datetime | None = None,
    step: Callable[[str], None] = lambda _stage: None,
) -> pipeline.Ports:
    """Join the networks that ``settings`` asks for to the pipeline's ports."""
    bundle = find_bundle(SAGITTAL_BUNDLE, settings.models)
    axial = find_bundle(AXIAL_BUNDLE, settings.models, required=False)
    graders = find_bundle(GRADER_BUNDLE, settings.models, required=False)
    crops = find_bundle(CROP_BUNDLE, settings.models, required=False)
    used = [b for b in (bundle, axial, graders, crops) if b is not None]
    moment = created or datetime.datetime.now(tz=datetime.UTC)
    provenance = Provenance(
        version=cauda.__version__,
        bundle=", ".join(f"{b.name} {b.version}" for b in used),
        bundle_sha256=" ".join(b.sha256 for b in used),
        created=moment.isoformat(timespec="seconds"),
        settings=settings.as_mapping(),
    )
    return pipeline.Ports(
        segmenter=_segmenter(bundle, settings.device),
        axial_segmenter=None if axial is None else _segmenter(axial, settings.device),
        graders=(
            *(() if graders is None else (grader(graders),)),
            *(() if crops is None else (crop_grader(crops),)),
        ),
        provenance=provenance,
        step=step,
    )


def _segmenter(bundle: Bundle, device: str) -> Segmenter:
    """The network on ``device``; torch is imported only where a GPU was asked for."""
    if device in {"auto", "cpu"}:
        return onnx_segmenter(bundle)
    from cauda.nets.torch_segmenter import torch_segmenter  # noqa: PLC0415 - torch is optional

    return torch_segmenter(bundle, device)


def _as_paths(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    return tuple(Path(p) for p in paths)
