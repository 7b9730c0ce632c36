"""A session whose camera goes away, and comes back or does not."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from fractions import Fraction

import media
import mjpeg_server
import numpy as np
import pytest
from sessions import Keeping, build, never, running
from waiting import wait_until

from realtime.errors import SourceError
from realtime.frame import Frame, StreamInfo
from realtime.sinks.null import NullSink
from realtime.sinks.stream import StreamSink
from realtime.sources import capture, open_live

# Several waits in a row may need more than the usual limit where a machine is busy.
pytestmark = pytest.mark.timeout(300)


def test_a_camera_that_is_killed_and_comes_back(stylizer, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = Keeping()
    with ExitStack() as stack:
        with mjpeg_server.serve(100_000, port=port) as address:
            source = open_live(address, patience=60)
            session, recorder = build(source, stylizer, tmp_path, sinks=[sink])
            path = recorder.start((64, 48))
            stack.enter_context(running(session))
            wait_until(lambda: session.meter.frames > 3)
        wait_until(lambda: source.trouble is not None)
        assert "has gone; trying again" in source.trouble
        with mjpeg_server.serve(100_000, port=port, size=(96, 80)):
            before = session.meter.frames
            wait_until(lambda: session.meter.frames > before + 5)
            assert source.trouble is None
            stack.close()  # the session ends before the camera does
    assert {shape for shape, _ in sink.seen} == {(48, 64, 3), (80, 96, 3)}
    assert session.size == (96, 80)
    assert media.count_frames(path) > 5
    assert session.failures == []


@contextmanager
def sending(address):
    """A network camera that sends MPEG-TS until it is killed."""
    stop = threading.Event()

    def send():
        info = StreamInfo(64, 48, rate=Fraction(25))
        with StreamSink(address, info) as sink:
            index = 0
            while not stop.wait(0.02):
                picture = np.full((48, 64, 3), 90 + index % 8, np.uint8)
                sink.write(Frame(picture, Fraction(index, 25), index))
                index += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
def test_a_stream_over_udp_that_stops_and_comes_back(stylizer, tmp_path, monkeypatch):
    # No less: a busy machine may leave the sender without its turn for a second.
    monkeypatch.setattr(capture, "_READ_SECONDS", 3.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{probe.getsockname()[1]}"
    said = []
    source = open_live(address, patience=60)
    with ExitStack() as stack:
        with sending(address):
            session, recorder = build(source, stylizer, tmp_path, announce=said.append)
            path = recorder.start((64, 48))
            stack.enter_context(running(session))
            wait_until(lambda: session.meter.frames > 3)
        wait_until(lambda: source.trouble is not None)
        with sending(address):
            before = session.meter.frames
            wait_until(lambda: session.meter.frames > before + 5)
            stack.close()  # the session ends before the camera does
    assert said == [f"stream {address} has gone; trying again", "the picture is back"]
    assert media.count_frames(path) > 8


def test_a_camera_that_stays_away_ends_the_session_with_the_recording_kept(stylizer, tmp_path):
    with mjpeg_server.serve(20) as address:
        source = open_live(address, patience=0.2)
        session, recorder = build(source, stylizer, tmp_path)
        path = recorder.start((64, 48))
    with pytest.raises(SourceError, match="did not come back"):
        session.run(never)
    assert media.count_frames(path) > 0
    assert media.listing(tmp_path) == [path.name]


def test_what_happens_is_announced_where_there_is_no_window(stylizer, tmp_path):
    class Broken(NullSink):
        def write(self, _):
            raise OSError("the cable was pulled")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = []
    with ExitStack() as stack:
        with mjpeg_server.serve(100_000, port=port) as address:
            source = open_live(address, patience=60)
            session, _ = build(source, stylizer, tmp_path, sinks=[Broken()], announce=said.append)
            stack.enter_context(running(session))
            wait_until(lambda: session.meter.frames > 3 and session.failures)
        wait_until(lambda: any("has gone" in line for line in said))
        # Which of the two comes first depends on the machine.
        news = {"the picture is back", "the source now delivers 96x80"}
        with mjpeg_server.serve(100_000, port=port, size=(96, 80)):
            wait_until(lambda: news <= set(said))
            stack.close()  # the session ends before the camera does
    assert said[:2] == [
        "output 0 has ended: the cable was pulled",
        f"stream {address} has gone; trying again",
    ]
    assert sorted(said[2:]) == sorted(news)
