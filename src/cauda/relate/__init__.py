"""Findings to nerve roots to the foot, and back from a complaint to roots and other causes."""

from cauda.relate.explain import explain_finding, explain_symptom
from cauda.relate.forward import relate
from cauda.relate.reading import read
from cauda.relate.structured import Symptom, complaint_of, read_symptoms, with_side

__all__ = [
    "Symptom",
    "complaint_of",
    "explain_finding",
    "explain_symptom",
    "read",
    "read_symptoms",
    "relate",
    "with_side",
]
