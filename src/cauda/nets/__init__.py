"""Inference: segmenters made from a model bundle. Importing it does not import torch."""

from cauda.nets.bundles import Bundle, find_bundle
from cauda.nets.onnx_segmenter import onnx_segmenter

__all__ = ["Bundle", "find_bundle", "onnx_segmenter"]
