import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from cauda.errors import BundleError
from cauda.evaluation.overlap import dice
from cauda.evaluation.segmentation import as_series, three_label_case
from cauda.nets import find_bundle, onnx_segmenter

torch = pytest.importorskip("torch")
from cauda.nets.network import build_network  # noqa: E402
from cauda.nets.torch_segmenter import torch_segmenter  # noqa: E402
from cauda.training.config import TrainConfig  # noqa: E402
from cauda.training.export import export_weights, write_hashes  # noqa: E402

SHIPPED = Path(__file__).parents[3] / "models" / "cauda_sagittal"
CHANNELS = (8, 12, 16)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle with a small random network, exported as a real one is."""
    folder = tmp_path_factory.mktemp("models") / "small"
    (folder / "configs").mkdir(parents=True)
    card = json.loads((SHIPPED / "configs" / "metadata.json").read_text())
    changes = {"channels": list(CHANNELS), "multiple": 4, "refine": 0, "temperature": 1.0}
    card["cauda"] |= changes
    (folder / "configs" / "metadata.json").write_text(json.dumps(card))
    torch.manual_seed(0)
    torch.save(build_network(CHANNELS).state_dict(), folder / "average.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        export_weights(folder / "average.pt", TrainConfig(channels=CHANNELS), folder)
    write_hashes(folder)
    return folder


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    labels = np.zeros((3, 60, 90), dtype=np.uint8)
    return as_series(three_label_case("a", rng.random(labels.shape), labels, (4.0, 0.6, 0.6)))


def test_onnx_and_torch_give_the_same_probabilities(bundle, series):
    from_onnx, from_torch = onnx_segmenter(bundle)(series), torch_segmenter(bundle)(series)
    assert np.abs(from_onnx.probabilities - from_torch.probabilities).max() < 1e-3
    assert from_onnx.space == from_torch.space
    assert from_onnx.bundle == from_torch.bundle == "small"


def test_the_cards_temperature_softens_both_alike_without_a_new_export(bundle, series, tmp_path):
    soft = shutil.copytree(bundle, tmp_path / "soft")
    card = json.loads((soft / "configs/metadata.json").read_text())
    card["cauda"]["temperature"] = 2.0
    (soft / "configs/metadata.json").write_text(json.dumps(card))
    from_onnx, from_torch = onnx_segmenter(soft)(series), torch_segmenter(soft)(series)
    before = onnx_segmenter(bundle)(series)
    assert np.abs(from_onnx.probabilities - from_torch.probabilities).max() < 1e-3
    assert from_onnx.probabilities.sum(axis=0) == pytest.approx(1, abs=1e-4)
    roots = np.sqrt(before.probabilities)
    assert from_onnx.probabilities == pytest.approx(roots / roots.sum(axis=0), abs=1e-3)
    assert from_onnx.probabilities.max() < before.probabilities.max()


def test_probabilities_sum_to_one_and_repeat_exactly(bundle, series):
    segmenter = onnx_segmenter(bundle)
    first, second = segmenter(series), segmenter(series)
    assert first.probabilities.sum(axis=0) == pytest.approx(1, abs=1e-4)
    assert (first.probabilities == second.probabilities).all()


@pytest.mark.parametrize(
    ("maker", "name"), [(onnx_segmenter, "model.onnx"), (torch_segmenter, "model.pt")]
)
def test_changed_weights_are_never_loaded(bundle, tmp_path, maker, name):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    with (copy / "models" / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BundleError, match="SHA-256"):
        maker(copy)


def test_segmenting_on_a_cpu_needs_no_torch(bundle):
    code = (
        "import sys, pathlib; from cauda.nets import onnx_segmenter; import cauda.segment;"
        f"onnx_segmenter(pathlib.Path({str(bundle)!r}));"
        "assert not {'torch', 'monai'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_the_shipped_bundle_segments_a_kept_out_patient_in_both_runtimes(real_data):
    from cauda.training.spider import read_masks

    bundle = find_bundle("cauda_sagittal")
    patient = json.loads((bundle.folder / "configs" / "train.json").read_text())["training"][
        "validation"
    ][0]
    signal, labels, spacing = read_masks(real_data / "spider_t2_space", patient)
    case = three_label_case(patient, signal[8:16], labels[8:16], spacing, slices=4)
    one = onnx_segmenter(bundle)(as_series(case)).probabilities.argmax(axis=0)
    two = torch_segmenter(bundle)(as_series(case)).probabilities.argmax(axis=0)
    for structure in range(1, 7):
        if (one == structure).any():
            assert dice(one == structure, two == structure) > 0.998
