"""``analysis.json``: an analysis as a plain document, and its JSON Schema.

The core passes frozen records; only here do they become pydantic models. A document never holds
identifiers, original UIDs or paths unless ``keep_identifiers`` is set, and a phantom's
``truth.json`` is the same document with fewer parts.
"""

from __future__ import annotations

from cauda.schema.document import to_document, truth_document
from cauda.schema.jsonschema import json_schema, json_schema_text, shipped_json_schema
from cauda.schema.read import read_document
from cauda.schema.rows import SCHEMA_VERSION, AnalysisDocument

__all__ = [
    "SCHEMA_VERSION",
    "AnalysisDocument",
    "json_schema",
    "json_schema_text",
    "read_document",
    "shipped_json_schema",
    "to_document",
    "truth_document",
]
