"""The engines that run an exported network on a CPU: OpenVINO where installed, else ONNX Runtime.

Both compute in single precision, so that a study gives the same numbers with either to well below
the measuring error; OpenVINO takes about half the time.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cauda.geometry import Array
from cauda.nets.grid import Predict

THREADS = 2


def engine() -> str:
    """Which of the two engines runs here: ``openvino`` or ``onnxruntime``."""
    return "openvino" if find_spec("openvino") else "onnxruntime"


def predictor(path: Path) -> Predict:
    """Open an ONNX file for inference.

    Parameters
    ----------
    path : Path
        Its hash has been checked.

    Returns
    -------
    callable
        (N, 3, J, K) float32 standardized slices -> (N, C, J, K) float32 probabilities.
    """
    return by_openvino(path) if engine() == "openvino" else by_onnxruntime(path)


def by_openvino(path: Path) -> Predict:
    """Open it in OpenVINO."""
    import openvino  # noqa: PLC0415 - an optional library, and slow to import

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": THREADS,
        "NUM_STREAMS": 1,
    }
    compiled = core.compile_model(core.read_model(path), "CPU", settings)
    request = compiled.create_infer_request()

    def predict(batch: Array) -> Array:
        answer = request.infer([np.ascontiguousarray(batch, dtype=np.float32)])
        return np.array(answer[0])

    return predict


def by_onnxruntime(path: Path) -> Predict:
    """Open it in ONNX Runtime."""
    import onnxruntime  # noqa: PLC0415 - its import costs more than a whole `cauda --help`

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.use_deterministic_compute = True
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def predict(batch: Array) -> Array:
        return np.asarray(session.run(None, {name: batch})[0])

    return predict
