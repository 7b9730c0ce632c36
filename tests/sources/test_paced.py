from __future__ import annotations

import threading
from fractions import Fraction

import media
import pytest
from waiting import wait_until

from realtime.errors import OptionError, SourceError
from realtime.sources import open_live


@pytest.fixture
def clip(tmp_path):
    return media.make_clip(tmp_path / "clip.mp4", frames=6)


def test_a_file_plays_at_its_own_speed(clip):
    with open_live(clip) as source:
        frames = list(source)
    assert source.info.is_live
    assert len(frames) + source.dropped == 6
    # Never early; how late is up to the machine.
    assert frames[-1].pts >= Fraction(5, media.RATE)
    assert frames[0].pts >= 0


def test_nobody_is_waited_for(clip):
    with open_live(clip) as source:
        frames = iter(source)
        next(frames)
        wait_until(lambda: source.dropped >= 4)
        rest = list(frames)
    # Where the first was taken late, the last may have been there already.
    assert 1 + len(rest) + source.dropped == 6
    assert [frame.index for frame in rest] in ([1], [])


def test_a_loop_goes_on_and_its_times_too(clip):
    with open_live(clip, loop=True) as source:
        frames = [frame for _, frame in zip(range(15), source, strict=False)]
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times))
    assert times[-1] >= Fraction(14, media.RATE)


def test_the_synthetic_picture_is_live_too():
    with open_live("synthetic") as source:
        first, second = (frame for _, frame in zip(range(2), source, strict=False))
    assert second.pts > first.pts


def test_closing_while_nobody_reads_ends_the_thread():
    before = set(threading.enumerate())
    source = open_live("synthetic")
    assert source.start(60)
    assert set(threading.enumerate()) > before
    source.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert set(threading.enumerate()) <= before


def test_a_damaged_file_is_told_of(clip, tmp_path):
    clip.write_bytes(b"noise" * 100)
    with pytest.raises(SourceError, match="not a video"):
        open_live(clip)
    with pytest.raises(SourceError, match="does not exist"):
        open_live(tmp_path / "none.mp4")


@pytest.mark.parametrize(
    ("spec", "options", "name"),
    [
        ("synthetic", {"camera_size": (640, 480)}, "camera-size"),
        ("0", {"loop": True}, "loop"),
        ("http://127.0.0.1:9/x", {"camera_fps": Fraction(30)}, "camera-fps"),
    ],
)
def test_options_that_do_not_fit_are_refused(spec, options, name):
    with pytest.raises(OptionError, match=f"takes no --{name}"):
        open_live(spec, **options)
