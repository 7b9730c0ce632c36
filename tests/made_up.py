"""Small photographs, paintings and loss networks, made up for the tests of ``export``."""

from __future__ import annotations

import cv2
import numpy as np

WIDTHS = (8, 8, 16, 16)


def made_up_picture(seed, height=96, width=128):
    """A smooth random picture with a few hard edges, uint8 RGB."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3), np.uint8)
    picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cv2.circle(picture, (width // 2, height // 2), height // 4, (200, 30, 60), -1)
    return picture


def write_folder(folder, count=4):
    """A folder of photographs."""
    folder.mkdir()
    for index in range(count):
        cv2.imwrite(str(folder / f"photo_{index}.png"), made_up_picture(index))
    return folder


def write_painting(path, seed=100):
    """A painting of stripes."""
    picture = made_up_picture(seed)
    picture[::4] = (250, 220, 40)
    cv2.imwrite(str(path), picture)
    return path


def write_loss_network(path, *, widen=False):
    """Random convolutions in the layout of compressed VGG19 networks: random features do judge
    texture (Ustyuzhaninov et al. 2017), which is all that these tests need."""
    random = np.random.default_rng(0)
    arrays = {
        "conv0_w": (255 * np.eye(3, dtype=np.float32))[:, :, None, None],
        "conv0_b": np.full(3, -128, np.float32),
    }
    inputs = 3
    for stage, outputs in enumerate(WIDTHS, start=1):
        spread = np.sqrt(2 / (9 * inputs))
        weights = random.normal(0, spread, (outputs, inputs, 3, 3)).astype(np.float32)
        arrays[f"conv{stage}1_w"] = weights
        arrays[f"conv{stage}1_b"] = np.zeros(outputs, np.float32)
        if widen:
            aux = random.normal(0, 0.3, (2 * outputs, outputs, 1, 1)).astype(np.float32)
            arrays[f"conv{stage}1_aux_w"] = aux
            arrays[f"conv{stage}1_aux_b"] = np.zeros(2 * outputs, np.float32)
        inputs = outputs
    np.savez(path, **arrays)
    return path
