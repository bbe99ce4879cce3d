"""Findings to nerve roots to the foot, and back from a complaint to roots and other causes."""

from cauda.relate.forward import relate

__all__ = ["relate"]
