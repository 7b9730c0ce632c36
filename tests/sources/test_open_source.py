from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import cv2
import media
import numpy as np
import pytest

from realtime.errors import OptionError, SourceError
from realtime.sizes import SizeRequest
from realtime.sources import is_camera, is_live, open_source
from realtime.sources.capture import resolve


@pytest.mark.parametrize("spec", ["0", "12", "/dev/video0", "/dev/video12"])
def test_what_is_a_camera(spec):
    assert is_camera(spec)
    assert is_live(spec)


@pytest.mark.parametrize(
    "spec", ["/dev/v4l/by-id/usb-Cam-video-index0", "/dev/v4l/by-path/pci-0000:00-usb-0:1:1.0"]
)
def test_a_camera_has_longer_names_too_even_while_it_is_unplugged(spec, capfd):
    assert is_camera(spec)
    with pytest.raises(SourceError, match=f"camera {spec} cannot be opened; there is no {spec}"):
        open_source(spec)
    assert capfd.readouterr() == ("", "")


def test_a_link_to_a_device_is_a_camera(tmp_path, capfd):
    link = tmp_path / "my-camera"
    link.symlink_to("/dev/null")
    assert is_camera(link)
    assert not is_camera(tmp_path)
    with pytest.raises(SourceError, match="my-camera cannot be opened; is another program using"):
        open_source(link)
    assert capfd.readouterr() == ("", "")


def test_a_link_leads_to_the_number_of_the_camera(tmp_path):
    link = tmp_path / "my-camera"
    link.symlink_to("/dev/video7")
    assert resolve(link) == 7
    assert resolve(3) == 3


@pytest.mark.parametrize("spec", ["http://a/b", "https://a", "RTSP://a", "rtsps://a", "rtmp://a"])
def test_what_is_a_stream(spec):
    assert not is_camera(spec)
    assert is_live(spec)


@pytest.mark.parametrize(
    "spec", ["", "clip.mp4", "-1", "٣", "0.mp4", "/dev/video", "/dev/videos/0", "file://a", "1e3"]
)
def test_what_is_neither(spec):
    assert not is_live(spec)


@pytest.mark.parametrize("spec", ["0", "/dev/video0", "9999"])
def test_no_camera_is_one_clear_error(spec, capfd):
    number = int(spec.removeprefix("/dev/video"))
    probe = cv2.VideoCapture(number)
    if probe.isOpened():
        probe.release()
        pytest.skip("this machine has such a camera")
    capfd.readouterr()
    with pytest.raises(SourceError, match=f"camera {number} cannot be opened"):
        open_source(spec)
    assert capfd.readouterr() == ("", "")


def test_a_stream_without_a_server_is_one_clear_error(capfd):
    with pytest.raises(SourceError, match=r"cannot be opened .* check the address"):
        open_source("http://127.0.0.1:9/none.mjpg")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("spec", "options", "name"),
    [
        ("synthetic", {"start": Fraction(1)}, "start"),
        ("synthetic", {"camera_size": (640, 480)}, "camera-size"),
        ("0", {"end": Fraction(1)}, "end"),
        ("http://127.0.0.1:9/", {"size": SizeRequest(None, 48)}, "size"),
        ("clip.mp4", {"camera_fps": Fraction(30)}, "camera-fps"),
        ("picture.png", {"start": Fraction(1)}, "start"),
    ],
)
def test_an_option_that_means_nothing_is_refused(spec, options, name):
    with pytest.raises(OptionError, match=f"takes no --{name}"):
        open_source(spec, **options)


@pytest.mark.parametrize("kind", ["file", "image", "folder", "synthetic"])
def test_a_size_is_honoured(kind, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((48, 64, 3), np.uint8))
    spec = {
        "file": media.make_clip(tmp_path / "clip.mp4", frames=2),
        "image": tmp_path / "a.png",
        "folder": tmp_path,
        "synthetic": "synthetic",
    }[kind]
    with open_source(spec, size=SizeRequest(40, 30)) as source:
        assert (source.info.width, source.info.height) == (40, 30)
        assert next(iter(source)).image.shape == (30, 40, 3)


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys, realtime.sources, realtime.sinks;"
        "print(*{'av', 'cv2', 'numpy', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
