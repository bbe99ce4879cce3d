"""From an axial run's weights to a whole axial bundle."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

from cauda.training.axial_config import read_axial_config
from cauda.training.bundle_files import INFERENCE, METADATA, TRAIN, describe, write_json
from cauda.training.export import export_weights, write_hashes

TEMPLATE = "axial_bundle.json"
"""What the card and the inference configuration of a new bundle say, in this package."""


def export_axial(weights: Path, config: Path, bundle: Path) -> None:
    """Write the weights, the ONNX graph, the configurations, the schema and the hashes.

    A card or an inference configuration that the bundle has already is kept, save for what
    describes the network.

    Parameters
    ----------
    weights : Path
        ``average.pt``, ``best.pt`` or ``checkpoint.pt`` of a run.
    config : Path
        The run's configuration; a copy is kept in the bundle.
    bundle : Path
        Made if it does not exist.

    Raises
    ------
    BundleError
        If the weights do not fit the network, or the exported graph does not give what it gives.
    UsageError
        If ``config`` is not that of an axial network.
    """
    settings = read_axial_config(config)
    (bundle / "configs").mkdir(parents=True, exist_ok=True)
    texts = json.loads((resources.files("cauda.training") / TEMPLATE).read_text(encoding="utf-8"))
    for path, key in ((bundle / METADATA, "metadata"), (bundle / INFERENCE, "inference")):
        if not path.exists():
            write_json(path, texts[key])
    if config.resolve() != (bundle / TRAIN).resolve():
        shutil.copyfile(config, bundle / TRAIN)
    describe(bundle, settings)
    export_weights(weights, settings, bundle)
    write_hashes(bundle)
