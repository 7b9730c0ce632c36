from __future__ import annotations

import shutil
import subprocess
import time

import av
import numpy as np
import pytest
from network import COLOR, INFO, color_through_our_camera, frame, free_port

from realtime.errors import OptionError, SinkError
from realtime.sinks.stream import StreamSink, format_of


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("rtmp://host/live/key", "flv"),
        ("RTSP://host/live", "rtsp"),
        ("udp://127.0.0.1:5000", "mpegts"),
        ("srt://host:5000", "mpegts"),
    ],
)
def test_formats(address, name):
    assert format_of(address) == name


@pytest.mark.parametrize("address", ["", "out.mp4", "file:///etc/x", "http://host/", "rtmp://"])
def test_an_address_without_a_known_protocol(address):
    with pytest.raises(OptionError, match="no known protocol; begin it with one of rtmp://"):
        StreamSink(address, INFO)


@pytest.mark.parametrize("protocol", ["tcp", "rtmp", "rtsp"])
def test_nobody_there(protocol, capfd):
    address = f"{protocol}://127.0.0.1:{free_port()}/live"
    with pytest.raises(SinkError, match=r"cannot be reached \(Connection refused\)"):
        StreamSink(address, INFO)
    assert capfd.readouterr() == ("", "")


def test_our_own_camera_reads_mpegts_over_udp():
    assert color_through_our_camera(StreamSink) == pytest.approx(COLOR, abs=6)


@pytest.fixture
def listen(launch):
    """Starts FFmpeg as the server that takes one stream and copies it to a file."""

    def listen(arguments, out):
        assert shutil.which("ffmpeg"), "install ffmpeg"
        command = ["ffmpeg", "-v", "error", "-y", *arguments, "-c", "copy", str(out)]
        return launch(command, stdin=subprocess.DEVNULL)

    return listen


def connect(address):
    """The server needs a moment before it listens."""
    for _ in range(300):
        try:
            return StreamSink(address, INFO)
        except SinkError:
            time.sleep(0.1)
    raise AssertionError("the server never listened")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp", "tcp"])
def test_a_real_server_takes_it(listen, protocol, tmp_path):
    address = f"{protocol}://127.0.0.1:{free_port()}"
    listening = {
        "rtmp": ["-f", "flv", "-listen", "1", "-i", f"{address}/live"],
        "rtsp": ["-rtsp_flags", "listen", "-i", f"{address}/live"],
        "tcp": ["-f", "mpegts", "-i", f"{address}?listen=1"],
    }
    out = tmp_path / "received.mkv"
    server = listen(listening[protocol], out)
    with connect(address if protocol == "tcp" else f"{address}/live") as sink:
        for index in range(100):
            sink.write(frame(index))
    said = server.communicate(timeout=60)[1]
    with av.open(str(out)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 90, said
    times = np.diff([float(f.pts * f.time_base) for f in frames])
    # FFmpeg as an RTSP server starts its clock with the second picture.
    assert times[1:] == pytest.approx(1 / 25, abs=0.002)
    middle = frames[-1].to_ndarray(format="rgb24")
    assert np.median(middle, axis=(0, 1)) == pytest.approx(COLOR, abs=6)


@pytest.mark.slow
def test_a_server_that_dies_is_told_of(listen, tmp_path):
    address = f"tcp://127.0.0.1:{free_port()}"
    server = listen(["-f", "mpegts", "-i", f"{address}?listen=1"], tmp_path / "received.mkv")

    def send(sink, count):
        for index in range(1, count):
            sink.write(frame(index))

    with connect(address) as sink:
        sink.write(frame(0))
        server.kill()
        server.communicate()
        with pytest.raises(SinkError, match="is lost"):
            send(sink, 10_000)
