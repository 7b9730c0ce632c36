from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys

import cv2
import media
import mjpeg_server
import pytest
from stalled_server import stalled
from waiting import wait_until

from realtime.sources.camera import CameraSource

# Several waits in a row may need more than the usual limit where a machine is busy.
pytestmark = pytest.mark.timeout(300)

RUN = [sys.executable, "-m", "realtime", "live"]


def live(call, model, *arguments):
    return call("live", *arguments, "--no-window", "--model", model)


def test_a_file_is_painted_and_recorded_at_its_own_speed(call, model, clip, tmp_path):
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    result = live(call, model, clip, "--record", out, "--report", report, "--temporal", 0)
    assert result.code == 0, result.err
    assert f"saved {out}" in result.err
    told = json.loads(report.read_text())
    assert 0 < told["frames"] <= 12
    assert told["frames"] + told["dropped"] == 12
    assert told["device"] == "cpu"
    assert told["provider"] == "CPUExecutionProvider"
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p95"]
    assert told["start_ms"] > 0
    assert told["answer_ms"] == {"p50": None, "p95": None}
    assert told["memory_mb"]["peak"] > 0
    assert told["saved"] == [str(out)]
    assert told["size"] == told["working_size"] == [64, 48]
    assert media.count_frames(out) == told["frames"]
    # The first style of the tiny model is the negative.
    assert media.mean_color(out) == pytest.approx((165, 165, 165), abs=12)
    assert media.listing(tmp_path) == ["clip.mp4", "out.mp4", "report.json"]


def test_flicker_is_held_down_by_default(call, model, tmp_path):
    report = tmp_path / "report.json"
    result = live(call, model, "synthetic", "--max-frames", 3, "--report", report)
    assert result.code == 0, result.err
    told = json.loads(report.read_text())
    assert told["frames"] == 3
    assert told["temporal"] > 0


@pytest.mark.parametrize("end", [["--max-frames", "4"], ["--duration", "0.3"]])
def test_it_ends_by_itself(call, model, end):
    with mjpeg_server.serve(100_000) as address:
        assert live(call, model, address, *end, "-q").code == 0


def test_styles_are_mixed_as_asked(call, model, clip, tmp_path):
    report = tmp_path / "report.json"
    style = "negative:0.7,swapped:0.3"
    assert (
        live(call, model, clip, "--max-frames", 1, "--style", style, "--report", report).code == 0
    )
    assert json.loads(report.read_text())["style"] == "The Negative 70% + The Swap 30%"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--no-window leaves nothing to do"),
        (["--duration", "0"], "--duration"),
        (["--max-frames", "0"], "--max-frames"),
        (["--max-frames", "1", "--size", "0"], "out of range"),
        (["--max-frames", "1", "--size", "8x8"], "out of range"),
        (["--max-frames", "1", "--strength", "2"], "--strength"),
        (["--max-frames", "1", "--temporal", "2"], "--temporal"),
        (["--max-frames", "1", "--style", "negativ"], "did you mean 'negative'?"),
        (["--max-frames", "1", "--camera-size", "720"], "--camera-size '720' is not understood"),
        (["--max-frames", "1", "--host", "0.0.0.0"], "--host goes with --serve"),
        (["--serve", "70000"], "--serve"),
        (["--stream", "http://x/"], "no known protocol"),
        (["--record", "out.xyz"], "no known video suffix"),
        (["--record", "nowhere/out.mp4"], "nowhere"),
        (["--max-frames", "1", "--folder", "nowhere"], "there is no folder nowhere"),
        (["--max-frames", "1", "--codec", "x"], "codec 'x' is unknown"),
        (["--max-frames", "1", "--report", "nowhere/r.json"], "nowhere"),
        (["--virtual-camera"], "virtual camera"),
        (["--stream", "tcp://127.0.0.1:9"], "cannot be reached (Connection refused)"),
    ],
)
def test_bad_options(call, model, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Quiet: on a busy machine it may say meanwhile that it is connecting.
    result = live(call, model, "synthetic", *arguments, "-q")
    assert result.code == 2
    assert message in result.error_line
    assert media.listing(tmp_path) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.mp4", "none.mp4 does not exist"),
        ("http://127.0.0.1:9/x", "Connection refused"),
        ("rtsp://127.0.0.1:9/x", "Connection refused"),
        ("/dev/video9998", "there is no /dev/video9998; 'stylecam cameras' lists"),
        ("9998", "there is no /dev/video9998"),
    ],
)
def test_sources_that_are_not_there(call, model, source, message):
    result = live(call, model, source, "--max-frames", 1, "--reconnect", 0, "-q")
    assert result.code == 2
    assert message in result.error_line


def test_nothing_is_overwritten(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    for option in ("--record", "--report"):
        result = live(call, model, clip, option, out, "--max-frames", 2)
        assert result.code == 2
        assert "exists" in result.error_line
        assert out.read_bytes() == b"precious"
    assert live(call, model, clip, "--record", out, "--overwrite", "--max-frames", 2).code == 0
    assert media.count_frames(out) == 2


def test_the_report_cannot_be_the_recording(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    result = live(call, model, clip, "--record", out, "--report", out)
    assert "also the source, the recording or the model" in result.error_line


def test_without_a_screen_it_says_what_to_do(call, model, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    result = call("live", "synthetic", "--model", model)
    assert result.code == 2
    assert "add --no-window" in result.error_line


def test_cameras_are_listed(call):
    result = call("cameras", "--json")
    assert result.code == 0
    for camera in json.loads(result.out):
        assert {"number", "name", "modes"} == set(camera)
    assert call("cameras").code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_recording_that_is_cut_off_is_playable(launch, model, tmp_path, number, code):
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    with mjpeg_server.serve(1_000_000, pause=0.01) as address:
        command = [*RUN, address, "--no-window", "--model", model, "--record", out]
        process = launch([*command, "--report", report])
        # The temporary output grows once frames are painted.
        wait_until(lambda: media.bytes_in(tmp_path))
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == code, said
    assert media.count_frames(out) > 0
    assert json.loads(report.read_text())["saved"] == [str(out)]
    assert media.listing(tmp_path) == ["out.mp4", "report.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_nobody_answers(launch, model, number, tmp_path):
    """Neither the camera nor FFmpeg's timeouts have a say in it."""
    report = tmp_path / "report.json"
    with stalled() as port:
        command = [*RUN, f"http://127.0.0.1:{port}/", "--no-window", "--model", model]
        process = launch([*command, "--serve", "0", "--report", report])
        line = process.stderr.readline()
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert line == f"stylecam: waiting for stream http://127.0.0.1:{port}/\n"
    told = json.loads(report.read_text())
    assert told["frames"] == 0
    assert told["size"] is told["latency_ms"]["p95"] is told["start_ms"] is None
    assert told["provider"] == "CPUExecutionProvider"
    assert said == "stylecam: stopping\n"
    assert process.returncode == 128 + number


def test_a_camera_that_is_missing_is_waited_for(launch, model, tmp_path):
    report = tmp_path / "report.json"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/camera.mjpg"
    command = [*RUN, address, "--no-window", "--model", model, "--max-frames", "3"]
    process = launch([*command, "--report", report])
    assert "waiting for stream http" in process.stderr.readline()
    with mjpeg_server.serve(1_000_000, pause=0.02, port=port):
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    assert json.loads(report.read_text())["frames"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["tcp", "rtmp"])
def test_a_receiver_that_stalls_holds_nothing_up(launch, model, tmp_path, protocol):
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    with stalled() as port:
        address = f"{protocol}://127.0.0.1:{port}/live"
        command = [*RUN, "synthetic", "--no-window", "--model", model, "--stream", address]
        # So many frames, not seconds: a busy machine may paint none in the first two.
        process = launch([*command, "--record", out, "--report", report, "--max-frames", "50"])
        said = process.communicate(timeout=100)[1]
    assert "Traceback" not in said
    if protocol == "rtmp":
        assert process.returncode == 2
        assert f"error: stream {address} is stuck: nothing was taken" in said
        return
    # The buffers of the network may have held all of it.
    assert process.returncode in (0, 2), said
    assert media.count_frames(out) > 0
    assert [output["name"] for output in json.loads(report.read_text())["outputs"]] == [
        "stream",
        f"recording {out}",
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_real_browser_shows_the_painting(launch, model, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    assert browser, "install chromium"
    picture = tmp_path / "page.png"
    # A picture of 64x48 with the grey 90, whose negative is 165.
    clip = media.make_clip(tmp_path / "clip.mp4", frames=24)
    process = launch([*RUN, clip, "--loop", "--no-window", "--model", model, "--serve", "0"])
    try:
        address = process.stderr.readline().split()[-1]
        # The browser is alone with this page; its sandbox does not work for root.
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=320,240",
            "--timeout=8000", f"--screenshot={picture}", address,
        ]  # fmt: skip
        subprocess.run(command, capture_output=True, check=True, timeout=240)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    image = cv2.imread(str(picture))
    height, width = image.shape[:2]
    assert image[height * 3 // 4, width // 2].tolist() == pytest.approx([165] * 3, abs=10)


def test_what_is_served_is_the_painting(launch, model):
    """A camera in, a browser's stream out, by two separate programs."""
    with mjpeg_server.serve(1_000_000, pause=0.02) as address:
        process = launch([*RUN, address, "--no-window", "--model", model, "--serve", "0"])
        try:
            line = process.stderr.readline()
            assert "serving at http://127.0.0.1:" in line
            page = line.split()[-1]
            connection = http.client.HTTPConnection(page.split("/")[2], timeout=60)
            connection.request("GET", "/", headers={"Host": "evil.example"})
            assert connection.getresponse().status == 403
            connection.close()
            with CameraSource(f"{page}stream.mjpg") as source:
                assert (source.info.width, source.info.height) == (64, 48)
                assert next(iter(source)).image.shape == (48, 64, 3)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert process.returncode == 143
