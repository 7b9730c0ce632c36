"""An error of any part ends the run and reaches the caller.

That no thread is left is checked after every test, in conftest.py.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest
from stages import ListSink, MyError, both, brighter, frames
from waiting import set_once_waited_for, wait_until

from realtime.pipeline import run


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


def test_a_stylizer_that_breaks_while_both_queues_are_full(monkeypatch):
    hold = threading.Event()
    set_once_waited_for(monkeypatch, "write-behind", hold)
    sink = ListSink(hold=hold)
    read = []

    def source():
        for frame in frames(100):
            read.append(frame)
            yield frame

    def stylize(image):
        if image[0, 0, 0] == 4:
            # By now the writer holds one frame and its queue three; let the reader fill its own.
            wait_until(lambda: len(read) >= 9)
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
        wait_until(lambda: len(painted) >= 4)
        # One is in the writer's hands, three are in its queue: the next waits.
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
