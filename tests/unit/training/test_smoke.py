import dataclasses
import json

import pytest

from cauda.training import Options, run
from cauda.training.config import TrainConfig


@pytest.fixture
def quick_smoke(monkeypatch):
    """The smoke recipe with fewer steps and phantoms."""
    smoke = TrainConfig.smoke

    def quick(self):
        fewer = {"steps": 120, "validate_every": 40, "validation_phantoms": 1, "phantoms": 6}
        return dataclasses.replace(smoke(self), **fewer, ema=0.9, workers=0)

    monkeypatch.setattr(TrainConfig, "smoke", quick)


@pytest.mark.slow
def test_a_smoke_run_needs_no_data_and_its_dice_rises(tmp_path, quick_smoke, monkeypatch):
    monkeypatch.delenv("CAUDA_DATA", raising=False)
    config = tmp_path / "bundle" / "configs" / "train.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"training": {}}))
    weights = run(config, Options(smoke=True, folder=tmp_path / "run", device="cpu"))
    lines = (tmp_path / "run" / "progress.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    bodies = [r["dice_phantom_vertebral_body"] for r in rows if "dice_phantom_vertebral_body" in r]
    assert len(bodies) == 3
    assert bodies[-1] > max(0.4, bodies[0] + 0.02)
    assert weights == tmp_path / "run" / "average.pt"
    assert (tmp_path / "run" / "best.pt").is_file()


def test_fine_tuning_takes_network_and_pixel_from_the_bundle(tmp_path):
    from cauda.nets import find_bundle
    from cauda.training.initial import initial

    begin = initial("cauda_sagittal")
    bundle = find_bundle("cauda_sagittal")
    assert begin.settings["channels"] == bundle.channels
    assert begin.settings["pixel_mm"] == bundle.layout.pixel_mm
    assert all(v.dtype.is_floating_point for v in begin.weights.values())
    assert initial("").weights is None


@pytest.mark.parametrize("content", [b"", b"not weights"])
def test_a_file_without_weights_is_refused(tmp_path, content):
    from cauda.errors import UsageError
    from cauda.training.initial import initial

    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no weights"):
        initial(str(path))
