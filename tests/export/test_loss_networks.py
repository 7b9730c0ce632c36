from __future__ import annotations

import made_up
import numpy as np
import pytest
import torch
from torch.nn import functional

from export.loss_networks import load_loss_network
from export.perceptual import STYLE_LAYERS
from realtime.errors import OptionError


def test_features_are_those_of_the_stages(judge):
    features = judge(torch.rand(2, 3, 64, 48))
    shapes = {name: tuple(value.shape[1:]) for name, value in features.items()}
    assert list(shapes) == list(STYLE_LAYERS)
    for stage, (name, width) in enumerate(zip(STYLE_LAYERS, made_up.WIDTHS, strict=True)):
        assert shapes[name] == (width, 64 >> stage, 48 >> stage)


def test_first_layer_computes_what_the_file_says(loss_network_path):
    arrays = np.load(loss_network_path)
    picture = torch.rand(1, 3, 16, 16)
    weight = torch.from_numpy(arrays["conv11_w"])
    mirrored = functional.pad(255 * picture - 128, (1, 1, 1, 1), mode="reflect")
    expected = functional.relu(functional.conv2d(mirrored, weight))
    computed = load_loss_network(str(loss_network_path))(picture)["relu1_1"]
    torch.testing.assert_close(computed, expected, rtol=1e-4, atol=1e-3)


def test_wideners_widen(tmp_path):
    judge = load_loss_network(str(made_up.write_loss_network(tmp_path / "w.npz", widen=True)))
    features = judge(torch.rand(1, 3, 32, 32))
    widened = judge.style_features("relu2_1", features["relu2_1"], (2, 1, 0))
    assert widened.shape == (1, 2 * made_up.WIDTHS[1], 8, 8)
    assert (widened >= 0).all()


def test_bgr_networks_see_bgr(tmp_path):
    """In the second layout, weights on the first input must read the blue channel."""
    arrays = {"mean_bgr": np.array([10, 20, 30], np.float32)}
    for stage in range(1, 5):
        weight = np.zeros((3, 3, 3, 3), np.float16)
        weight[0, 0, 1, 1] = 1
        arrays[f"conv{stage}_1_w"] = weight
        arrays[f"conv{stage}_1_b"] = np.zeros(3, np.float16)
    np.savez(tmp_path / "bgr.npz", **arrays)
    picture = torch.rand(1, 3, 16, 16)
    first = load_loss_network(str(tmp_path / "bgr.npz"))(picture)["relu1_1"][0, 0]
    torch.testing.assert_close(first, (255 * picture[0, 2] - 10).clamp_min(0))


def test_unknown_names_and_files_are_refused(tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("hello")
    half = tmp_path / "half.npz"
    np.savez(half, conv11_w=np.zeros((3, 3, 3, 3)), conv11_b=np.zeros(3))
    for name in ("vgg99", str(text), str(half)):
        with pytest.raises(OptionError):
            load_loss_network(name)


def test_missing_torchvision_says_what_to_install():
    if _has_torchvision():
        pytest.fail("the test environment should do without torchvision")
    with pytest.raises(OptionError, match=r"pip install 'stylecam\[train,torchvision\]'"):
        load_loss_network("vgg16")


def _has_torchvision():
    from importlib.util import find_spec

    return find_spec("torchvision") is not None
