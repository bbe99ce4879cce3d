"""The network on a CPU through ONNX Runtime, without torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cauda.geometry import Array
from cauda.nets.bundles import Bundle, open_bundle
from cauda.nets.grid import Predict, segment_series
from cauda.ports import Segmenter
from cauda.records import Segmentation, Series

if TYPE_CHECKING:
    import onnxruntime

THREADS = 2
WEIGHTS = "models/model.onnx"


def onnx_segmenter(bundle: Bundle | Path) -> Segmenter:
    """Make a segmenter of a bundle's ``model.onnx``.

    Parameters
    ----------
    bundle : Bundle or Path
        An opened bundle, or its folder.

    Raises
    ------
    BundleError
        If a file is missing or does not match its hash.
    """
    opened = open_bundle(bundle)
    predict = onnx_predictor(opened)

    def segment(series: Series) -> Segmentation:
        return segment_series(series, predict, opened.layout, opened.name)

    return segment


def onnx_predictor(bundle: Bundle) -> Predict:
    """The network itself: standardized slices in, probabilities out."""
    return _predictor(_session(bundle.verified(WEIGHTS)))


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime  # noqa: PLC0415 - its import costs more than a whole `cauda --help`

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.use_deterministic_compute = True
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _predictor(session: onnxruntime.InferenceSession) -> Predict:
    name = session.get_inputs()[0].name

    def predict(batch: Array) -> Array:
        return np.asarray(session.run(None, {name: batch})[0])

    return predict
