"""Learned graders: real graded discs -> features -> fitted, calibrated models -> a bundle.

One module a step: :mod:`~cauda.training.graders.tables` reads the grades,
:mod:`~cauda.training.graders.slices` the pictures, :mod:`~cauda.training.graders.outlines`
segments each once and keeps it, :mod:`~cauda.training.graders.pairing` says which disc a grade
belongs to, :mod:`~cauda.training.graders.samples` makes the table of features,
:mod:`~cauda.training.graders.forests` and :mod:`~cauda.training.graders.kernels` fit,
:mod:`~cauda.training.graders.validate` tests by patient, and
:mod:`~cauda.training.graders.bundle` writes what inference reads.
"""
