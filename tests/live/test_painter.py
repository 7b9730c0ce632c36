from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest
import tiny_model

from realtime.buffered import ChannelClosed
from realtime.compose import keep_colors
from realtime.errors import OptionError
from realtime.frame import Frame
from realtime.live.painter import Painter, PaintThread, Wishes
from realtime.live.sizing import WorkingSize
from realtime.sizes import SizeRequest

NEGATIVE = np.array([1, 0, 0], np.float32)
SWAPPED = np.array([0, 1, 0], np.float32)


def frame(image, index=0):
    return Frame(image, Fraction(index, 25), index)


class Remembering:
    """A stabilizer that notes what it is given and paints its strength."""

    def __init__(self):
        self.strength = 0.0
        self.seen = []

    def __call__(self, frame, stylized):
        self.seen.append((frame.image.shape, self.strength))
        return stylized

    def reset(self):
        self.seen.append("reset")


def test_it_paints_as_wished(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    shot = painter(frame(picture))
    assert shot.painted.tolist() == (255 - picture).tolist()
    assert shot.frame.image is picture


def test_a_mirror_turns_the_original_too(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE, mirror=True), WorkingSize(None))
    shot = painter(frame(picture))
    assert shot.frame.image.tolist() == picture[:, ::-1].tolist()
    assert shot.painted.tolist() == (255 - picture[:, ::-1]).tolist()


def test_strength_zero_leaves_the_picture(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE, strength=0), WorkingSize(None))
    assert painter(frame(picture)).painted.tolist() == picture.tolist()


def test_colours_are_kept(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE, keep_colors=True), WorkingSize(None))
    expected = keep_colors(picture, 255 - picture)
    assert painter(frame(picture)).painted.tolist() == expected.tolist()


def test_frozen_shows_the_same_picture_at_new_times(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    painter(frame(picture))
    painter.wishes = Wishes(NEGATIVE, frozen=True)
    shot = painter(frame(np.zeros_like(picture), 1))
    assert shot.frame.image is picture
    assert shot.frame.pts == Fraction(1, 25)
    painter.wishes = Wishes(NEGATIVE)
    assert (painter(frame(np.zeros_like(picture), 2)).painted == 255).all()


def test_a_frozen_picture_can_be_mirrored(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    painter(frame(picture))
    painter.wishes = Wishes(NEGATIVE, frozen=True, mirror=True)
    shot = painter(frame(np.zeros_like(picture), 1))
    assert shot.frame.image.tolist() == picture[:, ::-1].tolist()


def test_without_a_new_frame_the_last_is_painted_as_wished_now(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    assert painter.repeat() is None
    assert not painter(frame(picture)).is_repeat
    assert painter.repeat() is None
    painter.wishes = Wishes(SWAPPED)
    shot = painter.repeat()
    assert shot.is_repeat
    assert shot.frame.image is picture
    swapped = tiny_model.expected(picture, {"swapped": 1})
    while (shot := painter.repeat()) is not None:
        last = shot
    assert last.painted.tolist() == swapped.tolist()


def test_a_new_style_fades_in_and_arrives(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    painter(frame(picture))
    painter.wishes = Wishes(SWAPPED)
    first = painter(frame(picture)).painted
    assert first.tolist() != (255 - picture).tolist()
    swapped = tiny_model.expected(picture, {"swapped": 1})
    for index in range(100_000):
        if painter(frame(picture, index)).painted.tolist() == swapped.tolist():
            return
    pytest.fail("the style never arrived")


def test_it_paints_at_the_working_size(stylizer, picture):
    sizing = WorkingSize(25, SizeRequest(32, 24))
    shot = Painter(stylizer, Wishes(NEGATIVE), sizing)(frame(picture))
    assert shot.painted.shape == (24, 32, 3)
    assert shot.frame.image is picture


def test_the_stabilizer_gets_every_frame_at_the_working_size(stylizer, picture):
    memory = Remembering()
    sizing = WorkingSize(25, SizeRequest(32, 24))
    painter = Painter(stylizer, Wishes(NEGATIVE, temporal=0.5), sizing, memory)
    painter(frame(picture))
    painter(frame(picture, 1))
    assert memory.seen == ["reset", ((24, 32, 3), 0.5), ((24, 32, 3), 0.5)]


def test_the_stabilizer_forgets_when_the_picture_is_painted_otherwise(stylizer, picture):
    memory = Remembering()
    painter = Painter(stylizer, Wishes(NEGATIVE, temporal=0.5), WorkingSize(None), memory)
    painter(frame(picture))
    for wishes in (
        Wishes(SWAPPED, temporal=0.5),
        Wishes(SWAPPED, temporal=0.5, strength=0.5),
        Wishes(SWAPPED, temporal=0.5, strength=0.5, mirror=True),
    ):
        memory.seen.clear()
        painter.wishes = wishes
        painter(frame(picture))
        assert memory.seen[0] == "reset"


def test_the_stabilizer_rests_at_strength_zero_and_begins_anew(stylizer, picture):
    memory = Remembering()
    painter = Painter(stylizer, Wishes(NEGATIVE, temporal=0), WorkingSize(None), memory)
    painter(frame(picture))
    assert memory.seen == ["reset"]
    painter.wishes = Wishes(NEGATIVE, temporal=1)
    painter(frame(picture))
    assert memory.seen[-2:] == ["reset", (picture.shape, 1)]


def take_all(thread):
    shots = []
    while True:
        try:
            shot = thread.take(5)
        except ChannelClosed:
            return shots
        if shot is not None:
            shots.append(shot)


def test_the_thread_paints_and_ends_with_its_frames(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    with PaintThread([frame(picture, index) for index in range(20)], painter) as thread:
        shots = take_all(thread)
    assert len(shots) + thread.dropped == 20
    assert shots[-1].frame.index == 19


def test_a_tick_paints_again_what_is_wished_otherwise(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))

    def frames():
        yield frame(picture)
        yield None
        painter.wishes = Wishes(NEGATIVE, strength=0)
        yield None

    with PaintThread(frames(), painter, painter.repeat) as thread:
        last = take_all(thread)[-1]
    assert last.painted.tolist() == picture.tolist()


def test_a_frame_whose_repetition_comes_first_is_not_dropped(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    may_go_on = threading.Event()

    def frames():
        yield frame(picture)
        painter.wishes = Wishes(NEGATIVE, strength=0)
        yield None
        yield from waited_for()
        painter.wishes = Wishes(NEGATIVE)
        yield None
        yield frame(picture, 1)
        yield frame(picture, 2)
        may_go_on.set()

    def waited_for():
        may_go_on.set()
        while may_go_on.is_set():
            yield None

    with PaintThread(frames(), painter, painter.repeat) as thread:
        assert may_go_on.wait(30)
        first = thread.take(30)
        may_go_on.clear()
        assert may_go_on.wait(30)
        last = thread.take(30)
        assert thread.dropped == 1
    # What waited was painted again, and so was what had been taken: neither is a frame lost.
    assert (first.frame.index, first.is_repeat, first.painted.tolist()) == (
        *(0, False),
        picture.tolist(),
    )
    assert (last.frame.index, last.is_repeat) == (2, False)


def test_an_error_of_the_painter_reaches_the_session(stylizer):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    small = np.zeros((8, 8, 3), np.uint8)
    with (
        PaintThread([frame(small)], painter) as thread,
        pytest.raises(OptionError, match="too small to paint"),
    ):
        take_all(thread)


def test_leaving_early_ends_the_thread(stylizer, picture):
    painter = Painter(stylizer, Wishes(NEGATIVE), WorkingSize(None))
    with PaintThread((frame(picture, index) for index in range(10**9)), painter) as thread:
        assert thread.take(60) is not None
