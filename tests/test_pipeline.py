from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from itertools import chain

import numpy as np
import pytest

from realtime.engine import OnnxStylizer
from realtime.frame import Frame, StreamInfo
from realtime.pipeline import painters_for, run
from realtime.sources.synthetic import SyntheticSource
from realtime.stabilizer import TemporalStabilizer

both = pytest.mark.parametrize("threaded", [True, False])


def frames(count):
    return [Frame(np.full((16, 16, 3), i % 256, np.uint8), Fraction(i, 7), i) for i in range(count)]


class ListSink:
    """Keeps what it is given; can be slow or break."""

    def __init__(self, *, fail_at=None, error=None, hold=None):
        self.frames = []
        self.fail_at, self.error, self.hold = fail_at, error, hold

    def write(self, frame):
        if self.hold is not None:
            self.hold.wait(20)
        if len(self.frames) == self.fail_at:
            raise self.error
        self.frames.append(frame)


class MyError(Exception):
    pass


def is_stylize(call):
    return call[0] == "stylize"


def brighter(image):
    return image + np.uint8(1)


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


@pytest.mark.parametrize("painters", [1, 2, 3])
def test_frames_painted_at_once_come_out_in_order(painters):
    """Also where each takes another time to paint."""
    chance = random.Random(painters)
    waits = [chance.choice((0, 0.001, 0.004)) for _ in range(80)]

    def stylize(image):
        time.sleep(waits[image[0, 0, 0]])
        return brighter(image)

    steadied = []

    def stabilize(frame, painted):
        steadied.append((frame.index, threading.current_thread()))
        return painted

    sink = ListSink()
    stats = run(frames(80), stylize, sink, stabilize=stabilize, painters=painters)
    assert stats.frames == 80
    assert steadied == [(index, threading.main_thread()) for index in range(80)]
    assert [(frame.index, int(frame.image[0, 0, 0])) for frame in sink.frames] == [
        (index, index + 1) for index in range(80)
    ]


def test_large_frames_are_painted_one_at_a_time():
    assert painters_for(640, 360) == 2
    assert painters_for(1280, 720) == painters_for(720, 1280) == 1


@pytest.mark.parametrize("painters", [1, 2, 3])
def test_so_many_frames_are_painted_at_the_same_time(painters):
    together = threading.Barrier(painters)
    lock, now, most = threading.Lock(), [], []

    def stylize(image):
        with lock:
            now.append(image)
            most.append(len(now))
        together.wait(20)
        with lock:
            now.pop()
        return image

    run(frames(6), stylize, ListSink(), painters=painters)
    assert max(most) == painters


@pytest.mark.parametrize("size", [(64, 48), (97, 61)])
def test_a_real_line_makes_the_same_pixels_in_threads(model_path, size):
    """A model and a stabilizer, a cut in the middle included."""

    def paint(**options):
        dark = Frame(np.zeros((*size[::-1], 3), np.uint8), Fraction(0), 0)
        scenes = (SyntheticSource(*size, frames=6), [dark], SyntheticSource(*size, frames=6))
        source = [
            replace(frame, pts=Fraction(index, 25), index=index)
            for index, frame in enumerate(chain(*scenes))
        ]
        sink = ListSink()
        with OnnxStylizer(model_path, device="cpu", threads=2) as stylizer:
            stylizer.share(options.get("painters", 1))
            run(source, stylizer, sink, stabilize=TemporalStabilizer(), **options)
        return [(frame.pts, frame.image.tobytes()) for frame in sink.frames]

    expected = paint(threaded=False)
    assert len(expected) == 13
    for painters in (1, 2, 3):
        assert paint(painters=painters) == expected


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


@both
def test_stop_keeps_what_was_painted(threaded):
    done = []
    sink = ListSink()
    stats = run(
        frames(1000),
        brighter,
        sink,
        stop=lambda: len(done) == 7,
        on_frame=done.append,
        threaded=threaded,
    )
    assert stats.interrupted
    assert stats.frames == 7
    assert [frame.index for frame in sink.frames] == list(range(7))


@both
def test_stopping_an_endless_source(threaded):
    done = []
    with SyntheticSource(16, 16) as source:
        stats = run(
            source, brighter, ListSink(), stop=lambda: len(done) >= 3, on_frame=done.append,
            threaded=threaded,
        )  # fmt: skip
    assert stats.interrupted
    assert stats.frames == 3


def test_an_error_in_a_frame_painted_ahead_of_a_stop_does_not_spoil_what_is_there():
    stopping = threading.Event()

    def stylize(image):
        if image[0, 0, 0] == 3:
            stopping.set()
            raise MyError("in a frame that nobody waits for")
        return image

    sink = ListSink()
    stats = run(frames(6), stylize, sink, stop=stopping.is_set)
    assert stats.interrupted
    assert stats.frames == len(sink.frames) <= 3


@both
def test_stop_after_the_last_frame_is_no_interruption(threaded):
    done = []
    stats = run(
        frames(5), brighter, ListSink(), stop=lambda: len(done) == 5, on_frame=done.append,
        threaded=threaded,
    )  # fmt: skip
    assert not stats.interrupted
    assert stats.frames == 5


# Errors; that no thread is left is checked after every test, in conftest.py.


@both
@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_source_that_breaks(threaded, count):
    def source():
        yield from frames(count)
        raise MyError("source")

    sink = ListSink()
    with pytest.raises(MyError, match="source"):
        run(source(), brighter, sink, threaded=threaded)
    # The sink may not have got the last few: the caller discards an output after an error.
    assert [frame.index for frame in sink.frames] == list(range(len(sink.frames)))


@both
@pytest.mark.parametrize("at", [0, 1, 20])
def test_a_sink_that_breaks(threaded, at):
    sink = ListSink(fail_at=at, error=MyError("sink"))
    with pytest.raises(MyError, match="sink"):
        run(frames(100), brighter, sink, threaded=threaded)
    assert len(sink.frames) == at


@both
def test_a_sink_that_breaks_at_the_last_frame(threaded):
    sink = ListSink(fail_at=9, error=MyError("sink"))
    with pytest.raises(MyError, match="sink"):
        run(frames(10), brighter, sink, threaded=threaded)


@both
@pytest.mark.parametrize("error", [MyError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("stage", ["stylize", "stabilize", "compose", "stop", "on_frame"])
def test_a_stage_that_breaks(threaded, stage, error):
    calls = []

    def breaks(*args):
        calls.append(args)
        if len(calls) == 5:
            raise error(stage)
        return None if stage == "on_frame" else False if stage == "stop" else args[-1]

    stages = {"stylize": brighter, stage: breaks}
    with pytest.raises(error, match=stage):
        run(frames(100), stages.pop("stylize"), ListSink(), threaded=threaded, **stages)


def test_a_stylizer_that_breaks_while_both_queues_are_full():
    hold = threading.Event()
    sink = ListSink(hold=hold)
    read = []

    def source():
        for frame in frames(100):
            read.append(frame)
            yield frame

    def stylize(image):
        if image[0, 0, 0] == 4:
            # By now the writer holds one frame and its queue three; let the reader fill its own.
            while len(read) < 9:
                time.sleep(0.001)
            threading.Timer(0.1, hold.set).start()
            raise MyError("stylize")
        return image

    with pytest.raises(MyError, match="stylize"):
        run(source(), stylize, sink)
    assert len(sink.frames) <= 1


def test_a_sink_that_breaks_while_its_queue_is_full():
    hold = threading.Event()
    sink = ListSink(hold=hold, fail_at=0, error=MyError("sink"))
    threading.Timer(0.1, hold.set).start()
    with pytest.raises(MyError, match="sink"):
        run(frames(100), brighter, sink)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
def test_ctrl_c_while_waiting_for_the_writer():
    hold = threading.Event()
    sink = ListSink(hold=hold)
    painted = []

    def interrupt():
        while len(painted) < 4:  # one in the writer's hands, three in its queue: the next waits
            time.sleep(0.001)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        hold.set()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(frames(100), brighter, sink, on_frame=painted.append)
    thread.join()


def test_an_error_of_the_sink_is_not_hidden_by_one_of_the_stylizer():
    """The first error to surface wins, and keeps its type."""
    sink = ListSink(fail_at=0, error=MyError("sink"))

    def stylize(image):
        time.sleep(0.01)
        return image

    with pytest.raises(MyError, match="sink"):
        run(frames(100), stylize, sink)


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


@pytest.mark.parametrize("painters", [1, 3])
def test_few_frames_are_under_way(painters):
    """However slow the part that makes them wait."""
    read, ahead = [], []

    def source():
        for frame in frames(60):
            read.append(frame)
            yield frame

    def stabilize(frame, painted):
        time.sleep(0.002)
        ahead.append(len(read) - frame.index)
        return painted

    run(source(), brighter, ListSink(), stabilize=stabilize, painters=painters)
    # This one, those painted or being painted, those read.
    assert max(ahead) <= 1 + (painters + 1) + (3 + 1) + 1


@pytest.mark.parametrize("stage", ["stylize", "stabilize", "compose", "on_frame"])
@pytest.mark.parametrize("painters", [2, 3])
def test_a_stage_that_breaks_while_several_frames_are_painted(stage, painters):
    lock, calls = threading.Lock(), []

    def breaks(*args):
        with lock:
            calls.append(args)
            broken = len(calls) == 5
        if broken:
            raise MyError(stage)
        return args[-1]

    sink = ListSink()
    stages = {"stylize": brighter, stage: breaks}
    with pytest.raises(MyError, match=stage):
        run(frames(100), stages.pop("stylize"), sink, painters=painters, **stages)
    assert [frame.index for frame in sink.frames] == list(range(len(sink.frames)))
    assert len(calls) <= 5 + 2 * painters + 1


def test_frames_painted_before_the_one_that_breaks_come_first():
    """The one before may take longer to paint."""
    finished = []

    def stylize(image):
        if image[0, 0, 0] == 4:
            time.sleep(0.05)
        if image[0, 0, 0] == 5:
            raise MyError
        return image

    with pytest.raises(MyError):
        run(frames(100), stylize, ListSink(), on_frame=finished.append, painters=3)
    assert finished == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("painters", [1, 2])
def test_stopping_discards_what_was_painted_ahead(painters):
    done, sink = [], ListSink()
    stats = run(
        frames(1000), brighter, sink, stop=lambda: len(done) == 7, on_frame=done.append,
        painters=painters,
    )  # fmt: skip
    assert stats.interrupted
    assert stats.frames == len(sink.frames) == done[-1] == 7


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
def test_ctrl_c_while_frames_are_painted():
    painting, left = threading.Event(), []

    def stylize(image):
        painting.set()
        time.sleep(0.2)
        left.append(image)
        return image

    def interrupt():
        painting.wait(10)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(frames(100), stylize, ListSink(), painters=2)
    # Nobody paints any more: the caller closes the model next.
    count = len(left)
    time.sleep(0.3)
    assert len(left) == count
    thread.join()


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
