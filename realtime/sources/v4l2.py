"""What a camera's driver says on Linux of its sizes and rates, without starting the camera.

The numbers and layouts are those of ``linux/videodev2.h``, the same on every architecture.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

_ENUMERATE_FORMATS = 0xC0405602
_ENUMERATE_SIZES = 0xC02C564A
_ENUMERATE_INTERVALS = 0xC034564B
_FORMAT = struct.Struct("=3I32s5I")
_SIZE = struct.Struct("=3I6I2I")
_INTERVAL = struct.Struct("=5I6I2I")
_CAPTURE = 1
_DISCRETE = 1
_MOST = 1000
"""Entries of one list; a driver that never ends it is broken."""

_Answer = tuple[int, ...]
Rates = dict[tuple[int, int], tuple[float, ...]]


def read_rates(device: Path) -> Rates:
    """Frames per second by (width, height), over all pixel formats; empty if it does not say.

    Of a camera that takes any size in a range, the largest is told; of one that takes any rate, the
    slowest and the fastest.
    """
    found: dict[tuple[int, int], set[float]] = {}
    try:
        camera = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return {}
    try:
        for pixel_format in _formats(camera):
            for size in _sizes(camera, pixel_format):
                found.setdefault(size, set()).update(_rates(camera, pixel_format, size))
    finally:
        os.close(camera)
    return {size: tuple(sorted(found[size])) for size in sorted(found)}


def _formats(camera: int) -> Iterator[int]:
    for index in range(_MOST):
        answer = _ask(camera, _ENUMERATE_FORMATS, _FORMAT, index, _CAPTURE, 0, b"")
        if answer is None:
            return
        yield answer[4]


def _sizes(camera: int, pixel_format: int) -> Iterator[tuple[int, int]]:
    for index in range(_MOST):
        answer = _ask(camera, _ENUMERATE_SIZES, _SIZE, index, pixel_format)
        if answer is None:
            return
        if answer[2] != _DISCRETE:
            # From the smallest by steps to the largest, both sides alternating.
            yield answer[4], answer[7]
            return
        yield answer[3], answer[4]


def _rates(camera: int, pixel_format: int, size: tuple[int, int]) -> Iterator[float]:
    for index in range(_MOST):
        answer = _ask(camera, _ENUMERATE_INTERVALS, _INTERVAL, index, pixel_format, *size)
        if answer is None:
            return
        if answer[4] != _DISCRETE:
            yield from _rate(*answer[5:7])
            yield from _rate(*answer[7:9])
            return
        yield from _rate(*answer[5:7])


def _rate(numerator: int, denominator: int) -> Iterator[float]:
    """Frames per second of an interval, if it is one."""
    if numerator and denominator:
        yield round(float(Fraction(denominator, numerator)), 3)


def _ask(camera: int, request: int, layout: struct.Struct, *values: object) -> _Answer | None:
    """What the driver fills in; None at the end of its list, or if it has none."""
    import fcntl  # Windows has none, and calls nothing here

    filled = [*values, *[0] * (len(layout.unpack(bytes(layout.size))) - len(values))]
    data = bytearray(layout.pack(*filled))
    try:
        fcntl.ioctl(camera, request, data)
    except OSError:
        return None
    return layout.unpack(data)
