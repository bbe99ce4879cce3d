"""Draw crops of synthetic spines, train both crop graders on them and write their bundle.

    python scripts/train_crops.py --out models/cauda_crops

Crops are drawn in shards under ``runs/crops`` and kept; killed and started again, it goes on from
there. About an hour on two cores, most of it drawing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.training.crops.learn import Plan
from cauda.training.crops.run import Scope, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to write")
    parser.add_argument("--cache", type=Path, default=Path("runs/crops"))
    parser.add_argument("--shards", type=int, default=55, help="of 40 spines each")
    parser.add_argument("--steps", type=int, default=Plan().steps)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    scope = Scope(cache=given.cache, shards=given.shards, workers=given.workers)
    run(given.out, scope, Plan(steps=given.steps), print)


if __name__ == "__main__":
    main()
