"""Video files as output: times, colours, sizes and codecs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import clips
import media
import numpy as np
import pytest
from videos import FAST, INFO, MILLISECOND, convert, picture, read

from realtime.frame import ColorTags, Frame, StreamInfo
from realtime.sinks.encoders import CONTAINERS, ENCODERS, available_codecs
from realtime.sinks.video import VideoFileSink, VideoOptions

UNITS = {
    ".mp4": (Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 12_800), MILLISECOND),
    ".mov": (Fraction(1, 90_000), Fraction(1001, 30_000)),
    ".mkv": (MILLISECOND,),
    ".webm": (MILLISECOND,),
    ".ts": (Fraction(1, 90_000),),
}


@pytest.mark.parametrize(
    ("suffix", "unit"), [(suffix, unit) for suffix, units in UNITS.items() for unit in units]
)
def test_uneven_times_survive_exactly(tmp_path, suffix, unit):
    start = 90_000 if suffix == ".ts" else 3
    step = round(Fraction(1, 100) / unit) + 1
    times = [(start + tick * step) * unit for tick in (0, 1, 4, 5, 20, 21, 50, 51, 52, 60)]
    target = tmp_path / f"out{suffix}"
    options = VideoOptions() if suffix == ".webm" else VideoOptions(preset="veryfast")
    with VideoFileSink(target, replace(INFO, time_base=unit), options) as sink:
        for index, time in enumerate(times):
            sink.write(Frame(clips.patches(index), time, index))
    assert clips.frame_times(target) == times
    assert sink.warnings == []


def test_times_between_milliseconds_are_rounded_in_matroska(tmp_path):
    times = [Fraction(i, 30) for i in range(10)]
    info = replace(INFO, rate=Fraction(30), time_base=Fraction(1, 90_000))
    with VideoFileSink(tmp_path / "out.mkv", info, FAST) as sink:
        for index, time in enumerate(times):
            sink.write(Frame(clips.patches(index), time, index))
    for got, time in zip(clips.frame_times(tmp_path / "out.mkv"), times, strict=True):
        assert abs(got - time) <= MILLISECOND / 2


@pytest.mark.parametrize("codec", [*ENCODERS])
def test_every_codec_keeps_times_and_colors_and_is_silent(tmp_path, codec, capfd):
    target = tmp_path / "out.mkv"
    times = [Fraction(i * i + 5, 1000) for i in range(6)]
    with VideoFileSink(target, replace(INFO, time_base=MILLISECOND), VideoOptions(codec)) as sink:
        for index, time in enumerate(times):
            sink.write(picture(index, pts=time))
    frames, info = read(target)
    assert [frame.pts for frame in frames] == times
    expected = clips.patches(0).astype(int)
    for y, x in ((12, 20), (12, 44), (36, 20), (36, 44)):
        assert np.abs(frames[0].image[y, x] - expected[y, x]).max() <= 6
    assert (info.width, info.height) == (64, 48)
    assert capfd.readouterr() == ("", "")


def test_the_last_frame_has_its_duration(tmp_path):
    target = tmp_path / "out.mp4"
    with VideoFileSink(target, replace(INFO, time_base=clips.UNIT), FAST) as sink:
        for index in range(4):
            sink.write(replace_duration(picture(index), Fraction(1, 25 if index < 3 else 2)))
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(3, 25) + Fraction(1, 2)


def replace_duration(frame, duration):
    return Frame(frame.image, frame.pts, frame.index, duration)


def test_times_before_zero(tmp_path):
    info = replace(INFO, time_base=MILLISECOND)
    times = [Fraction(ms, 1000) for ms in (-80, -40, 0, 40)]
    for suffix in (".mkv", ".mp4"):
        with VideoFileSink(tmp_path / f"out{suffix}", info, FAST) as sink:
            for index, time in enumerate(times):
                sink.write(picture(index, pts=time))
        got = clips.frame_times(tmp_path / f"out{suffix}")
        assert got == [time - times[0] for time in times]
        assert "moved by 0.08 s" in sink.warnings[0]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".avi"])
def test_the_clock_of_a_broadcast_is_set_back(tmp_path, suffix):
    times = [40_000 * 12_800 + index * clips.STEP for index in range(5)]
    path = clips.write_clip(tmp_path / "in.ts", times=times)
    (warning,) = convert(path, tmp_path / f"out{suffix}")
    assert "moved by -" in warning
    frames, _ = read(tmp_path / f"out{suffix}")
    assert [frame.pts for frame in frames] == [Fraction(i, 25) for i in range(5)]


def test_repeated_and_backward_times_are_mended(tmp_path):
    times = [0, 40, 40, 20, 80, 120]
    info = replace(INFO, time_base=MILLISECOND)
    with VideoFileSink(tmp_path / "out.mkv", info, FAST) as sink:
        for index, time in enumerate(times):
            sink.write(picture(index, pts=time * MILLISECOND))
    got = clips.frame_times(tmp_path / "out.mkv")
    assert [time / MILLISECOND for time in got] == [0, 40, 41, 42, 80, 120]
    assert "2 frames" in sink.warnings[0]


@pytest.mark.parametrize(
    ("tags", "written"),
    [
        (ColorTags(), (6, 6, 6, 1)),
        (ColorTags(1, 1, 1, full_range=True), (1, 1, 1, 1)),
        (ColorTags(5, 5, 6), (5, 5, 6, 1)),
        (ColorTags(9, 9, 14), (9, 9, 14, 1)),
        (ColorTags(9, 9, 16), (9, 9, 14, 1)),
    ],
)
def test_colors_are_tagged_and_return(tmp_path, tags, written):
    target = tmp_path / "out.mp4"
    with VideoFileSink(target, replace(INFO, color=tags), VideoOptions(crf=1)) as sink:
        sink.write(picture())
    with av.open(str(target)) as container:
        context = container.streams.video[0].codec_context
        found = (
            context.colorspace,
            context.color_primaries,
            context.color_trc,
            context.color_range,
        )
    assert tuple(map(int, found)) == written
    (frame,), _ = read(target)
    expected = clips.patches(0).astype(int)
    for y, x in ((12, 20), (12, 44), (36, 20), (36, 44)):
        assert np.abs(frame.image[y, x] - expected[y, x]).max() <= 2


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9"])
def test_a_few_frames_are_enough(tmp_path, codec, count):
    target = tmp_path / "out.mkv"
    with VideoFileSink(target, INFO, VideoOptions(codec)) as sink:
        for index in range(count):
            sink.write(picture(index))
    assert clips.frame_times(target) == [Fraction(index, 25) for index in range(count)]


@pytest.mark.parametrize("codec", ["h264", "h265", "mpeg4", "vp9", "mjpeg", "prores"])
def test_colours_stay_in_their_place_however_often_a_video_is_painted(tmp_path, codec):
    """Half as many colour samples as pixels: readers must know on which pixels they lie."""
    wave = np.rint(128 + 60 * np.sin(2 * np.pi * np.arange(128) / 32)).astype(np.uint8)
    picture = np.full((32, 128, 3), 128, np.uint8)
    picture[..., 2] = wave
    info = StreamInfo(128, 32, rate=Fraction(25), time_base=Fraction(1, 25))
    frame = Frame(picture, Fraction(0), 0)
    for turn in range(4):
        target = tmp_path / f"{turn}.mkv"
        with VideoFileSink(target, info, VideoOptions(codec)) as sink:
            sink.write(frame)
        ((frame,), _) = read(target)
    spectrum = np.fft.fft(frame.image[16, :, 2].astype(float))[4]
    shift = (np.angle(spectrum) + np.pi / 2) * 32 / (2 * np.pi)
    assert abs(shift) < 0.3


def test_odd_sizes_grow_by_repeating_the_edge(tmp_path):
    target = tmp_path / "out.mp4"
    info = replace(INFO, width=65, height=47, sample_aspect_ratio=Fraction(4, 3))
    with VideoFileSink(target, info, VideoOptions(crf=1)) as sink:
        sink.write(picture(width=65, height=47))
    (frame,), got = read(target)
    assert frame.image.shape == (48, 66, 3)
    assert got.sample_aspect_ratio == Fraction(4, 3)
    assert np.abs(frame.image[:, 65].astype(int) - frame.image[:, 64]).max() <= 4
    assert "65x47 became 66x48" in sink.warnings[0]
    assert sink.size == (66, 48)


def test_odd_sizes_stay_where_the_codec_can(tmp_path):
    for codec in ("ffv1", "vp9", "mpeg4", "mjpeg"):
        target = tmp_path / f"{codec}.mkv"
        info = replace(INFO, width=65, height=47)
        with VideoFileSink(target, info, VideoOptions(codec)) as sink:
            sink.write(picture(width=65, height=47))
        assert read(target)[0][0].image.shape == (47, 65, 3)
        assert sink.warnings == []


def test_lossless_is_lossless(tmp_path):
    target = tmp_path / "out.mkv"
    with VideoFileSink(target, INFO, VideoOptions("ffv1")) as sink:
        sink.write(picture())
    np.testing.assert_array_equal(read(target)[0][0].image, picture().image)


def test_a_turned_input_is_written_upright(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=2, rotation=90)
    convert(path, tmp_path / "out.mp4")
    (frame, _), info = read(tmp_path / "out.mp4")
    assert frame.image.shape == (64, 48, 3)
    assert info.rotation == 0


def test_every_container_takes_its_default_codec(tmp_path):
    for suffix, kind in CONTAINERS.items():
        with VideoFileSink(tmp_path / f"out{suffix}", INFO, VideoOptions(threads=1)) as sink:
            sink.write(picture())
        with av.open(str(tmp_path / f"out{suffix}")) as container:
            codec = container.streams.video[0].codec_context.codec.canonical_name
        assert codec == {"h265": "hevc"}.get(kind.codecs[0], kind.codecs[0])
    assert set(available_codecs()) == set(ENCODERS)


def test_the_file_has_usual_permissions(tmp_path):
    (tmp_path / "reference").touch()
    with VideoFileSink(tmp_path / "out.mp4", INFO, FAST) as sink:
        sink.write(picture())
    modes = {path.stat().st_mode for path in (tmp_path / "reference", tmp_path / "out.mp4")}
    assert len(modes) == 1


def test_names_with_special_characters(tmp_path, rich, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a b%d.mp4", "concat:x.mp4", "-dash.mp4", "ünï.mp4"):
        shutil.copy(rich, tmp_path / f"in-{name}")
        convert(Path(f"in-{name}"), Path(name))
        assert media.count_frames(tmp_path / name) == 15
