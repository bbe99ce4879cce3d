"""Train short on phantoms alone, on real slices alone, on both, and with unmasked slices besides.

Three folds over all patients follow, each fine-tuned from the network that saw phantoms alone, so
that no fold has seen its own patients. The schedule is short on purpose: the figures compare
recipes, they are not those of the shipped network. A stopped run goes on.

Example: python scripts/ablation.py --spider spider_t2_space --steps 400 --out runs/ablation
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from cauda.training.config import TrainConfig
from cauda.training.recipe import AVERAGE, Options, run
from cauda.training.spider import patients

SHORT = TrainConfig(
    channels=(16, 32, 64, 128, 192),
    crop=(192, 256),
    phantom_from=0,
    validate_every=10_000,
    validation_phantoms=8,
    ema=0.98,
    phantoms=200,
)
SLICES = 5
FOLDS = 3


def recipes(steps: int) -> dict[str, TrainConfig]:
    """The recipes, alike in steps and slices a step."""
    base = replace(SHORT, steps=steps)
    return {
        "phantoms alone": replace(base, real=0, phantom=SLICES),
        "real alone": replace(base, real=SLICES, phantom=0),
        "both": replace(base, real=3, phantom=2),
        "both and unmasked": replace(base, real=2, phantom=2, pseudo=1),
    }


def folds(spider: Path, steps: int) -> dict[str, TrainConfig]:
    """Every third patient kept out in turn; a short fine-tuning on the others and phantoms."""
    known = patients(spider)
    base = replace(SHORT, steps=steps // 2, real=3, phantom=2, learning_rate=1e-3)
    return {
        f"fold {n + 1} of {FOLDS}": replace(base, validation=known[n::FOLDS]) for n in range(FOLDS)
    }


def trained(name: str, config: TrainConfig, arguments: argparse.Namespace, init: str) -> Path:
    """Train one recipe, or find that an earlier run did."""
    folder = arguments.out / name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / AVERAGE).is_file():
        settings = folder / "config.json"
        settings.write_text(json.dumps({"training": config.as_json()}), encoding="utf-8")
        options = Options(
            spider=arguments.spider,
            folder=folder,
            phantoms=arguments.phantoms,
            pseudo=arguments.pseudo,
            init=init,
        )
        run(settings, options)
    return folder


def figures(folder: Path) -> dict[str, float]:
    """Dice of the last validation."""
    rows = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    return {k: v for row in rows for k, v in row.items() if k.startswith("dice")}


def table(found: dict[str, dict[str, float]]) -> str:
    """Markdown: a line a recipe, a column a figure."""
    names = list(dict.fromkeys(key for row in found.values() for key in row))
    lines = [f"| recipe | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for recipe, row in found.items():
        cells = [f"{row[key]:.3f}" if key in row else "" for key in names]
        lines.append(f"| {recipe} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spider", type=Path, required=True, help="folder of the SPIDER cases")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--phantoms", type=Path, help="folder of stored phantoms")
    parser.add_argument("--pseudo", type=Path, help="slices labelled by scripts/label_slices.py")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    found = {}
    for name, config in recipes(arguments.steps).items():
        if config.pseudo and arguments.pseudo is None:
            continue
        found[name] = figures(trained(name, config, arguments, ""))
    begin = str(arguments.out / "phantoms_alone" / AVERAGE)
    for name, config in folds(arguments.spider, arguments.steps).items():
        found[name] = figures(trained(name, config, arguments, begin))
    print(table(found))


if __name__ == "__main__":
    main()
