"""Frames, stages and a sink for the tests of the pipeline."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from realtime.frame import Frame

both = pytest.mark.parametrize("threaded", [True, False])


def frames(count):
    return [Frame(np.full((16, 16, 3), i % 256, np.uint8), Fraction(i, 7), i) for i in range(count)]


def brighter(image):
    return image + np.uint8(1)


class ListSink:
    """Keeps what it is given; can be slow or break."""

    def __init__(self, *, fail_at=None, error=None, hold=None):
        self.frames = []
        self.fail_at, self.error, self.hold = fail_at, error, hold

    def write(self, frame):
        if self.hold is not None:
            self.hold.wait(60)
        if len(self.frames) == self.fail_at:
            raise self.error
        self.frames.append(frame)


class MyError(Exception):
    pass
