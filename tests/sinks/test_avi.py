"""AVI counts frames and packets from 0 instead of writing times."""

from __future__ import annotations

import re
from fractions import Fraction

import av
import clips
import pytest
from videos import convert, read

AVI_UNIT = Fraction(1, 25)


def times_of(path):
    """Of every picture; PyAV alone invents other times where an AVI has none."""
    return [frame.pts for frame in read(path)[0]]


def late(path, seconds):
    """A copy of a clip whose sound begins later."""
    with av.open(str(path)) as source, av.open(str(path.with_name("late.mkv")), "w") as output:
        streams = [output.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            if packet.size:
                shift = seconds if packet.stream.type == "audio" else 0
                packet.pts += int(shift / packet.time_base)
                packet.dts += int(shift / packet.time_base)
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
    return path.with_name("late.mkv")


def test_times_and_sound_are_those_of_the_input(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=20, languages=("eng",))
    assert convert(path, tmp_path / "out.avi") == []
    assert times_of(tmp_path / "out.avi") == clips.frame_times(path)
    copied = [data for _, data in clips.packets(tmp_path / "out.avi", "audio")]
    assert copied == [data for _, data in clips.packets(path, "audio")]


def test_late_pictures_stay_in_sync(tmp_path):
    times = [12_800 + index * clips.STEP for index in range(10)]
    path = clips.write_clip(tmp_path / "in.mp4", times=times)
    (warning,) = convert(path, tmp_path / "out.avi")
    assert "shown from 0 s and not from 1 s" in warning
    assert times_of(tmp_path / "out.avi") == [0, *clips.frame_times(path)[1:]]


def test_late_sound_is_said(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", frames=25, languages=("eng",))
    (warning,) = convert(late(path, Fraction(1, 2)), tmp_path / "out.avi")
    assert "plays 0.47 s early" in warning


def test_gaps_in_the_sound_are_said(tmp_path):
    """Where it is copied; nothing can be put in between."""
    path = clips.write_clip(tmp_path / "in.mkv", frames=50, languages=("eng", "fra"))
    with av.open(str(path)) as source, av.open(str(tmp_path / "gap.mkv"), "w") as output:
        streams = [output.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            time = (packet.pts or 0) * packet.time_base
            if packet.size and (packet.stream.type == "video" or not 0.5 < time < 1.25):
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
    (warning,) = convert(tmp_path / "gap.mkv", tmp_path / "out.avi")
    assert re.search(r"avi cannot hold gaps in the sound; after them it plays 0\.7\d s", warning)


def test_sound_before_the_pictures_is_left_out(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", frames=50, languages=("eng",))
    early = late(path, Fraction(-1, 2))
    convert(early, tmp_path / "out.avi")
    kept = [data for _, data in clips.packets(tmp_path / "out.avi", "audio")]
    assert kept == [data for time, data in clips.packets(early, "audio") if time >= -AVI_UNIT]


def test_ac3_keeps_its_times_from_one_avi_to_the_next(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", frames=25, languages=("eng",), audio_codec="ac3")
    first, second = tmp_path / "first.avi", tmp_path / "second.avi"
    assert convert(path, first) == []
    (warning,) = convert(first, second)
    assert "encoded again as mono mp3" in warning
    for target in (first, second):
        assert 0.9 < clips.packets(target, "audio")[-1][0] < 1.1


def test_chapters_are_missed(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", chapters=True)
    for suffix in ("avi", "ts"):
        assert any("chapters" in line for line in convert(path, tmp_path / f"out.{suffix}"))


@pytest.mark.parametrize(("suffix", "said"), [("avi", "tags mood are"), ("ts", "tags title, mood")])
def test_tags_without_a_place_are_missed(tmp_path, suffix, said):
    path = tmp_path / "in.mkv"
    plain = clips.write_clip(tmp_path / "plain.mkv")
    with av.open(str(plain)) as source, av.open(str(path), "w") as output:
        output.metadata.update({"title": "A Title", "mood": "blue"})
        (stream,) = [output.add_stream_from_template(s) for s in source.streams]
        for packet in source.demux():
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    warnings = convert(path, tmp_path / f"out.{suffix}")
    assert any(said in line.lower() for line in warnings)
