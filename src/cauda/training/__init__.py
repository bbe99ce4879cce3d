"""Making the networks: data, partial labels, losses and the loop. Needs the ``train`` extra."""

from cauda.training.recipe import Options, run

__all__ = ["Options", "run"]
