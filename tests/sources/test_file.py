"""Video files as a source: times, sizes and cuts."""

from __future__ import annotations

import itertools
import shutil
from fractions import Fraction
from pathlib import Path

import clips
import numpy as np
import pytest
from pictures import read, still

from realtime.errors import OptionError
from realtime.sizes import SizeRequest
from realtime.sources.file import VideoFileSource


def test_every_frame_once_at_its_time(clip):
    frames, source = read(clip)
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.pts for frame in frames] == [Fraction(i, 25) for i in range(20)]
    assert {frame.duration for frame in frames} == {Fraction(1, 25)}
    assert source.info.frame_count == 20
    assert source.info.rate == 25
    assert source.info.time_base == clips.UNIT
    assert source.info.duration == Fraction(20, 25)
    assert source.exhausted
    assert not source.damaged
    assert source.warnings == []


def test_every_frame_owns_its_pixels(clip):
    frames, _ = read(clip)
    before = frames[1].image.copy()
    frames[0].image[:] = 0
    np.testing.assert_array_equal(frames[1].image, before)
    assert not np.shares_memory(frames[0].image, frames[1].image)


def test_iterates_once(clip):
    with VideoFileSource(clip) as source:
        next(iter(source))
        with pytest.raises(RuntimeError, match="once"):
            iter(source)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_variable_rate_with_a_late_start(tmp_path, suffix):
    times = [33, 67, 200, 201, 1000, 2500]
    unit = Fraction(1, 1000)
    path = clips.write_clip(tmp_path / f"vfr{suffix}", times=times, unit=unit)
    frames, _ = read(path)
    assert [frame.pts for frame in frames] == [time * unit for time in times]
    assert [frame.duration for frame in frames[:-1]] == [
        (b - a) * unit for a, b in itertools.pairwise(times)
    ]


def test_odd_sizes(tmp_path):
    path = clips.write_clip(
        tmp_path / "odd.mkv", frames=2, width=65, height=47, codec="ffv1", pixel_format="yuv420p"
    )
    frames, source = read(path)
    assert frames[0].image.shape == (47, 65, 3)
    assert (source.info.width, source.info.height) == (65, 47)


def test_a_size_keeps_the_shape_that_is_shown(tmp_path):
    path = clips.write_clip(tmp_path / "c.mp4", frames=1, rotation=90, draw=still)
    (frame,), source = read(path, size=SizeRequest(None, 32))
    assert frame.image.shape == (32, 24, 3)
    assert source.info.sample_aspect_ratio == 1
    _, source = read(path, size=SizeRequest(48, 32))
    assert source.info.sample_aspect_ratio == Fraction(1, 2)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_a_cut_is_exact(tmp_path, suffix):
    options = {"g": "8", "bf": "0" if suffix == ".avi" else "2"}
    unit = Fraction(1, 25) if suffix == ".avi" else clips.UNIT
    step = 1 if suffix == ".avi" else clips.STEP
    path = clips.write_clip(
        tmp_path / f"clip{suffix}",
        times=[i * step for i in range(60)],
        unit=unit,
        options=options,
    )
    whole, _ = read(path)
    first = whole[0].pts
    part, source = read(path, start=Fraction(41, 40), end=Fraction(2))
    wanted = [f for f in whole if first + Fraction(41, 40) <= f.pts < first + 2]
    assert [frame.pts for frame in part] == [frame.pts for frame in wanted]
    assert [frame.index for frame in part] == list(range(len(wanted)))
    for got, expected in zip(part, wanted, strict=True):
        np.testing.assert_array_equal(got.image, expected.image)
    assert source.cut_begin == wanted[0].pts
    assert source.exhausted


def test_a_cut_starts_at_the_frame_itself(clip):
    frames, _ = read(clip, start=Fraction(8, 25))
    assert frames[0].pts == Fraction(8, 25)
    assert len(frames) == 12


def test_a_cut_counts_from_where_players_show_zero(tmp_path):
    path = clips.write_clip(tmp_path / "late.mkv", times=[5000 + 40 * i for i in range(10)],
                            unit=Fraction(1, 1000))  # fmt: skip
    frames, _ = read(path, start=Fraction(1, 5))
    assert frames[0].pts == Fraction(52, 10)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (9, None, "past the last frame"),
        (2, 1, "after the start"),
        (1, 1, "after"),
        (-1, None, "neg"),
    ],
)
def test_cuts_that_make_no_sense(clip, start, end, message):
    with pytest.raises(OptionError, match=message):
        VideoFileSource(clip, start=Fraction(start), end=None if end is None else Fraction(end))


def test_names_with_special_characters(tmp_path, clip, monkeypatch):
    for name in ("a b%d.mp4", "concat:x.mp4", "-dash.mp4", "ünï.mp4"):
        shutil.copy(clip, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for name in ("a b%d.mp4", "concat:x.mp4", "-dash.mp4", "ünï.mp4"):
        with VideoFileSource(Path(name)) as source:
            assert next(iter(source)).index == 0
