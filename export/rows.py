"""The rows of a network: the numbers that belong to one style, beside the trunk that all share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .checkpoint import Checkpoint

STYLE_ROWS = (".scale", ".shift")
"""Endings of the parameters that have one row a style."""
ROWS_PACE = 3.0
"""How much faster the styles' rows learn than the trunk: each sees only its share of the steps."""


def parameter_groups(network: nn.Module) -> list[dict[str, Any]]:
    """The parameters to train: the trunk's, and the styles' rows, which learn faster."""
    trainable = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    rows = [p for name, p in trainable if name.endswith(STYLE_ROWS)]
    trunk = [p for name, p in trainable if not name.endswith(STYLE_ROWS)]
    groups = [{"params": rows, "pace": ROWS_PACE}, {"params": trunk, "pace": 1.0}]
    return [group for group in groups if group["params"]]


def add_rows(network: nn.Module, base: Checkpoint) -> None:
    """Fill ``network`` from ``base``, and open only the rows of the styles it adds to training."""
    state = network.state_dict()
    first = len(base.styles)
    painted = [index for index, style in enumerate(base.styles) if not style.is_identity]
    for key, value in base.build().state_dict().items():
        if key.endswith(STYLE_ROWS):
            # A new style starts as the mean of those the trunk knows.
            new = value[painted].mean(0, keepdim=True).expand(len(state[key]) - first, -1)
            state[key] = torch.cat((value, new))
        else:
            state[key] = value
    network.load_state_dict(state)

    def keep_new_rows(gradient: Tensor) -> Tensor:
        masked = gradient.clone()
        masked[:first] = 0
        return masked

    for key, parameter in network.named_parameters():
        if key.endswith(STYLE_ROWS):
            parameter.register_hook(keep_new_rows)  # type: ignore[no-untyped-call]
        else:
            parameter.requires_grad_(False)
