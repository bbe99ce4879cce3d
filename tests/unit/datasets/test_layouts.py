import json
import runpy
import sys
from pathlib import Path

import pytest

from cauda.datasets import CARD_NAME, read_card, read_case
from cauda.datasets.bids import bids_dataset
from cauda.datasets.layouts import only_match, open_dataset, spider_dataset
from cauda.datasets.nnunet import nnunet_dataset
from cauda.errors import CaudaError, NothingFoundError, UsageError
from cauda.vocab import Contrast, Level, Structure

SCRIPTS = Path(__file__).parents[3] / "scripts"


def run(script, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(SCRIPTS / script), run_name="__main__")


@pytest.fixture
def spider(tmp_path, files):
    for name in ("1_t1", "1_t2", "2_t2_SPACE", "10_t2", "11_t1"):
        files.mha(tmp_path / "images" / f"{name}.mha", files.signal())
        files.mha(tmp_path / "masks" / f"{name}.mha", files.stripes([1, 201, 100, 102]))
    return tmp_path


def test_a_downloaded_spider_becomes_a_card_split_by_patient(spider, monkeypatch, capsys):
    run("convert_spider.py", monkeypatch, spider, "--check")
    assert "5 series of 4 patients" in capsys.readouterr().out
    card = read_card(spider / CARD_NAME)
    assert [c.id for c in card.cases] == ["1_t1", "1_t2", "2_t2_SPACE", "10_t2", "11_t1"]
    assert [c.contrast for c in card.cases[:3]] == [Contrast.T1, Contrast.T2, Contrast.T2]
    assert sorted(p for members in card.split.values() for p in members) == ["1", "10", "11", "2"]
    assert set(card.split) == {"train", "validation", "test"}
    assert "10159290" in card.credit
    assert not any(Structure.SACRUM in group for group in card.labelled)
    masks = read_case(card, card.cases[0]).masks
    assert Level.L5_S1 in {m.level for m in masks.meanings.values()}
    assert open_dataset(spider) == card


def test_a_spider_image_without_its_mask_is_named(spider, monkeypatch, capsys):
    (spider / "masks" / "10_t2.mha").unlink()
    with pytest.raises(UsageError, match=r"1 of 10 files are missing.*10_t2.mha"):
        spider_dataset(spider)
    with pytest.raises(SystemExit):
        run("convert_spider.py", monkeypatch, spider)
    assert "10_t2.mha" in capsys.readouterr().err
    with pytest.raises(NothingFoundError, match="unpack SPIDER"):
        spider_dataset(spider / "masks")


def test_totalspineseg_output_becomes_a_card(tmp_path, files, monkeypatch):
    for n in (1, 2):
        files.nifti(tmp_path / "in" / f"sub-{n}_T2w_0000.nii.gz", files.signal())
        output = tmp_path / "out" / "step2_output" / f"sub-{n}_T2w.nii.gz"
        files.nifti(output, files.stripes([44, 45, 50, 95, 100, 1, 2]))
    arguments = ["--images", "in/*.nii.gz", "--patient", "sub-([0-9]+)", "--name", "mine"]
    arguments += ["--license", "CC0", "--credit", "me"]
    masks = ["--masks", "totalspineseg", "out/step2_output/*.nii.gz"]
    run("convert_pairs.py", monkeypatch, tmp_path / "card.yaml", *arguments, *masks)
    card = read_card(tmp_path / "card.yaml")
    assert card.patients == ("1", "2")
    masks = read_case(card, card.cases[1]).masks
    levels = {m.level for m in masks.meanings.values()}
    assert levels == {None, Level.L4_L5, Level.L5_S1}


def test_spineps_output_becomes_a_card_with_two_maps(tmp_path, files, monkeypatch):
    for n in (1, 2):
        files.nifti(tmp_path / f"sub-{n}_T2w.nii.gz", files.signal())
        stem = tmp_path / "derivatives_seg" / f"sub-{n}_mod-T2w"
        files.nifti(stem.with_name(stem.name + "_seg-spine_msk.nii.gz"), files.stripes([49, 100]))
        files.nifti(stem.with_name(stem.name + "_seg-vert_msk.nii.gz"), files.stripes([24, 124]))
    run(
        "convert_pairs.py", monkeypatch, tmp_path / "card.yaml", "--images", "sub-*.nii.gz",
        "--masks", "spineps-semantic", "derivatives_seg/*_seg-spine_msk.nii.gz",
        "--masks", "spineps", "derivatives_seg/*_seg-vert_msk.nii.gz",
        "--patient", "sub-([0-9]+)", "--name", "x", "--license", "CC0", "--credit", "me",
    )  # fmt: skip
    card = read_card(tmp_path / "card.yaml")
    assert [m.name for m in card.labels] == ["spineps-semantic", "spineps"]
    found = read_case(card, card.cases[0]).masks.meanings.values()
    assert {m.level for m in found} == {None, Level.L5_S1}


def nnunet(folder, files, labels):
    for name in ("case_001", "case_002"):
        files.nifti(folder / "imagesTr" / f"{name}_0000.nii.gz", files.signal())
        files.nifti(folder / "labelsTr" / f"{name}.nii.gz", files.stripes([1, 2]))
    description = {
        "channel_names": {"0": "T2"},
        "labels": labels,
        "numTraining": 2,
        "file_ending": ".nii.gz",
        "name": "Dataset101_Spine",
        "licence": "CC0",
    }
    (folder / "dataset.json").write_text(json.dumps(description))
    return folder


def test_nnunet_raw_data_with_the_map_of_its_description(tmp_path, files):
    labels = {"background": 0, "vertebra": 1, "IVD": 2, "ignore": 3}
    folder = nnunet(tmp_path, files, labels)
    with pytest.raises(UsageError, match="'IVD' is no structure"):
        open_dataset(folder)
    dataset = nnunet_dataset(folder, {"IVD": "disc"})
    assert (dataset.name, dataset.license) == ("Dataset101_Spine", "CC0")
    assert dataset.patients == ("case_001", "case_002")
    masks = read_case(dataset, dataset.cases[0]).masks
    assert masks.mask(frozenset({Structure.DISC})).sum() == 16
    assert dataset.labels[0].meanings[3].structures == frozenset(Structure)
    assert len(dataset.labelled) == 2


def test_nnunet_regions_and_faults_are_refused(tmp_path, files):
    folder = nnunet(tmp_path, files, {"background": 0, "vertebra": [1, 2]})
    with pytest.raises(UsageError, match="regions of several numbers"):
        nnunet_dataset(folder)
    (folder / "dataset.json").write_text("{")
    with pytest.raises(UsageError, match="not valid JSON"):
        nnunet_dataset(folder)


def bids(root, files, table="index\tname\n1\tL5\n2\tL5-S1\n", sidecar=True):
    for sub in ("01", "02"):
        files.nifti(root / f"sub-{sub}" / "anat" / f"sub-{sub}_T2w.nii.gz", files.signal())
        anat = root / "derivatives" / "mine" / f"sub-{sub}" / "anat"
        mask = anat / f"sub-{sub}_T2w_label-spine_dseg.nii.gz"
        files.nifti(mask, files.stripes([1, 2]))
        if sidecar:
            mask.with_name(mask.name.replace(".nii.gz", ".tsv")).write_text(table)
    for folder in (root, root / "derivatives" / "mine"):
        described = {"Name": "Spines", "BIDSVersion": "1.9.0", "License": "CC0", "Authors": ["A"]}
        (folder / "dataset_description.json").write_text(json.dumps(described))
    return root


@pytest.mark.parametrize("place", [".", "derivatives/mine"])
def test_bids_derivatives_with_a_table_a_mask(tmp_path, files, place):
    dataset = open_dataset(bids(tmp_path, files) / place)
    assert dataset.patients == ("01", "02")
    assert (dataset.license, dataset.credit) == ("CC0", "A")
    assert dataset.cases[0].contrast is Contrast.T2
    assert dataset.cases[0].image.name == "sub-01_T2w.nii.gz"
    levels = {m.level for m in read_case(dataset, dataset.cases[0]).masks.meanings.values()}
    assert levels == {None, Level.L5_S1}


def test_bids_with_one_table_for_all(tmp_path, files):
    root = bids(tmp_path, files, sidecar=False)
    with pytest.raises(UsageError, match="no table of its numbers"):
        bids_dataset(root)
    (root / "derivatives" / "mine" / "dseg.tsv").write_text("index\tname\n1\tbone\n2\tL5-S1\n")
    with pytest.raises(UsageError, match="'bone' is no structure"):
        bids_dataset(root)
    assert len(bids_dataset(root, {"bone": "vertebra"}).cases) == 2


def test_bids_faults(tmp_path, files):
    root = bids(tmp_path, files, table="value\tlabel\n1\tL5\n")
    with pytest.raises(UsageError, match="lacks the columns index and name"):
        bids_dataset(root)
    root = bids(tmp_path, files)
    (root / "sub-02" / "anat" / "sub-02_T2w.nii.gz").unlink()
    with pytest.raises(UsageError, match=r"sub-02_T2w_label-spine.*found: none"):
        bids_dataset(root)


def test_a_folder_of_no_known_layout_is_refused(tmp_path, files):
    files.nifti(tmp_path / "a.nii.gz", files.stripes([1]))
    with pytest.raises(UsageError, match=r"convert_pairs\.py"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("image", "names", "chosen"),
    [
        ("1_t2.mha", ["1_t2.nii.gz", "1_t2_SPACE.nii.gz"], "1_t2.nii.gz"),
        ("1_t2.mha", ["1_t2_seg.nii.gz", "1_t2_SPACE_seg.nii.gz"], "1_t2_seg.nii.gz"),
        ("1_t2_SPACE.mha", ["1_t2_seg.nii.gz", "1_t2_SPACE_seg.nii.gz"], "1_t2_SPACE_seg.nii.gz"),
        ("1_t2.mha", ["1_t2_SPACE_seg.nii.gz"], None),
        ("1_t2.mha", ["1_t2_a.nii.gz", "1_t2_b.nii.gz"], None),
        ("1_t2.mha", ["11_t2.nii.gz", "1_t2.json"], None),
    ],
)
def test_a_file_belongs_to_the_image_whose_name_it_continues(tmp_path, image, names, chosen):
    images = [tmp_path / "1_t2.mha", tmp_path / "1_t2_SPACE.mha"]
    candidates = [tmp_path / "out" / n for n in names]
    if chosen is None:
        with pytest.raises(CaudaError, match="One file must belong to"):
            only_match(tmp_path / image, candidates, images)
    else:
        assert only_match(tmp_path / image, candidates, images).name == chosen
