"""Read an ``analysis.json`` back, refusing what is none."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from cauda.errors import InputError
from cauda.schema.rows import AnalysisDocument


def read_document(path: Path) -> AnalysisDocument:
    """Read the document of an analysis or of a phantom's truth.

    Raises
    ------
    InputError
        If the file cannot be read or is no such document.
    """
    try:
        return AnalysisDocument.model_validate_json(path.read_bytes())
    except OSError as error:
        msg = f"{path.name} cannot be read ({error.strerror}); pass an analysis.json of Cauda."
        raise InputError(msg) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        msg = (
            f"{path.name} is no analysis.json that this version reads: {place}: {first['msg']}. "
            "Pass the file that `cauda analyze` wrote for the prior study."
        )
        raise InputError(msg) from error
