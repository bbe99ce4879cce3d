"""Store a network's weights in half the bytes; it still computes in single precision."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_VALUES = 64
"""Smaller tensors (sizes, axes, single slopes) stay as they are."""


def stored_in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keep large float32 weights as float16, cast back where they are used.

    The weights must hold half-precision values already; engines fold the casts when they open the
    file, so inference costs nothing more.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place, and returned.
    """
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < LEAST_VALUES:
            continue
        name = weight.name
        half = numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model
