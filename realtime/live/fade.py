"""A short cross-fade between styles in the space of their weights: one network, no double image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FADE_SECONDS = 0.3


class Fade:
    """Moves mixing weights to where they are wanted, fast at first and then gently.

    Args:
        weights: float32 ``[S]`` to begin with.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self._from = weights
        self._to = weights
        self._since = float("-inf")

    def weights(self, wanted: NDArray[np.float32], now: float) -> NDArray[np.float32]:
        """The weights to paint with at ``now``, in seconds, on the way to ``wanted``."""
        if not np.array_equal(wanted, self._to):
            # The first frame after a change already shows some of it.
            self._from = self._at(now)
            self._to = wanted
            self._since = now - FADE_SECONDS / 10
        return self._at(now)

    def is_moving(self, now: float) -> bool:
        """Whether the weights differ from what is wanted."""
        return now < self._since + FADE_SECONDS

    def _at(self, now: float) -> NDArray[np.float32]:
        if not self.is_moving(now):
            return self._to
        progress = (now - self._since) / FADE_SECONDS
        share = np.float32(1 - (1 - progress) ** 3)
        mixed: NDArray[np.float32] = self._from + share * (self._to - self._from)
        return mixed
