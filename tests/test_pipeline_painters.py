"""Several frames are painted at the same time, and come out as if one at a time."""

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
from stages import ListSink, MyError, brighter, frames

from realtime.engine import OnnxStylizer
from realtime.frame import Frame
from realtime.pipeline import painters_for, run
from realtime.sources.synthetic import SyntheticSource
from realtime.stabilizer import TemporalStabilizer


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
        together.wait(60)
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


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
def test_ctrl_c_while_frames_are_painted():
    painting, left = threading.Event(), []

    def stylize(image):
        painting.set()
        time.sleep(0.2)
        left.append(image)
        return image

    def interrupt():
        painting.wait(60)
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
