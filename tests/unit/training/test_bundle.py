import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from cauda.errors import BundleError
from cauda.nets.bundles import Bundle
from cauda.nets.network import build_network
from cauda.training.bundle_files import begin_from, describe, note_version
from cauda.training.config import TrainConfig
from cauda.training.export import export_bundle

SHIPPED = Path(__file__).parents[3] / "models" / "cauda_sagittal"
SMALL = TrainConfig(channels=(8, 12, 16), pixel_mm=1.5)
CARD = "configs/metadata.json"
SCHEMA = "configs/metadata.schema.json"
NETWORK_FILES = ["--meta_file", CARD, "--config_file", "configs/inference.json"]


def monai_bundle(folder, *arguments):
    command = [sys.executable, "-m", "monai.bundle", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "checkpoint.pt"
    torch.manual_seed(0)
    torch.save({"average": build_network(SMALL.channels).state_dict(), "step": 3}, path)
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, weights):
    """A bundle of a small random network, made as a real one is."""
    folder = tmp_path_factory.mktemp("models") / "small"
    begin_from(SHIPPED, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        export_bundle(weights, folder, SMALL)
    return folder


def test_a_checkpoint_becomes_a_bundle_that_says_its_own_network(bundle):
    opened = Bundle.open(bundle)
    assert opened.architecture == {"channels": (8, 12, 16)}
    assert (opened.layout.pixel_mm, opened.layout.multiple) == (1.5, 4)
    assert opened.verified("models/model.onnx").is_file()
    definition = json.loads((bundle / "configs/inference.json").read_text())["network_def"]
    assert definition["channels"] == [8, 12, 16]
    assert "metrics" not in opened.metadata
    assert opened.metadata["name"] == "small"


def test_weights_of_another_network_are_refused(bundle, weights, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    with pytest.raises(BundleError, match="does not fit"):
        export_bundle(weights, copy, TrainConfig(channels=(4, 8)))


def test_a_version_is_noted_with_its_change(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    note_version(copy, "9.1.0", "a test")
    card = json.loads((copy / CARD).read_text())
    assert card["version"] == "9.1.0"
    assert card["changelog"]["9.1.0"] == "a test"


def test_the_shipped_texts_are_in_step_with_the_shipped_network(tmp_path):
    copy = tmp_path / "cauda_sagittal"
    shutil.copytree(SHIPPED / "configs", copy / "configs")
    from cauda.training.config import read_config

    describe(copy, read_config(copy / "configs" / "train.json"))
    for name in (CARD, SCHEMA, "configs/inference.json"):
        assert (copy / name).read_text() == (SHIPPED / name).read_text(), name


@pytest.mark.parametrize("folder", ["small", "shipped"])
def test_the_card_satisfies_its_schema(bundle, folder):
    jsonschema = pytest.importorskip("jsonschema")
    chosen = bundle if folder == "small" else SHIPPED
    card, schema = (json.loads((chosen / name).read_text()) for name in (CARD, SCHEMA))
    jsonschema.validate(card, schema)
    del card["network_data_format"]["outputs"]["pred"]["channel_def"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(card, schema)


@pytest.mark.slow
def test_monai_verifies_the_shipped_card_without_a_network(tmp_path):
    copy = shutil.copytree(SHIPPED, tmp_path / "cauda_sagittal")
    code, said = monai_bundle(copy, "verify_metadata", "--meta_file", CARD, "--filepath", SCHEMA)
    assert code == 0, said
    assert "verified with no error" in said


@pytest.mark.slow
def test_monai_verifies_what_goes_in_and_out_of_the_shipped_network(tmp_path):
    copy = shutil.copytree(SHIPPED, tmp_path / "cauda_sagittal")
    code, said = monai_bundle(copy, "verify_net_in_out", "network_def", *NETWORK_FILES)
    assert code == 0, said
    assert "verified with no error" in said


@pytest.mark.slow
def test_monai_exports_torchscript_that_gives_what_the_network_gives(bundle):
    code, said = monai_bundle(
        bundle,
        "ckpt_export",
        "network_def",
        *("--filepath", "models/model.ts"),
        *("--ckpt_file", "models/model.pt"),
        *NETWORK_FILES,
    )
    assert code == 0, said
    network = build_network(SMALL.channels).eval()
    state = torch.load(bundle / "models/model.pt", weights_only=True)
    network.load_state_dict({k: v.float() for k, v in state.items()})
    image = torch.randn(2, 3, 48, 32)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # torch.jit is being retired
        scripted = torch.jit.load(bundle / "models/model.ts")
        assert torch.allclose(scripted(image), network(image), atol=1e-4)


@pytest.mark.slow
def test_monai_runs_inference_from_the_configuration_alone(tmp_path):
    from cauda.phantom import training_sample

    copy = shutil.copytree(SHIPPED, tmp_path / "cauda_sagittal")
    signal, _, (i, j, k) = training_sample(np.random.default_rng(3), slices=3, shape=(256, 352))
    image = nib.Nifti1Image(signal, np.diag([-i, -j, k, 1.0]))
    image.set_sform(image.affine, code=1)
    nib.save(image, tmp_path / "sagittal_t2.nii.gz")
    code, said = monai_bundle(
        copy,
        "run",
        *("--config_file", "configs/inference.json"),
        *("--bundle_root", str(copy)),
        *("--image", str(tmp_path / "sagittal_t2.nii.gz")),
        *("--output", str(tmp_path / "labels.nii.gz")),
        *("--device", "cpu"),
    )
    assert code == 0, said
    labels, given = (
        nib.as_closest_canonical(nib.load(tmp_path / name))
        for name in ("labels.nii.gz", "sagittal_t2.nii.gz")
    )
    assert labels.shape == given.shape
    assert np.allclose(labels.affine, given.affine, atol=1e-4)
    assert len(np.unique(np.asarray(labels.dataobj))) >= 4
