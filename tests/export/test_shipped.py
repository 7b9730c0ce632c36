"""What ships belongs together: the checkpoint, and the model that was exported from it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from export import checkpoint as checkpoints
from export.checkpoint import load_checkpoint
from export.dataset import read_picture, to_tensor
from realtime.engine import OnnxStylizer
from realtime.model_files import default_model, sample_picture

CHECKPOINT = Path(checkpoints.__file__).parent / "checkpoints" / "stylecam.pt"


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint(CHECKPOINT)


@pytest.fixture(scope="module")
def stylizer():
    with OnnxStylizer(device="cpu") as stylizer:
        yield stylizer


def test_the_model_is_that_of_the_checkpoint(checkpoint, stylizer):
    assert stylizer.path == default_model()
    assert stylizer.description.styles == checkpoint.styles
    assert stylizer.description.training["steps_done"] == checkpoint.step
    picture = cv2.resize(read_picture(sample_picture()), (160, 120))
    network = checkpoint.build().eval()
    for row in np.eye(len(checkpoint.styles), dtype=np.float32):
        stylizer.set_style(row)
        with torch.no_grad():
            expected = network(to_tensor([picture]), torch.from_numpy(row)[None])[0]
        expected = (255 * expected).clamp(0, 255).permute(1, 2, 0).numpy()
        assert np.abs(stylizer(picture) - expected).mean() < 1


def test_every_style_says_whose_it_is(stylizer):
    styles = stylizer.description.painted_styles
    assert len(styles) >= 10
    assert all(s.title and s.artist and s.license and s.source for s in styles)


def test_styles_differ_and_the_identity_shows_the_picture(stylizer):
    picture = read_picture(sample_picture())
    paintings = {}
    for index, style in enumerate(stylizer.description.styles):
        stylizer.set_style(np.eye(len(stylizer.description.styles), dtype=np.float32)[index])
        paintings[style.name] = stylizer(picture).astype(np.int16)
    shown = paintings.pop("identity")
    assert np.abs(shown - picture).mean() < 6
    means = {name: image.mean((0, 1)) for name, image in paintings.items()}
    names = list(means)
    for index, first in enumerate(names):
        assert np.abs(paintings[first] - picture).mean() > 15
        for second in names[index + 1 :]:
            assert np.abs(paintings[first] - paintings[second]).mean() > 5, (first, second)
