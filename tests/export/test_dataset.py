from __future__ import annotations

import numpy as np
import pytest
import torch

from export.dataset import (
    Photographs,
    camera_noise,
    list_pictures,
    random_motion,
    read_picture,
    vary_light,
)
from realtime.errors import OptionError, SourceError


def test_batches_are_crops_in_range(photographs_path):
    photographs = Photographs(photographs_path, crop=48)
    batch = photographs.batch(5, np.random.default_rng(0))
    assert batch.shape == (5, 3, 48, 48)
    assert batch.dtype == torch.float32
    assert 0 <= batch.min() < batch.max() <= 1


def test_equal_generators_draw_equal_batches(photographs_path):
    photographs = Photographs(photographs_path, crop=48)
    first, second = (photographs.batch(3, np.random.default_rng((7, 1))) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, photographs.batch(3, np.random.default_rng((7, 2))))


def test_manifest_keeps_held_out_pictures_apart(photographs_path, tmp_path):
    for path in photographs_path.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = ["file,split", "photo_0.png,train", "photo_1.png,train", "photo_2.png,heldout"]
    (tmp_path / "MANIFEST.csv").write_text("\n".join(rows))
    assert [p.name for p in list_pictures(tmp_path, "heldout")] == ["photo_2.png"]
    assert [p.name for p in list_pictures(tmp_path, "train")] == ["photo_0.png", "photo_1.png"]
    assert len(list_pictures(tmp_path)) == 4


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(OptionError, match="no pictures"):
        list_pictures(tmp_path)
    with pytest.raises(OptionError, match="not a folder"):
        list_pictures(tmp_path / "missing")


def test_damaged_pictures_are_named(tmp_path):
    path = tmp_path / "noise.jpg"
    path.write_bytes(b"no picture at all")
    with pytest.raises(SourceError, match=r"noise\.jpg"):
        read_picture(path)


def test_motion_moves_what_it_says():
    """A picture of its own coordinates shows where each pixel was fetched."""
    height, width = 40, 60
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    coordinates = torch.stack((columns, rows)).float()[None].expand(4, -1, -1, -1)
    motion = random_motion(4, height, width, np.random.default_rng(3))
    fetched = motion.warp(coordinates)
    grid = motion.grid.permute(0, 3, 1, 2)
    expected = ((grid + 1) * torch.tensor([width, height])[None, :, None, None] - 1) / 2
    inside = motion.valid.bool() & (expected >= 0).all(1, keepdim=True)
    inside &= (expected[:, :1] <= width - 1) & (expected[:, 1:] <= height - 1)
    assert inside.float().mean() > 0.5
    difference = (fetched - expected).abs() * inside
    assert difference.max() < 1e-3


def test_half_of_the_motions_hold_nearly_still():
    motion = random_motion(200, 16, 16, np.random.default_rng(0))
    still = random_motion(1, 16, 16, np.random.default_rng(0)).grid.new_zeros(())
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    base = torch.stack(((2 * columns + 1) / 16 - 1, (2 * rows + 1) / 16 - 1), -1)
    moved = 8 * (motion.grid - base + still).abs().amax((1, 2, 3))
    assert 0.35 < (moved < 1.5).float().mean() < 0.65


def test_noise_and_light_stay_in_range_and_leave_the_mean():
    random = np.random.default_rng(0)
    pictures = torch.full((16, 3, 32, 32), 0.5)
    noisy = camera_noise(pictures, random)
    assert 0 <= noisy.min() < noisy.max() <= 1
    assert noisy.mean().item() == pytest.approx(0.5, abs=0.01)
    varied = vary_light(pictures, random)
    assert 0 <= varied.min() < varied.max() <= 1
