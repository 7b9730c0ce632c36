from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.frame import StreamInfo
from realtime.sinks.virtual_camera import VirtualCameraSink

INFO = StreamInfo(64, 48, rate=Fraction(30))


@pytest.mark.skipif(
    sys.platform != "linux" or any(Path("/dev").glob("video*")),
    reason="needs a Linux machine without any camera",
)
def test_a_missing_driver_says_how_to_install_it():
    with pytest.raises(SinkError, match=r"no virtual camera driver .* sudo modprobe v4l2loopback"):
        VirtualCameraSink(INFO)


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    # This is how Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(SinkError, match=r"pip install '.*\[virtual-camera\]'"):
        VirtualCameraSink(INFO)
