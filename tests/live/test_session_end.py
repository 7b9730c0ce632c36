"""Recordings are completed when a session ends, whatever goes wrong meanwhile."""

from __future__ import annotations

import signal
import threading

import cv2
import media
import mjpeg_server
import pytest
from sessions import SlowWindow, build
from waiting import wait_until

from realtime.buffered import workers_left
from realtime.live import outputs
from realtime.sinks.video import VideoFileSink
from realtime.sources import open_live


def test_what_is_being_completed_is_said(stylizer, tmp_path, monkeypatch):
    close = VideoFileSink.close

    said, told = [], threading.Event()

    def slowly(sink):
        assert told.wait(60)
        close(sink)

    def announce(text):
        said.append(text)
        told.set()

    monkeypatch.setattr(VideoFileSink, "close", slowly)
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path, announce=announce)
        path = recorder.start((64, 48))
        session.run(lambda: session.meter.frames >= 3)
    assert said == [f"completing {path}"]
    assert session.saved == [path]
    assert media.count_frames(path) > 0


def test_an_interrupt_does_not_wait_for_what_is_being_completed(stylizer, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "_HURRY_SECONDS", 0.1)
    is_waited_for, may_go_on = threading.Event(), threading.Event()

    def interrupted(sink):
        assert is_waited_for.wait(60)
        signal.raise_signal(signal.SIGINT)
        assert may_go_on.wait(60)
        sink.abort()

    monkeypatch.setattr(VideoFileSink, "close", interrupted)
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path)
        wait = recorder.wait
        monkeypatch.setattr(recorder, "wait", lambda s: is_waited_for.set() or wait(s))
        recorder.start((64, 48))
        with pytest.raises(KeyboardInterrupt):
            session.run(lambda: session.meter.frames >= 3)
    assert "interrupted" in str(session.failures[0][1])
    may_go_on.set()
    wait_until(lambda: not workers_left())


@pytest.mark.parametrize(
    ("where", "error", "is_waited_for"),
    [
        ("stop", KeyboardInterrupt, False),
        ("window", KeyboardInterrupt, False),
        ("window", cv2.error, True),
    ],
)
def test_the_recording_outlives_what_goes_wrong_while_the_session_ends(
    stylizer, tmp_path, monkeypatch, where, error, is_waited_for
):
    def fail():
        raise error

    monkeypatch.setattr(outputs, "_HURRY_SECONDS", 60)
    waited = []
    window = SlowWindow()
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path, window=window)
        stop, close = recorder.stop, recorder.close

        def close_all(*, wait):
            waited.append(wait)
            monkeypatch.setattr(recorder, "stop", stop)
            close(wait=wait)

        monkeypatch.setattr(recorder, "close", close_all)
        monkeypatch.setattr(*((recorder, "stop") if where == "stop" else (window, "close")), fail)
        path = recorder.start((64, 48))
        with pytest.raises(error):
            session.run(lambda: session.meter.frames >= 3)
    assert waited == [is_waited_for]
    assert session.saved == [path]
    assert media.count_frames(path) > 0
