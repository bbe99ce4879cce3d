"""From an axial run's weights to its bundle."""

from __future__ import annotations

from pathlib import Path

from cauda.training.axial import read_axial_config
from cauda.training.bundle_files import TRAIN, describe
from cauda.training.export import export_weights, write_hashes


def export_axial(weights: Path, bundle: Path) -> None:
    """Write the weights, the ONNX graph, the schema and the hashes of an axial bundle.

    Parameters
    ----------
    weights : Path
        ``average.pt`` or ``checkpoint.pt`` of a run.
    bundle : Path
        Holds ``configs/metadata.json``, ``inference.json`` and the run's ``train.json`` already.

    Raises
    ------
    BundleError
        If the weights do not fit the network, or the exported graph does not give what it gives.
    UsageError
        If ``train.json`` is not that of an axial network.
    """
    config = read_axial_config(bundle / TRAIN)
    export_weights(weights, config, bundle, describe(bundle, config))
    write_hashes(bundle)
