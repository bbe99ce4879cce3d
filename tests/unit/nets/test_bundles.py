import json

import numpy as np
import pytest

from cauda.errors import BundleError
from cauda.nets.bundles import HASHES, METADATA, Bundle, file_sha256, find_bundle, open_bundle
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Plane


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "models" / "small"
    (folder / "configs").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(np.arange(100).tobytes())
    channels = {str(n): s.value for n, s in enumerate(STRUCTURES)}
    card = {
        "version": "1.2.3",
        "network_data_format": {"outputs": {"pred": {"channel_def": channels}}},
        "cauda": {"channels": [8, 16], "pixel_mm": 0.75, "multiple": 2},
    }
    (folder / METADATA).write_text(json.dumps(card))
    digest = file_sha256(folder / "weights.bin")
    (folder / HASHES).write_text(f"{digest}  weights.bin\n")
    return folder


def test_a_bundle_tells_what_it_needs(bundle):
    opened = find_bundle("small", bundle.parent)
    assert (opened.name, opened.version, opened.channels) == ("small", "1.2.3", (8, 16))
    assert (opened.layout.pixel_mm, opened.layout.multiple) == (0.75, 2)
    assert opened.verified("weights.bin") == bundle / "weights.bin"
    assert open_bundle(opened) is opened
    assert open_bundle(bundle).name == "small"


def test_one_changed_byte_is_refused(bundle):
    data = bytearray((bundle / "weights.bin").read_bytes())
    data[17] ^= 1
    (bundle / "weights.bin").write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        Bundle.open(bundle).verified("weights.bin")


def test_a_file_without_a_hash_is_refused(bundle):
    (bundle / "other.bin").write_bytes(b"x")
    with pytest.raises(BundleError, match="no verified"):
        Bundle.open(bundle).verified("other.bin")


@pytest.mark.parametrize("name", [METADATA, HASHES])
def test_a_bundle_without_card_or_hashes_is_refused(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(BundleError, match="lacks"):
        Bundle.open(bundle)


def test_other_classes_are_refused(bundle):
    card = json.loads((bundle / METADATA).read_text())
    card["network_data_format"]["outputs"]["pred"]["channel_def"]["3"] = "liver"
    (bundle / METADATA).write_text(json.dumps(card))
    with pytest.raises(BundleError, match="liver"):
        Bundle.open(bundle)


def test_an_unknown_bundle_is_named_with_the_places_searched(tmp_path):
    with pytest.raises(BundleError, match="nowhere"):
        find_bundle("nowhere", tmp_path)


def as_axial(folder):
    """Rewrite a bundle's card into that of an axial network."""
    card = json.loads((folder / METADATA).read_text())
    channels = {str(n): s.value for n, s in enumerate(AXIAL_STRUCTURES)}
    card["network_data_format"]["outputs"]["pred"]["channel_def"] = channels
    card["cauda"] |= {"plane": "axial", "pixel_mm": 0.6, "crop": 256}
    (folder / METADATA).write_text(json.dumps(card))


def test_an_axial_bundle_says_its_plane_structures_and_crop(bundle):
    sagittal = Bundle.open(bundle).layout
    assert (sagittal.plane, sagittal.structures, sagittal.crop) == (
        Plane.SAGITTAL,
        STRUCTURES,
        None,
    )
    as_axial(bundle)
    layout = Bundle.open(bundle).layout
    assert (layout.plane, layout.structures) == (Plane.AXIAL, AXIAL_STRUCTURES)
    assert (layout.pixel_mm, layout.crop) == (0.6, 256)


@pytest.mark.parametrize(("plane", "message"), [("sagittal", "classes"), ("coronal", "coronal")])
def test_a_plane_that_does_not_fit_its_classes_is_refused(bundle, plane, message):
    as_axial(bundle)
    card = json.loads((bundle / METADATA).read_text())
    card["cauda"]["plane"] = plane
    (bundle / METADATA).write_text(json.dumps(card))
    with pytest.raises(BundleError, match=message):
        Bundle.open(bundle)
