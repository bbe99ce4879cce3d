import numpy as np
import pytest

from cauda.datasets import Case, DataSet, named_map, read_case, read_masks
from cauda.datasets.meaning import GROUPS
from cauda.errors import GeometryError, UnreadableError, UsageError
from cauda.vocab import Level, Vertebra


def one_case(image, *masks, labels="spider"):
    maps = tuple(named_map(n) for n in labels.split())
    case = Case(id="a", patient="1", image=image, masks=masks)
    return case, DataSet(
        name="mine", labels=maps, labelled=maps[0].told, cases=(case,), license="-", credit="-"
    )


def test_every_spider_range_is_read(tmp_path, files):
    numbers = files.stripes([1, 2, 25, 100, 101, 125, 201, 202, 225])
    case, dataset = one_case(
        files.mha(tmp_path / "a.mha", files.signal()), files.mha(tmp_path / "m.mha", numbers)
    )
    found = read_case(dataset, case)
    stripe = 2 * 8
    assert found.masks.mask(GROUPS["vertebra"]).sum() == 5 * stripe
    assert found.masks.mask(GROUPS["disc"]).sum() == 3 * stripe
    assert found.masks.mask(GROUPS["canal"]).sum() == stripe
    assert found.masks.mask(GROUPS["sacrum"]).sum() == 0
    assert {m.level for m in found.masks.meanings.values()} == {None, Level.L5_S1, Level.L4_L5}
    assert found.volume.voxels.shape == found.masks.numbers.shape


def test_masks_lie_where_the_file_puts_them(tmp_path, files):
    numbers = files.stripes([0, 0, 0, 1])
    masks = read_masks([files.nifti(tmp_path / "m.nii.gz", numbers)], [named_map("spider")])
    place = masks.space.to_lps(np.argwhere(masks.mask(GROUPS["vertebra"]))).mean(axis=0)
    # NIfTI's axes run right and anterior, Cauda's left and posterior.
    assert place == pytest.approx([-1.5 * 4.0, -5.5 * 0.7, 3 * 0.7], abs=1e-4)


def test_spineps_says_structures_in_one_file_and_names_in_the_other(tmp_path, files):
    spine = files.stripes([49, 41, 100, 26, 61, 60])
    vertebrae = files.stripes([24, 24, 124, 26, 0, 0])
    paths = [
        files.nifti(tmp_path / "s_seg-spine_msk.nii.gz", spine),
        files.nifti(tmp_path / "s_seg-vert_msk.nii.gz", vertebrae),
    ]
    masks = read_masks(paths, [named_map("spineps-semantic"), named_map("spineps")])
    said = {next(iter(m.structures)).value: m for m in masks.meanings.values()}
    assert said["vertebral body"].vertebra is Vertebra.L5
    assert said["posterior arch"].vertebra is Vertebra.L5
    assert said["disc"].level is Level.L5_S1
    assert said["cord"].vertebra is None
    assert masks.mask(GROUPS["vertebra"]).sum() == 2 * masks.mask(GROUPS["disc"]).sum()


def test_a_name_of_another_structure_is_not_taken(tmp_path, files):
    paths = [
        files.nifti(tmp_path / "a.nii.gz", files.stripes([49])),
        files.nifti(tmp_path / "b.nii.gz", files.stripes([124])),
    ]
    masks = read_masks(paths, [named_map("spineps-semantic"), named_map("spineps")])
    assert [m.level for m in masks.meanings.values()] == [None]


def test_a_prediction_on_another_grid_is_brought_to_the_truth(tmp_path, files):
    fine = np.repeat(np.repeat(files.stripes([1, 201]), 2, axis=1), 2, axis=2)
    labels = [named_map("spider")]
    truth = read_masks([files.nifti(tmp_path / "t.nii.gz", files.stripes([1, 201]))], labels)
    path = files.nifti(tmp_path / "p.nii.gz", fine, (4.0, 0.35, 0.35))
    placed = read_masks([path], labels).onto(truth.space)
    disc = GROUPS["disc"]
    assert placed.numbers.shape == truth.numbers.shape
    # Voxel centers of the two grids lie half a fine voxel apart.
    overlap = (placed.mask(disc) & truth.mask(disc)).sum()
    assert overlap >= 0.85 * truth.mask(disc).sum()


def test_what_does_not_fit_is_refused(tmp_path, files):
    image = files.nifti(tmp_path / "a.nii.gz", files.signal())
    other = files.nifti(tmp_path / "o.nii.gz", files.stripes([1])[:, :, :8])
    with pytest.raises(GeometryError, match="different grids"):
        read_case(*reversed(one_case(image, other)))
    with pytest.raises(UsageError, match="which the label map 'spider' does not list"):
        read_masks([image], [named_map("spider")])
    negative = files.nifti(tmp_path / "n.nii.gz", files.stripes([-1]))
    with pytest.raises(UnreadableError, match="no label numbers"):
        read_masks([negative], [named_map("spider")])
    far = read_masks([other], [named_map("spider")])
    space = far.space.replace(
        affine=tuple(
            tuple(v + (500.0 if c == 3 and r < 3 else 0.0) for c, v in enumerate(row))
            for r, row in enumerate(far.space.affine)
        )
    )
    with pytest.raises(GeometryError, match="share no voxel"):
        far.onto(space)
