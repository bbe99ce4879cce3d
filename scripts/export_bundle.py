"""Turn a run's weights into a MONAI bundle: weights, ONNX graph, configurations, schema, hashes.

    python scripts/export_bundle.py models/cauda_sagittal --weights RUN/best.pt --config CONFIG.json
    python scripts/export_bundle.py my_models/cauda_sagittal --template models/cauda_sagittal \
        --weights RUN/best.pt --config CONFIG.json

``--weights`` takes best.pt, average.pt or checkpoint.pt. The network is that of ``--config`` (the
run's training configuration), or of the bundle's own configs/train.json. Without ``--weights`` only
the texts are brought in step and the hashes written anew, as after a change of the card.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cauda.errors import CaudaError
from cauda.training.bundle_files import begin_from, describe, note_version, settings_of
from cauda.training.config import read_config
from cauda.training.export import export_bundle, write_hashes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--weights", type=Path, help="best.pt, average.pt or checkpoint.pt")
    parser.add_argument("--config", type=Path, help="the run's training configuration")
    parser.add_argument("--template", type=Path, help="bundle whose texts a new one begins with")
    parser.add_argument("--version", help="the new version, such as 0.3.0")
    parser.add_argument("--change", help="what changed in it")
    arguments = parser.parse_args()
    if (arguments.version is None) != (arguments.change is None):
        parser.error("give --version and --change together")
    try:
        export(arguments)
    except CaudaError as error:
        parser.error(str(error))
    print((arguments.bundle / "SHA256SUMS").read_text(encoding="utf-8"), end="")


def export(arguments: argparse.Namespace) -> None:
    if arguments.template is not None:
        begin_from(arguments.template, arguments.bundle)
    if arguments.version is not None:
        note_version(arguments.bundle, arguments.version, arguments.change)
    config = None if arguments.config is None else read_config(arguments.config)
    if arguments.weights is not None:
        export_bundle(arguments.weights, arguments.bundle, config)
        return
    describe(arguments.bundle, settings_of(arguments.bundle, config))
    write_hashes(arguments.bundle)


if __name__ == "__main__":
    main()
