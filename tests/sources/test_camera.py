from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import media
import mjpeg_server
import pytest
from stalled_server import stalled
from waiting import wait_until

from realtime.buffered import workers_left
from realtime.errors import SourceError
from realtime.sources import capture
from realtime.sources.camera import CameraSource


def test_a_slow_consumer_gets_the_newest_frame():
    with mjpeg_server.serve(60) as address, CameraSource(address) as source:
        frames = iter(source)
        next(frames)
        wait_until(lambda: source.dropped >= 20)
        newest = next(frames)
        assert newest.index == 1
        assert newest.image.mean() >= mjpeg_server.brightness(20)


def test_every_frame_is_taken_or_counted_as_dropped():
    taken = []
    with mjpeg_server.serve(30) as address, CameraSource(address) as source:
        for frame in source:
            taken.append(frame)
            time.sleep(0.01)
    # The decoder may swallow the last one, for which no boundary follows in time.
    assert len(taken) + source.dropped in (29, 30)
    levels = [frame.image.mean() for frame in taken]
    assert levels == sorted(levels)


def test_a_stream_that_ends_ends_the_source():
    with mjpeg_server.serve(3) as address, CameraSource(address) as source:
        assert 1 <= sum(1 for _ in source) <= 3


def test_it_says_what_it_delivers():
    with mjpeg_server.serve(5) as address, CameraSource(address) as source:
        assert (source.info.width, source.info.height) == (mjpeg_server.WIDTH, mjpeg_server.HEIGHT)
        assert source.info.is_live


def test_closing_while_nobody_reads_ends_the_thread():
    with mjpeg_server.serve(1000) as address:
        source = CameraSource(address)
        source.close()
        assert list(source) == []


def test_a_server_without_pictures_is_refused(capfd):
    with mjpeg_server.serve(0) as address, pytest.raises(SourceError, match="stream http"):
        CameraSource(address)
    assert capfd.readouterr() == ("", "")


def test_a_file_as_a_stream(tmp_path):
    path = media.make_clip(tmp_path / "clip.mp4", frames=4)
    with CameraSource(path.as_uri()) as source:
        assert 1 <= sum(1 for _ in source) + source.dropped <= 4


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_stream_that_is_killed_and_restarted_goes_on():
    port = free_port()
    with mjpeg_server.serve(10_000, port=port) as address:
        source = CameraSource(address, patience=30)
        frames = iter(source)
        before = next(frames)
    with source:
        # What was decoded before the end may still come.
        wait_until(lambda: source.trouble is not None)
        assert "has gone; trying again" in source.trouble
        with mjpeg_server.serve(10_000, port=port):
            after = [next(frames) for _ in range(5)]
            assert source.trouble is None
        assert after[0].index == before.index + 1
        times = [before.pts, *(frame.pts for frame in after)]
        assert times == sorted(times)


def test_patience_runs_out():
    with mjpeg_server.serve(3) as address:
        source = CameraSource(address, patience=0.3)
    with source, pytest.raises(SourceError, match="did not come back within"):
        list(source)


def test_a_stream_that_comes_back_with_another_size():
    port = free_port()
    with mjpeg_server.serve(5, port=port) as address:
        source = CameraSource(address, patience=30, resizable=True)
        frames = iter(source)
        assert next(frames).image.shape == (48, 64, 3)
    with source, mjpeg_server.serve(10_000, port=port, size=(96, 80)):
        assert any(frame.image.shape == (80, 96, 3) for frame in frames)


def test_another_size_is_an_error_unless_it_is_expected():
    port = free_port()
    with mjpeg_server.serve(5, port=port) as address:
        source = CameraSource(address, patience=30)
    with (
        source,
        mjpeg_server.serve(10_000, port=port, size=(96, 80)),
        pytest.raises(SourceError, match="changed its size from 64x48 to 96x80"),
    ):
        list(source)


def test_garbage_between_pictures_is_left_out(capfd):
    with mjpeg_server.serve(40, garbage=range(5, 20)) as address, CameraSource(address) as source:
        levels = [frame.image.mean() for frame in source]
    assert max(levels) > mjpeg_server.brightness(20) - 3
    assert capfd.readouterr() == ("", "")


def test_nothing_but_garbage_is_refused():
    with (
        mjpeg_server.serve(20, garbage=range(20)) as address,
        pytest.raises(SourceError, match="stream http"),
    ):
        CameraSource(address)


class Breakdown:
    """From some moment on every picture is garbage, also after a new connection."""

    begun = False

    def __contains__(self, index):
        return self.begun


def test_garbage_without_an_end_counts_as_gone(monkeypatch):
    breakdown = Breakdown()
    with mjpeg_server.serve(10**6, garbage=breakdown) as address:
        with CameraSource(address, patience=0.1) as source:
            next(iter(source))
            # Only now: until the first picture comes, a busy machine may need longer.
            monkeypatch.setattr(capture, "_READ_SECONDS", 0.5)
            breakdown.begun = True
            with pytest.raises(SourceError, match="did not come back within"):
                list(source)
        with pytest.raises(SourceError, match="stream http"):
            CameraSource(address)


def test_an_unexpected_error_of_the_reader_reaches_the_caller(monkeypatch):
    class UnexpectedError(Exception):
        pass

    def fail(_):
        raise UnexpectedError

    with mjpeg_server.serve(10_000) as address, CameraSource(address) as source:
        monkeypatch.setattr(capture.StreamCapture, "read", fail)
        with pytest.raises(UnexpectedError):
            list(source)


def test_closing_ends_the_wait_for_a_stream_that_has_gone():
    with mjpeg_server.serve(3) as address:
        source = CameraSource(address, patience=3600)
    list(zip(range(1), source, strict=False))
    source.close()
    assert list(source) == []


def test_the_age_of_a_frame_can_be_told():
    before = time.monotonic_ns()
    with mjpeg_server.serve(3) as address, CameraSource(address) as source:
        frame = next(iter(source))
        assert before <= source.origin_ns + frame.pts * 10**9 <= time.monotonic_ns()


def test_one_that_is_missing_at_the_start_is_waited_for():
    port = free_port()
    address = f"http://127.0.0.1:{port}/camera.mjpg"
    with CameraSource(address, patience=60, lazy=True) as source:
        assert not source.start(0.01)
        wait_until(lambda: "cannot be opened (Connection refused)" in source.trouble)
        assert source.trouble.startswith(f"waiting for stream {address}: cannot be")
        with mjpeg_server.serve(10_000, port=port):
            assert source.start(60)
            # The picture is there a moment before the word on its absence goes.
            wait_until(lambda: source.trouble is None)
            assert next(iter(source)).image.shape == (48, 64, 3)
            assert source.info.width == 64


def test_patience_runs_out_at_the_start_too():
    address = f"http://127.0.0.1:{free_port()}/camera.mjpg"
    with (
        CameraSource(address, patience=0.3, lazy=True) as source,
        pytest.raises(SourceError, match="Connection refused"),
    ):
        source.start(60)


@contextmanager
def refusing(status):
    """A camera that wants a password, or does not know the path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(status)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/camera.mjpg"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_wrong_password_is_not_tried_again(capfd):
    with (
        refusing(401) as address,
        pytest.raises(SourceError, match="401 Unauthorized"),
    ):
        CameraSource(address, patience=3600)
    assert capfd.readouterr() == ("", "")


def test_closing_does_not_wait_for_a_server_that_says_nothing():
    with stalled() as port:
        source = CameraSource(f"http://127.0.0.1:{port}/", patience=60, lazy=True)
        assert not source.start(0.1)
        begun = time.monotonic()
        source.close()
        # Opening would have taken ten seconds before it gave up.
        assert time.monotonic() - begun < 9
        assert source.start(0.1) is False
    wait_until(lambda: not workers_left())


def test_the_time_of_capture_is_before_the_picture_is_decoded(monkeypatch):
    class Slow(capture.RgbConverter):
        def __call__(self, frame):
            time.sleep(0.2)
            return super().__call__(frame)

    monkeypatch.setattr(capture, "RgbConverter", Slow)
    with mjpeg_server.serve(1000) as address, CameraSource(address) as source:
        for _, frame in zip(range(3), source, strict=False):
            age = time.monotonic_ns() - source.origin_ns - frame.pts * 10**9
            assert age >= 200_000_000


def test_a_tick_comes_where_no_frame_does():
    with mjpeg_server.serve(10_000, pause=0.5) as address, CameraSource(address) as source:
        seen = [frame for _, frame in zip(range(20), source.ticking(0.01), strict=False)]
    assert None in seen
    indices = [frame.index for frame in seen if frame is not None]
    assert indices == list(range(len(indices)))
