"""Making the networks: data, partial labels, losses and the loop. Needs the ``train`` extra."""
