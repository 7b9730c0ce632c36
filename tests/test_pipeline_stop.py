"""A run that is stopped early keeps what was finished."""

from __future__ import annotations

import threading

import pytest
from stages import ListSink, MyError, both, brighter, frames

from realtime.pipeline import run
from realtime.sources.synthetic import SyntheticSource


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


@pytest.mark.parametrize("painters", [1, 2])
def test_stopping_discards_what_was_painted_ahead(painters):
    done, sink = [], ListSink()
    stats = run(
        frames(1000), brighter, sink, stop=lambda: len(done) == 7, on_frame=done.append,
        painters=painters,
    )  # fmt: skip
    assert stats.interrupted
    assert stats.frames == len(sink.frames) == done[-1] == 7
