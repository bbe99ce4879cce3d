"""Train a network, as ``cauda train`` does; the form that ``torchrun`` can start.

    python scripts/train.py models/cauda_sagittal/configs/train.json --data spider/dataset.yaml
    torchrun --nproc-per-node 4 scripts/train.py CONFIG --data CARD

Killed and started again with the same arguments, it goes on from its last checkpoint. ``--help``
lists every option; ``scripts/export_bundle.py`` turns the result into a bundle.
"""

from __future__ import annotations

import sys

from cauda.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main()
