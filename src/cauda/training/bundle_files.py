"""The text files of a bundle, kept in step with its network: card, schema, inference, training."""

from __future__ import annotations

import json
import shutil
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from cauda.errors import BundleError
from cauda.training.config import RunConfig, TrainConfig, read_config

METADATA = "configs/metadata.json"
SCHEMA = "configs/metadata.schema.json"
INFERENCE = "configs/inference.json"
TRAIN = "configs/train.json"
SCHEMA_SOURCE = "bundle_schema.json"
"""The schema's name in this package."""
VERSIONS = {"monai_version": "monai", "pytorch_version": "torch", "numpy_version": "numpy"}
NETWORK = "cauda.nets.network.build_network"
LEAST_SPAN = 2
"""The coarsest level must keep more than one pixel: shapes are multiples of twice the padding."""


def settings_of(bundle: Path, config: TrainConfig | None) -> TrainConfig:
    """The run's configuration, kept in the bundle; its own, where none is given."""
    if config is None:
        return read_config(bundle / TRAIN)
    write_json(bundle / TRAIN, {"training": config.as_json()})
    return config


def describe(bundle: Path, config: RunConfig) -> None:
    """Bring card, schema and inference configuration in step with a network.

    Raises
    ------
    BundleError
        If card or inference configuration are missing or damaged.
    """
    card = read_json(bundle / METADATA)
    facts = card.setdefault("cauda", {})
    facts |= {
        "channels": list(config.channels),
        "refine": config.refine,
        "pixel_mm": config.pixel_mm,
        "multiple": config.multiple,
    }
    card |= {key: _release(package) for key, package in VERSIONS.items()}
    for ends in card["network_data_format"].values():
        for tensor in ends.values():
            tensor["spatial_shape"] = [f"{LEAST_SPAN * config.multiple}*n"] * 2
    write_json(bundle / METADATA, card)
    inference = read_json(bundle / INFERENCE)
    inference["network_def"] = {"_target_": NETWORK, **config.architecture}
    write_json(bundle / INFERENCE, inference)
    source = resources.files("cauda.training") / SCHEMA_SOURCE
    (bundle / SCHEMA).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")


def begin_from(template: Path, bundle: Path) -> None:
    """Start a new bundle with another one's texts, without its weights and its figures.

    Raises
    ------
    BundleError
        If the template is no bundle.
    """
    card = read_json(template / METADATA)
    for part in ("configs", "docs"):
        shutil.copytree(template / part, bundle / part, dirs_exist_ok=True)
    for claim in ("metrics", "failure_modes", "validation"):
        card.pop(claim, None)
    card["cauda"].pop("temperature", None)
    card["name"] = bundle.name
    write_json(bundle / METADATA, card)


def note_version(bundle: Path, version: str, change: str) -> None:
    """Raise the bundle's version, with what changed."""
    card = read_json(bundle / METADATA)
    card["version"] = version
    card.setdefault("changelog", {})[version] = change
    write_json(bundle / METADATA, card)


def read_json(path: Path) -> dict[str, Any]:
    """Read an object.

    Raises
    ------
    BundleError
        If the file is missing or holds no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path.name} of the bundle {path.parents[1].name} is missing or no JSON."
        raise BundleError(msg) from error
    if not isinstance(found, dict):
        msg = f"{path.name} of the bundle {path.parents[1].name} is no JSON object."
        raise BundleError(msg)
    return found


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write readably, with a newline at the end."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _release(package: str) -> str:
    """Version without the build's own suffix, such as ``+cpu``."""
    return metadata.version(package).split("+")[0]
