"""An axial bundle, whole, and that both runtimes agree on axial series."""

import json
import warnings

import numpy as np
import pytest

from cauda.errors import BundleError
from cauda.evaluation.axial import axial_series
from cauda.nets import find_bundle, onnx_segmenter
from cauda.nets.bundles import METADATA
from cauda.vocab import AXIAL_STRUCTURES, Plane

torch = pytest.importorskip("torch")
from cauda.nets.network import build_network  # noqa: E402
from cauda.nets.torch_segmenter import torch_segmenter  # noqa: E402
from cauda.training.axial_export import export_axial  # noqa: E402

CHANNELS = (8, 12, 16)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle with a small random axial network, exported as the real one is."""
    folder = tmp_path_factory.mktemp("models") / "small"
    run = tmp_path_factory.mktemp("run")
    settings = {"training": {"plane": "axial", "channels": CHANNELS}}
    (run / "train.json").write_text(json.dumps(settings))
    torch.manual_seed(0)
    network = build_network(CHANNELS, len(AXIAL_STRUCTURES))
    torch.save(network.state_dict(), run / "average.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        export_axial(run / "average.pt", run / "train.json", folder)
    return folder


def test_an_exported_bundle_is_whole_and_says_what_it_reads(bundle):
    opened = find_bundle("small", bundle.parent)
    assert opened.channels == CHANNELS
    assert opened.layout.plane is Plane.AXIAL
    assert (opened.layout.pixel_mm, opened.layout.multiple, opened.layout.crop) == (0.6, 4, 256)
    for name in opened.hashes:
        assert opened.verified(name).is_file()


def test_a_card_that_is_there_is_kept(bundle, tmp_path):
    copy = tmp_path / "small"
    (copy / "configs").mkdir(parents=True)
    card = json.loads((bundle / METADATA).read_text()) | {"version": "7.8.9"}
    (copy / METADATA).write_text(json.dumps(card))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_axial(bundle / "models" / "model.pt", bundle / "configs" / "train.json", copy)
    assert find_bundle("small", tmp_path).version == "7.8.9"


def test_onnx_and_torch_agree_on_an_axial_series(bundle):
    noise = np.random.default_rng(0).random((3, 90, 100))
    series = axial_series("a", noise, (4.4, 0.6, 0.6))
    from_onnx, from_torch = onnx_segmenter(bundle)(series), torch_segmenter(bundle)(series)
    assert np.abs(from_onnx.probabilities - from_torch.probabilities).max() < 1e-3
    assert from_onnx.plane is from_torch.plane is Plane.AXIAL
    assert from_onnx.structures == AXIAL_STRUCTURES
    assert from_onnx.space.shape == (90, 100, 3)


def test_weights_of_another_network_are_not_exported(bundle, tmp_path):
    torch.save(build_network((4, 8, 12), 10).state_dict(), tmp_path / "other.pt")
    with pytest.raises(BundleError, match="does not fit"):
        export_axial(tmp_path / "other.pt", bundle / "configs" / "train.json", bundle)
