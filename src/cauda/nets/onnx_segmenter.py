"""The exported network on a CPU, without torch."""

from __future__ import annotations

from pathlib import Path

from cauda.nets.bundles import Bundle, open_bundle
from cauda.nets.engines import predictor
from cauda.nets.grid import Predict, segment_series
from cauda.nets.second_look import with_second_look
from cauda.nets.temperature import softened
from cauda.ports import Segmenter
from cauda.records import Segmentation, Series

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
        found = segment_series(series, predict, opened.layout, opened.name)
        return with_second_look(found, predict, opened.layout)

    return segment


def onnx_predictor(bundle: Bundle) -> Predict:
    """The network itself: standardized slices in, probabilities at the card's temperature out."""
    return softened(predictor(bundle.verified(WEIGHTS)), bundle.temperature)
