"""What a video output carries over: sound, subtitles, chapters, tags, attachments."""

from __future__ import annotations

from fractions import Fraction

import av
import clips
import pytest
from videos import FAST, MILLISECOND, convert

from realtime.sinks.video import VideoFileSink, VideoOptions
from realtime.sources.file import VideoFileSource


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_other_streams_are_copied(tmp_path, rich, suffix):
    target = tmp_path / f"out{suffix}"
    assert convert(rich, target) == []
    assert clips.frame_times(target) == clips.frame_times(rich)
    for number in (0, 1):
        assert clips.packets(target, "audio", number) == clips.packets(rich, "audio", number)
    assert texts(target) == texts(rich)
    assert len(texts(target)) == 2
    with av.open(str(rich)) as before, av.open(str(target)) as after:
        assert [stream.language for stream in after.streams.audio] == ["eng", "fra"]
        # QuickTime has codes of its own.
        assert after.streams.subtitles[0].language == ("ger" if suffix == ".mov" else "deu")
        assert after.metadata["title"] == "A film"
        assert after.metadata["creation_time"] == "2020-02-03T04:05:06.000000Z"
        assert [s.type for s in after.streams] == [s.type for s in before.streams]
        assert spans(after) == spans(before)
        assert [s.disposition for s in after.streams] == [s.disposition for s in before.streams]


def texts(path):
    """What is said when in an MP4; it fills the pauses with empty packets."""
    return [packet for packet in clips.packets(path, "subtitles") if len(packet[1]) > 2]


def spans(container):
    return [
        (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"])
        for c in container.chapters()
    ]


def test_packets_are_interleaved(tmp_path):
    path = clips.write_clip(tmp_path / "long.mkv", frames=150, languages=("eng",))
    target = tmp_path / "out.mkv"
    convert(path, target)
    with av.open(str(target)) as container:
        latest = {"video": Fraction(0), "audio": Fraction(0)}
        for packet in container.demux():
            if packet.size:
                latest[packet.stream.type] = packet.pts * packet.time_base
                assert abs(latest["video"] - latest["audio"]) < 1


def test_sound_longer_than_the_video_is_kept_whole(tmp_path):
    path = clips.write_clip(
        tmp_path / "in.mp4", frames=5, languages=("eng",), audio_seconds=Fraction(2)
    )
    convert(path, tmp_path / "out.mp4")
    assert clips.packets(tmp_path / "out.mp4", "audio") == clips.packets(path, "audio")


def test_sound_stops_with_an_interrupted_video(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=100, languages=("eng",))
    target = tmp_path / "out.mp4"
    with (
        VideoFileSource(path) as source,
        VideoFileSink(target, source.info, FAST, copy_from=source) as sink,
    ):
        for frame in source:
            sink.write(frame)
            if frame.index == 24:
                break
    assert len(clips.frame_times(target)) == 25
    assert Fraction(9, 10) < clips.packets(target, "audio")[-1][0] < 1


def test_sound_of_a_cut_begins_with_it_where_one_cannot_jump_before_the_beginning(tmp_path):
    path = clips.write_clip(
        tmp_path / "in.flv", frames=75, options={"g": "30"}, languages=("eng",),
        unit=MILLISECOND, times=[40 * i for i in range(75)],
    )  # fmt: skip
    convert(path, tmp_path / "out.mkv", start=Fraction(1))
    assert clips.packets(tmp_path / "out.mkv", "audio")[0][0] < Fraction(1, 20)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cut_starts_at_zero_in_sync(tmp_path, rich, suffix):
    target = tmp_path / f"out{suffix}"
    convert(rich, target, start=Fraction(1, 5), end=Fraction(12, 25))
    whole = clips.frame_times(rich)
    limit = MILLISECOND if suffix == ".mkv" else 0
    got = clips.frame_times(target)
    assert got[0] == 0
    assert len(got) == 7
    kept = [time - Fraction(1, 5) for time in whole[5:12]]
    assert all(abs(a - b) <= limit for a, b in zip(got, kept, strict=True))
    sound = clips.packets(target, "audio")
    expected = [
        (time - Fraction(1, 5), data)
        for time, data in clips.packets(rich, "audio")
        if Fraction(1, 5) <= time < Fraction(12, 25)
    ]
    assert [data for _, data in sound] == [data for _, data in expected]
    tick = Fraction(1, 1000)
    assert all(abs(a[0] - b[0]) <= tick for a, b in zip(sound, expected, strict=True))
    # One line is shown when the cut comes, and the other when it ends.
    with av.open(str(target)) as container:
        shown = [
            (p.pts * p.time_base, (p.pts + p.duration) * p.time_base)
            for p in container.demux(container.streams.subtitles[0])
            if p.size > 2
        ]
        marks = [(start, end) for start, end, _ in spans(container)]
    assert [(round(float(a), 2), round(float(b), 2)) for a, b in shown] == [(0, 0.04), (0.12, 0.24)]
    assert [(round(float(a), 2), round(float(b), 2)) for a, b in marks] == [(0, 0.1), (0.1, 0.28)]


def test_what_a_container_cannot_hold_is_converted_or_left_out_and_said(tmp_path, rich):
    warnings = convert(rich, tmp_path / "out.webm", VideoOptions())
    with av.open(str(tmp_path / "out.webm")) as container:
        assert [s.codec_context.codec.canonical_name for s in container.streams] == [
            "vp9",
            "opus",
            "opus",
            "webvtt",
        ]
        assert [stream.language for stream in container.streams.audio] == ["eng", "fra"]
        text = [bytes(p) for p in container.demux(container.streams.subtitles[0]) if p.size]
        assert text == [b"Hello", b"World"]
    assert len([line for line in warnings if "encoded again" in line]) == 2
    assert len([line for line in warnings if "converted to webvtt" in line]) == 1
    assert sum(frame.samples for frame in sound(tmp_path / "out.webm")) > 0.55 * 48_000
    warnings = convert(rich, tmp_path / "out.avi")
    assert any("left out" in line and "mov_text" in line for line in warnings)


def sound(path):
    with av.open(str(path)) as container:
        yield from container.decode(audio=0)


def test_converted_sound_is_in_sync_after_a_cut(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=50, languages=("eng",))
    convert(path, tmp_path / "out.webm", VideoOptions(), start=Fraction(1))
    frames = list(sound(tmp_path / "out.webm"))
    assert abs(frames[0].time) < 0.03
    assert 0.95 < frames[-1].time + frames[-1].samples / frames[-1].sample_rate < 1.05


def test_subtitles_change_their_notation_both_ways(tmp_path, rich):
    assert "converted to subrip" in convert(rich, tmp_path / "out.mkv")[0]
    assert [data for _, data in clips.packets(tmp_path / "out.mkv", "subtitles")] == [
        b"Hello",
        b"World",
    ]
    assert "converted to mov_text" in convert(tmp_path / "out.mkv", tmp_path / "back.mp4")[0]
    assert [data for _, data in texts(tmp_path / "back.mp4")] == [b"\0\5Hello", b"\0\5World"]


def test_attachments_and_covers_are_kept(tmp_path):
    cover = media_cover(tmp_path)
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, width=64, height=48)
        container.add_attachment("font.ttf", "font/ttf", b"letters")
        container.add_attachment("cover.jpg", "image/jpeg", cover)
        for index in range(3):
            image = av.VideoFrame.from_ndarray(clips.patches(index), "rgb24")
            container.mux(video.encode(image))
        container.mux(video.encode(None))
    assert convert(path, tmp_path / "out.mkv") == []
    warnings = convert(path, tmp_path / "out.mp4")
    assert len(warnings) == 1
    assert "font.ttf" in warnings[0]
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert [stream.data for stream in container.streams.attachments] == [b"letters"]
    assert clips.packets_without_time(tmp_path / "out.mkv", 2) == [cover]
    assert clips.packets_without_time(tmp_path / "out.mp4", 1) == [cover]


def media_cover(folder):
    path = folder / "cover.jpg"
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=1, width=32, height=32)
        stream.pix_fmt = "yuvj420p"
        image = av.VideoFrame.from_ndarray(clips.patches(0, 32, 32), "rgb24")
        container.mux([*stream.encode(image), *stream.encode(None)])
    return path.read_bytes()


def test_a_damaged_sound_track_ends_early(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", frames=60, languages=("eng",))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    convert(path, tmp_path / "out.mp4")
    assert 20 < len(clips.frame_times(tmp_path / "out.mp4")) < 60


def without_sound(path, first, last):
    """Take the packets of a share of the sound out of a transport stream."""
    with av.open(str(path)) as container:
        number = container.streams.audio[0].id
    packets = [path.read_bytes()[at : at + 188] for at in range(0, path.stat().st_size, 188)]
    sound = [i for i, packet in enumerate(packets) if (packet[1] & 31) << 8 | packet[2] == number]
    lost = set(sound[round(first * len(sound)) : round(last * len(sound))])
    path.write_bytes(b"".join(packet for i, packet in enumerate(packets) if i not in lost))
    return path


def test_sound_that_is_missing_in_a_transport_stream_is_said(tmp_path):
    path = clips.write_clip(tmp_path / "in.ts", frames=60, languages=("eng",))
    assert convert(path, tmp_path / "whole.mkv") == []
    (warning,) = convert(without_sound(path, 0.4, 0.6), tmp_path / "out.mkv")
    assert "damaged: sound or subtitles are missing in 1 places" in warning
    assert convert(path, tmp_path / "cut.mkv", end=Fraction(1, 5)) == []


def test_sound_that_ends_early_in_a_transport_stream_is_said(tmp_path):
    path = clips.write_clip(tmp_path / "in.ts", frames=60, languages=("eng",))
    (warning,) = convert(without_sound(path, 0.5, 1), tmp_path / "out.mkv")
    assert "s before the pictures" in warning


@pytest.mark.parametrize("suffix", [".mov", ".mp4"])
def test_a_time_code_is_written_anew(tmp_path, suffix):
    path = clips.write_clip(tmp_path / "in.mov", metadata={"timecode": "01:00:00:00"})
    target = tmp_path / f"out{suffix}"
    assert convert(path, target) == []
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video", "data"]
        assert container.streams[1].metadata["timecode"] == "01:00:00:00"
    (warning,) = convert(path, tmp_path / f"cut{suffix}", start=Fraction(1, 5))
    assert "time code" in warning
    with av.open(str(tmp_path / f"cut{suffix}")) as container:
        assert "timecode" not in container.streams.video[0].metadata


def test_data_that_cannot_be_described_is_left_out(tmp_path):
    path = clips.write_clip(tmp_path / "in.mov", metadata={"timecode": "01:00:00:00"})
    # Phones write timed metadata of this kind; the muxer would leave its description empty.
    data = path.read_bytes().replace(b"hlrtmcd", b"hlrmeta").replace(b"tmcd", b"mebx")
    path.write_bytes(data)
    (warning,) = convert(path, tmp_path / "out.mov")
    assert "data stream 1" in warning
    with av.open(str(tmp_path / "out.mov")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_pictures_keep_their_distance_to_earlier_sound_in_a_transport_stream(tmp_path):
    times = [3 * 12_800 + index * clips.STEP for index in range(5)]
    path = clips.write_clip(tmp_path / "in.mp4", times=times, languages=("eng",))
    (warning,) = convert(path, tmp_path / "out.ts")
    assert "moved by 1 s" in warning
    before = clips.packets(path, "audio")[0][0]
    after = clips.packets(tmp_path / "out.ts", "audio")[0][0]
    assert abs(after - before - 1) < MILLISECOND
    assert clips.frame_times(tmp_path / "out.ts")[0] == 4
