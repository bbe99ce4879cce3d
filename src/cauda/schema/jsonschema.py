"""The JSON Schema of ``analysis.json``: made from the models, shipped as a file."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from cauda.schema.rows import AnalysisDocument

SCHEMA_FILE = "analysis.schema.json"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``analysis.json``, made from the models."""
    schema = AnalysisDocument.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def json_schema_text() -> str:
    """The JSON Schema as the package's own schema file must hold it."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def shipped_json_schema() -> dict[str, Any]:
    """The JSON Schema file that came with the package."""
    shipped: dict[str, Any] = json.loads(
        files("cauda.schema").joinpath(SCHEMA_FILE).read_text("utf-8")
    )
    return shipped
