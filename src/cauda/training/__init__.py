"""Making the networks: data, partial labels, losses and the loop. Needs the ``train`` extra."""

from cauda.training.recipe import run

__all__ = ["run"]
