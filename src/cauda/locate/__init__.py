"""Locate: from class probabilities to named vertebrae and levels, each level with its frame.

The way there, one module a step: :mod:`~cauda.locate.view` crops,
:mod:`~cauda.locate.centerline` fits a curve, :mod:`~cauda.locate.profile` and
:mod:`~cauda.locate.alternation` find body, disc, body along it, :mod:`~cauda.locate.partition`
shares out the voxels, :mod:`~cauda.locate.vertebrae`, :mod:`~cauda.locate.endplates` and
:mod:`~cauda.locate.frames` measure where they lie, :mod:`~cauda.locate.naming` names them, and
:mod:`~cauda.locate.spine` puts it together. :mod:`~cauda.locate.settle` then
gives each instance's bone to one class; :mod:`~cauda.locate.labelmap` writes the result on the
input's own grid, in the numbers of a named scheme.
"""

from cauda.locate.labelmap import labelmap
from cauda.locate.schemes import SCHEMES, Scheme
from cauda.locate.settle import settle
from cauda.locate.spine import locate

__all__ = ["SCHEMES", "Scheme", "labelmap", "locate", "settle"]
