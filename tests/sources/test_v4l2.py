"""The questions to a camera's driver, against a driver that answers as the kernel documents it."""

from __future__ import annotations

import errno
import fcntl
import struct
import sys
from pathlib import Path

import pytest

from realtime.sources.cameras import Mode, driver_modes
from realtime.sources.v4l2 import read_rates

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a matter of Linux")

MJPEG, YUYV = struct.unpack("<2I", b"MJPGYUYV")
SIZES = {MJPEG: [(640, 480), (1280, 720)], YUYV: [(640, 480)]}
INTERVALS = {
    (MJPEG, 640, 480): [(1, 30), (1, 15)],
    (MJPEG, 1280, 720): [(1001, 30000), (1, 10)],
    (YUYV, 640, 480): [(1, 30), (2, 15)],
}


class Driver:
    """Fills in the structures of videodev2.h at the offsets that they have there."""

    def __init__(self, stepwise=False):
        self.stepwise = stepwise

    def __call__(self, _camera, request, data):
        kind, size = request & 0xFF, request >> 16 & 0x3FFF
        assert request >> 30 == 3, "reads and writes"
        assert request >> 8 & 0xFF == ord("V")
        assert size == len(data)
        {2: self.formats, 74: self.sizes, 75: self.intervals}[kind](data)

    def formats(self, data):
        index, kind = struct.unpack_from("<2I", data)
        assert kind == 1
        struct.pack_into("<I", data, 44, self.at(list(SIZES), index))

    def sizes(self, data):
        index, pixel_format = struct.unpack_from("<2I", data)
        if self.stepwise:
            struct.pack_into("<7I", data, 8, 3, 32, 1920, 8, 24, 1080, 8)
        else:
            struct.pack_into("<3I", data, 8, 1, *self.at(SIZES[pixel_format], index))

    def intervals(self, data):
        index, *key = struct.unpack_from("<4I", data)
        if self.stepwise:
            struct.pack_into("<7I", data, 16, 3, 1, 60, 1, 5, 1, 60)
        else:
            struct.pack_into("<3I", data, 16, 1, *self.at(INTERVALS[tuple(key)], index))

    @staticmethod
    def at(entries, index):
        if index >= len(entries):
            raise OSError(errno.EINVAL, "the list has ended")
        return entries[index]


def test_all_rates_of_each_size(monkeypatch, tmp_path):
    monkeypatch.setattr(fcntl, "ioctl", Driver())
    device = tmp_path / "video0"
    device.touch()
    assert read_rates(device) == {(640, 480): (7.5, 15, 30), (1280, 720): (10, 29.97)}
    assert [str(mode) for mode in driver_modes(device)] == [
        "640x480 at 7.5, 15, 30 fps",
        "1280x720 at 10, 29.97 fps",
    ]


def test_a_driver_that_takes_any_size(monkeypatch, tmp_path):
    class Stepwise(Driver):
        def formats(self, data):
            if struct.unpack_from("<I", data)[0]:
                raise OSError(errno.EINVAL, "the list has ended")
            super().formats(data)

    monkeypatch.setattr(fcntl, "ioctl", Stepwise(stepwise=True))
    device = tmp_path / "video0"
    device.touch()
    assert read_rates(device) == {(1920, 1080): (5, 60)}


def test_what_is_no_camera_says_nothing(tmp_path):
    assert read_rates(Path("/dev/null")) == {}
    assert read_rates(tmp_path / "none") == {}


def test_a_rate_that_is_not_known_is_left_out():
    assert str(Mode(640, 480, ())) == "640x480"
