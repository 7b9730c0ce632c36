"""Every frame, once, in order, through every stage."""

from __future__ import annotations

import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from stages import ListSink, MyError, both, brighter, frames

from realtime.frame import StreamInfo
from realtime.pipeline import run


def is_stylize(call):
    return call[0] == "stylize"


@both
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 50])
def test_every_frame_comes_out_once_in_order_with_its_own_time(threaded, count):
    sink = ListSink()
    stats = run(frames(count), brighter, sink, threaded=threaded)
    assert stats.frames == len(sink.frames) == count
    assert not stats.interrupted
    for index, frame in enumerate(sink.frames):
        assert (frame.index, frame.pts) == (index, Fraction(index, 7))
        assert (frame.image == index + 1).all()


@both
def test_a_slow_sink_loses_nothing(threaded):
    class SlowSink(ListSink):
        def write(self, frame):
            time.sleep(0.002)
            super().write(frame)

    sink = SlowSink()
    run(frames(40), brighter, sink, threaded=threaded)
    assert [frame.index for frame in sink.frames] == list(range(40))


@both
def test_the_stages_run_in_order(threaded):
    calls = []

    def stylize(image):
        calls.append(("stylize", int(image[0, 0, 0])))
        return image + np.uint8(10)

    def stabilize(frame, painted):
        calls.append(("stabilize", frame.index, int(painted[0, 0, 0])))
        return painted + np.uint8(100)

    def compose(original, painted):
        calls.append(("compose", int(original[0, 0, 0]), int(painted[0, 0, 0])))
        return np.hstack((original, painted))

    sink = ListSink()
    stats = run(frames(2), stylize, sink, stabilize=stabilize, compose=compose, threaded=threaded)
    expected = [
        ("stylize", 0), ("stabilize", 0, 10), ("compose", 0, 110),
        ("stylize", 1), ("stabilize", 1, 11), ("compose", 1, 111),
    ]  # fmt: skip
    if threaded:  # painting runs ahead of the rest
        for calls_of in (is_stylize, lambda call: not is_stylize(call)):
            assert list(filter(calls_of, calls)) == list(filter(calls_of, expected))
    else:
        assert calls == expected
    assert [frame.image.shape for frame in sink.frames] == [(16, 32, 3)] * 2
    assert list(stats.stages_ms) == ["decode", "stylize", "stabilize", "compose", "encode"]


@both
def test_a_scaler_has_frames_painted_and_steadied_at_its_size(threaded):
    class Half:
        def reduce(self, image):
            return np.ascontiguousarray(image[::2, ::2])

        def enlarge(self, painted, image):
            assert image.shape == (16, 16, 3)
            return painted.repeat(2, 0).repeat(2, 1)

    def stabilize(frame, painted):
        assert frame.image.shape == painted.shape == (8, 8, 3)
        return painted + np.uint8(10)

    sink = ListSink()
    stats = run(frames(2), brighter, sink, stabilize=stabilize, scaler=Half(), threaded=threaded)
    assert [frame.image.shape for frame in sink.frames] == [(16, 16, 3)] * 2
    assert (sink.frames[1].image == 12).all()
    stages = ["decode", "reduce", "stylize", "stabilize", "enlarge", "encode"]
    assert list(stats.stages_ms) == stages


@both
def test_the_report_adds_up(threaded):
    stats = run(frames(20), brighter, ListSink(), threaded=threaded)
    assert list(stats.stages_ms) == ["decode", "stylize", "encode"]
    assert all(milliseconds >= 0 for milliseconds in stats.stages_ms.values())
    assert stats.seconds > 0
    assert stats.fps > 19 / stats.seconds


@both
def test_one_frame_has_no_rate(threaded):
    assert run(frames(1), brighter, ListSink(), threaded=threaded).fps == 0


@both
def test_progress_is_told_in_the_callers_thread(threaded):
    told = []
    run(
        frames(5),
        brighter,
        ListSink(),
        on_frame=lambda count: told.append((count, threading.current_thread())),
        threaded=threaded,
    )
    assert told == [(count, threading.main_thread()) for count in range(1, 6)]


def test_memory_is_bounded():
    """The reader is never far ahead of the writer."""
    read, ahead = [], []

    def source():
        for frame in frames(60):
            read.append(frame)
            yield frame

    class Watcher(ListSink):
        def write(self, frame):
            super().write(frame)
            time.sleep(0.001)
            ahead.append(len(read) - len(self.frames))

    run(source(), brighter, Watcher())
    assert max(ahead) <= 12


def test_a_live_source_is_not_read_ahead():
    class Live(list):
        info = StreamInfo(16, 16, is_live=True)

    seen = []

    class Source(Live):
        def __iter__(self):
            for frame in frames(10):
                seen.append(threading.current_thread())
                yield frame

    run(Source(), brighter, ListSink())
    assert set(seen) == {threading.main_thread()}


def test_neither_end_is_closed():
    class Closable(ListSink):
        def close(self):
            raise AssertionError

        abort = close

    class Source(list):
        def close(self):
            raise AssertionError

    run(Source(frames(3)), brighter, Closable())
    with pytest.raises(MyError):
        run(Source(frames(3)), brighter, Closable(fail_at=1, error=MyError()))
