"""Where loss networks come from: torchvision by name, or a file of arrays.

Files are ``.npz`` archives, read without pickle. Two layouts are known:

- ``conv0_w``, ``conv0_b`` (1x1, from RGB in 0..1), ``conv11_w``, ``conv11_b``, ... and optional
  ``conv11_aux_w``, ``conv11_aux_b`` (1x1, to a teacher's widths): compressed VGG19 networks;
- ``conv1_1_w``, ``conv1_1_b``, ... with ``mean_bgr``: networks that take BGR in 0..255.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from realtime.errors import OptionError

from .perceptual import LossNetwork
from .shipped import LOSS_NETWORK

Parameters = dict[str, tuple[Tensor, Tensor]]

COMPACT = "compact"
_STAGES = {
    "vgg16": {"1_1": 0, "1_2": 2, "2_1": 5, "2_2": 7, "3_1": 10, "3_2": 12, "3_3": 14, "4_1": 17},
    "vgg19": {
        "1_1": 0, "1_2": 2, "2_1": 5, "2_2": 7,
        "3_1": 10, "3_2": 12, "3_3": 14, "3_4": 16, "4_1": 19,
    },
}  # fmt: skip
"""Positions of the convolutions in torchvision's ``features``."""


def load_loss_network(name_or_path: str) -> LossNetwork:
    """Open a loss network.

    Args:
        name_or_path: ``compact`` (comes with stylecam), ``vgg16`` or ``vgg19`` (torchvision's
            weights for ImageNet), or a file.

    Raises:
        OptionError: neither a known name nor a readable file of weights.
    """
    if name_or_path in _STAGES:
        return _from_torchvision(name_or_path)
    path = LOSS_NETWORK if name_or_path == COMPACT else Path(name_or_path)
    if not path.is_file():
        names = ", ".join((COMPACT, *_STAGES))
        raise OptionError(
            f"loss network '{name_or_path}' is neither a file nor one of: {names}; those of"
            " torchvision need pip install 'stylecam[train,torchvision]'"
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: torch.from_numpy(archive[key].astype(np.float32)) for key in archive}
        return _from_arrays(path.stem, arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise OptionError(
            f"{path} holds no loss network that stylecam knows: it must be an .npz file of arrays"
            " named conv11_w, conv11_b, ... or conv1_1_w, conv1_1_b, ..."
        ) from error


def _from_arrays(name: str, arrays: dict[str, Tensor]) -> LossNetwork:
    layers: Parameters = {}
    widen: Parameters = {}
    for key in sorted(arrays):
        match = re.fullmatch(r"conv([1-4])_?([1-4])(_aux)?_w", key)
        if match is None or (match.group(1) == "4" and match.group(2) != "1"):
            continue
        stage, position, auxiliary = match.groups()
        table = widen if auxiliary else layers
        table[f"{stage}_{position}"] = (arrays[key], arrays[key[:-1] + "b"])
    if "conv0_w" in arrays:
        preprocess = (arrays["conv0_w"], arrays["conv0_b"])
    else:
        swap = 255.0 * torch.eye(3).flip(0)[:, :, None, None]
        preprocess = (swap, -arrays["mean_bgr"].reshape(3))
    missing = {"1_1", "2_1", "3_1", "4_1"} - layers.keys()
    if missing:
        raise ValueError(f"no layers {', '.join(sorted(missing))}")
    return LossNetwork(name, preprocess, layers, widen)


def _from_torchvision(name: str) -> LossNetwork:
    try:
        from torchvision import models
    except ImportError as error:
        raise OptionError(
            f"loss network '{name}' needs torchvision: pip install 'stylecam[train,torchvision]'"
        ) from error
    try:
        features = getattr(models, name)(weights="IMAGENET1K_V1").features
    except OSError as error:  # urllib's errors are OSErrors
        raise OptionError(
            f"the weights of '{name}' could not be downloaded ({error}); connect once, or give a"
            " file to --loss-network"
        ) from error
    layers = {
        key: (features[index].weight.detach(), features[index].bias.detach())
        for key, index in _STAGES[name].items()
    }
    deviation = torch.tensor([0.229, 0.224, 0.225])
    mean = torch.tensor([0.485, 0.456, 0.406])
    return LossNetwork(
        name, (torch.diag(1 / deviation)[:, :, None, None], -mean / deviation), layers
    )
