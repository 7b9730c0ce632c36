"""What ``--style`` means: the mixing weights of a model's styles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .errors import OptionError
from .messages import did_you_mean
from .model import ModelDescription


def parse_style(text: str, description: ModelDescription) -> NDArray[np.float32]:
    """Read ``starry_night`` or ``starry_night:0.7,great_wave:0.3``.

    Weights need not add up to 1: they are proportions. A name without a weight counts as 1.

    Returns:
        float32 ``[S]`` in the order of the model's styles, not negative, adding up to 1.

    Raises:
        OptionError: an unknown or repeated name, or a weight that is no finite number >= 0.
    """
    positions = {
        style.name: index for index, style in enumerate(description.styles) if not style.is_identity
    }
    weights = np.zeros(len(description.styles), np.float64)
    seen = set()
    for part in text.split(","):
        name, colon, number = (piece.strip() for piece in part.partition(":"))
        if name not in positions:
            raise OptionError(
                f"unknown style '{name}'{did_you_mean(name, positions)}"
                f" (choose from {', '.join(positions)})"
            )
        if name in seen:
            raise OptionError(f"style '{name}' is given twice; give each style one weight")
        seen.add(name)
        weights[positions[name]] = _parse_weight(number, name) if colon else 1.0
    # The largest first: a sum of enormous weights would overflow.
    largest = weights.max()
    if largest == 0:
        raise OptionError(f"the weights of style '{text}' are all 0; give one a positive weight")
    weights /= largest
    weights /= weights.sum()
    return weights.astype(np.float32)


def _parse_weight(number: str, name: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        raise OptionError(
            f"weight '{number}' of style '{name}' is not a number from 0;"
            " write for example a:0.7,b:0.3"
        )
    return weight
