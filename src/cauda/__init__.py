"""Cauda: lumbar-spine MRI in; levels, grades, nerve roots and associated foot symptoms out.

Research use only, not a medical device. Importing this package imports neither torch nor a
network; see :func:`cauda.analyze`.
"""

from __future__ import annotations

__version__ = "0.1.0"
