"""Measurements and limits in, findings out: grades on named scales, or UNKNOWN with a reason."""

from cauda.grade.catalog import catalog
from cauda.grade.findings import grade, levels_to_grade

__all__ = ["catalog", "grade", "levels_to_grade"]
