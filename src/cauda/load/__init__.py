"""Paths -> one study, its series told apart and each placed in the patient.

What is broken or out of scope is named in one sentence without any identifier. Slices are
ordered by geometry, never by number or name, and nothing is interpolated.
"""

from cauda.load.study import load

__all__ = ["load"]
