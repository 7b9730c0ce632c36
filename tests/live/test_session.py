"""The whole session without a window, on a real network camera and the real ONNX Runtime."""

from __future__ import annotations

import time

import media
import mjpeg_server
import numpy as np
import pytest
from sessions import SlowWindow, build, never

from realtime.live.controls import Controls
from realtime.live.painter import Painter
from realtime.live.session import Limits, wishes_of
from realtime.live.sizing import WorkingSize
from realtime.sinks.window import Key
from realtime.sources import open_live


def test_every_frame_is_shown_or_counted_as_dropped(stylizer, tmp_path):
    with mjpeg_server.serve(60) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.run(never)
    # The decoder may swallow the last one, for which no boundary follows in time.
    assert session.meter.frames + session.dropped in (59, 60)
    assert session.failures == []


@pytest.mark.parametrize(("key", "answers"), [("h", 0), ("[", 1)])
def test_only_a_key_that_changes_the_painting_has_an_answer(stylizer, tmp_path, key, answers):
    with mjpeg_server.serve(20) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.handle(Key(key))
        session.run(never)
    assert len(session.meter.answers.milliseconds()) == answers


def test_an_answer_counts_from_the_key_until_it_is_drawn(stylizer, tmp_path):
    window = SlowWindow()
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path, window=window)
        session.run(lambda: bool(session.meter.answers.milliseconds()))
    (answer,) = session.meter.answers.milliseconds()
    # The drawing that it was pressed in, and the drawing that shows the answer.
    assert answer > 200
    assert window.closed


def test_a_slow_painter_drops_frames_and_stays_close_to_the_present(stylizer, tmp_path):
    class Slow(Painter):
        def __call__(self, frame):
            time.sleep(0.1)
            return super().__call__(frame)

    slow = Slow(stylizer, wishes_of(Controls(stylizer.description)), WorkingSize(None))
    with mjpeg_server.serve(200, pause=0.01) as address:
        source = open_live(address)
        session, _ = build(source, stylizer, tmp_path, paint=slow)
        session.run(never)
    assert session.dropped > session.meter.frames
    assert session.meter.frames + session.dropped in (199, 200)
    # Two frames can wait: one before the painter, one being painted. A queue of all that were
    # dropped would have made the last one older than the whole run without them.
    # Not each of them counts: a busy machine may stand still for a moment.
    late = session.meter.latencies.percentile(75)
    seconds = session.meter.last - session.meter.first
    assert late < 1000 * seconds / 2
    period = seconds / (session.meter.frames - 1)
    assert session.meter.latencies.percentile(50) < 5 * 1000 * period


def test_limits_end_it(stylizer, tmp_path):
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path, limits=Limits(frames=7))
        session.run(never)
        assert session.meter.frames == 7
        session, _ = build(open_live(address), stylizer, tmp_path, limits=Limits(seconds=0.2))
        session.run(never)


def test_it_stops_when_asked(stylizer, tmp_path):
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.run(lambda: session.meter.frames >= 3)
    assert session.meter.frames >= 3


class Dictated(WorkingSize):
    """Steps down to half the size at the third picture."""

    def size_for(self, width, height):
        return (width // 2, height // 2) if self.changed else (width, height)

    def took(self, *_):
        self.pictures = getattr(self, "pictures", 0) + 1
        self.changed = int(self.pictures >= 3)


def test_a_new_working_size_is_announced_once(stylizer, tmp_path):
    said = []
    painter = Painter(stylizer, wishes_of(Controls(stylizer.description)), Dictated(None))
    with mjpeg_server.serve(100_000) as address:
        source = open_live(address)
        session, _ = build(source, stylizer, tmp_path, paint=painter, announce=said.append)
        session.run(lambda: session.meter.frames >= 8)
    assert said == ["painting at 32x24"]


def test_the_latency_is_the_age_of_the_frame(stylizer, tmp_path):
    clip = media.make_clip(tmp_path / "clip.mp4", frames=8)
    session, _ = build(open_live(clip), stylizer, tmp_path)
    start = time.monotonic()
    session.run(never)
    elapsed = 1000 * (time.monotonic() - start)
    assert 0 < session.meter.latencies.percentile(50) < elapsed
    assert np.isfinite(session.meter.fps)
