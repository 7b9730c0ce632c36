"""What surrounds the pictures: orientation, time, sound, subtitles, chapters, covers, time code."""

from __future__ import annotations

from fractions import Fraction

import clips
import footage
import numpy as np
import pytest
from footage import source, tone

X264 = "-c:v", "libx264", "-crf", "10", "-preset", "ultrafast", "-pix_fmt", "yuv420p"
EXACT = "--codec", "h264", "--crf", "0", "--preset", "ultrafast"
SOUND = Fraction(1, 50)


def slow(*values):
    """Parameters for the slow tests."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def same_times(path, out, tolerance=Fraction(0)):
    before, after = footage.times(path), footage.times(out)
    assert len(before) == len(after) > 0
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= tolerance


@pytest.mark.parametrize("mirrored", [False, *slow(True)])
@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_video_comes_out_upright(copy, tmp_path, rotation, mirrored):
    path = clips.write_clip(
        tmp_path / "in.mp4", frames=2, rotation=rotation, mirrored=mirrored, pixel_format="yuv444p"
    )
    out = tmp_path / "out.mkv"
    assert copy(path, out, "--codec", "ffv1") == []
    size = (64, 48) if rotation == 180 else (48, 64)
    stream = footage.video(out)
    assert (stream["width"], stream["height"]) == size
    assert "side_data_list" not in stream
    before, after = (footage.pictures(name, size=size).astype(int) for name in (path, out))
    assert np.abs(before - after).max() <= 2


def test_pixels_that_are_not_square_keep_their_shape(copy, tmp_path):
    path = footage.make(tmp_path / "in.mp4", *source(), "-vf", "setsar=16/15", *X264)
    for suffix in ("mp4", "mkv", "mov"):
        copy(path, tmp_path / f"out.{suffix}")
        assert footage.video(tmp_path / f"out.{suffix}")["sample_aspect_ratio"] == "16:15"


@pytest.mark.parametrize("suffix", ["mp4", "avi", *slow("mov", "mkv", "ts")])
def test_colours_survive_the_usual_output(copy, tmp_path, suffix):
    """At the best quality, in every container: flat colours within 2 levels."""
    bars = source(picture="smptebars", size="128x96", frames=3)
    path = footage.make(tmp_path / "in.mkv", *bars, *X264)
    out = tmp_path / f"out.{suffix}"
    copy(path, out, *EXACT)
    before, after = (footage.pictures(name, size=(128, 96)).astype(int) for name in (path, out))
    # Away from edges, on which colours have half of the pixels' resolution.
    assert np.abs(before - after)[:, 10:50, 10::20].max() <= 2


@pytest.mark.parametrize("suffix", ["mp4", "ts", *slow("mov", "mkv")])
def test_a_variable_rate_keeps_every_time(copy, tmp_path, suffix):
    late = "setpts='(N*N*0.02+0.7)/TB'", "-vsync", "vfr", "-video_track_timescale", "90000"
    path = footage.make(tmp_path / "in.mp4", *source(frames=20), "-vf", *late, *X264)
    out = tmp_path / f"out.{suffix}"
    moved = copy(path, out)
    assert len(moved) == (suffix == "ts")
    before, after = footage.times(path), footage.times(out)
    start = after[0] - before[0] if moved else 0
    differences = [abs(b - a - start) for a, b in zip(before, after, strict=True)]
    assert max(differences) <= Fraction(suffix == "mkv", 1000)


def test_an_edit_list_that_starts_later(copy, tmp_path):
    long = footage.make(tmp_path / "long.mp4", *source(frames=50), *tone(2), *X264, "-g", "50")
    path = footage.make(tmp_path / "in.mp4", "-ss", "0.5", "-i", long, "-c", "copy")
    copy(path, tmp_path / "out.mp4")
    same_times(path, tmp_path / "out.mp4")
    before, after = (footage.packets(n, "a:0") for n in (path, tmp_path / "out.mp4"))
    shown = [packet for packet in before if packet[0] >= 0]
    assert [data for _, data in after][-len(shown) :] == [data for _, data in shown]
    times = {data: time for time, data in after}
    assert all(abs(times[data] - time) <= SOUND for time, data in shown)


def test_two_hours_of_times(copy, tmp_path):
    """A frame every minute, at 90,000 ticks per second."""
    path = clips.write_clip(
        tmp_path / "in.mp4", times=[i * 60 * 90_000 for i in range(121)], unit=Fraction(1, 90_000)
    )
    copy(path, tmp_path / "out.mp4")
    same_times(path, tmp_path / "out.mp4")
    assert footage.times(tmp_path / "out.mp4")[-1] == 7200


def film(tmp_path, suffix):
    """Two sound tracks in different languages, subtitles, chapters, tags."""
    texts = tmp_path / "texts.srt"
    texts.write_text("1\n00:00:00,100 --> 00:00:00,900\nHello\n")
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(
        ";FFMETADATA1\ntitle=A film\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n"
    )
    return footage.make(
        tmp_path / f"in.{suffix}",
        *(*source(frames=25), *tone(1), *tone(1, 660), "-i", texts, "-i", chapters),
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s", "-map_metadata", "4"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra"),
        *("-metadata:s:s:0", "language=ita", *X264),
        *("-c:s", "mov_text" if suffix in ("mp4", "mov") else "srt"),
    )


@pytest.mark.parametrize("suffix", ["mp4", "mkv", *slow("mov")])
def test_sound_languages_subtitles_and_chapters_are_kept(copy, tmp_path, suffix):
    path, out = film(tmp_path, suffix), tmp_path / f"out.{suffix}"
    assert copy(path, out) == []
    same_times(path, out, Fraction(suffix == "mkv", 1000))
    for track in ("a:0", "a:1", "s:0"):
        before, after = footage.packets(path, track), footage.packets(out, track)
        assert [data for _, data in before] == [data for _, data in after]
        assert max(abs(a[0] - b[0]) for a, b in zip(before, after, strict=True)) <= SOUND
    old, new = footage.probe(path), footage.probe(out)
    assert new["format"]["tags"]["title"] == "A film"

    def languages(found):
        return [(s["codec_type"], s.get("tags", {}).get("language")) for s in found["streams"][:4]]

    def chapters(found):
        return [(c["start_time"], c["end_time"], c["tags"]["title"]) for c in found["chapters"]]

    assert languages(new)[1:] == languages(old)[1:] == [
        ("audio", "eng"), ("audio", "fra"), ("subtitle", "ita"),
    ]  # fmt: skip
    assert chapters(new) == chapters(old)
    assert len(chapters(new)) == 2


@pytest.mark.parametrize("suffix", ["webm", "avi", "ts"])
def test_sound_that_is_encoded_again_is_in_sync(copy, tmp_path, suffix):
    """A click every half second: it must come out within 20 ms."""
    click = "aevalsrc='lt(mod(t+0.25,0.5),0.004)*0.9*sin(2*PI*2000*t)':s=44100:d=2"
    codec = "pcm_s24le" if suffix == "avi" else "alac"
    path = footage.make(
        tmp_path / "in.mov",
        *(*source(frames=50), "-f", "lavfi", "-i", click, *X264, "-c:a", codec),
    )
    out = tmp_path / f"out.{suffix}"
    warnings = copy(path, out)
    assert any("encoded again" in line for line in warnings)
    offset = footage.times(out)[0] - footage.times(path)[0]
    heard = [time - float(offset) for time in footage.clicks(out)]
    assert len(heard) == 4
    assert max(abs(a - b) for a, b in zip(heard, footage.clicks(path), strict=True)) <= 0.02


@pytest.mark.parametrize("suffix", ["avi", *slow("webm", "ts")])
def test_sound_with_gaps_that_is_encoded_again_is_in_sync(copy, tmp_path, suffix):
    """No sound in the first 0.6 seconds, and none for longer than a second later on."""
    click = "aevalsrc='lt(mod(t+0.25,0.5),0.004)*0.9*sin(2*PI*2000*t)':s=44100:d=4"
    path = footage.make(
        tmp_path / "in.mkv",
        *(*source(frames=100), "-f", "lavfi", "-i", click, *X264, "-c:a", "flac"),
        *("-af", "aselect='gt(t,0.6)*not(between(t,1.1,2.35))'"),
    )
    expected = [0.75, 2.75, 3.25, 3.75]
    out = tmp_path / f"out.{suffix}"
    copy(path, out)
    begin = footage.times(out)[0]
    heard = [time - float(begin) for time in clips.loud_moments(out)]
    assert len(heard) == 4
    assert max(abs(a - b) for a, b in zip(heard, expected, strict=True)) <= 0.02


def test_a_cover_picture_is_kept(copy, tmp_path):
    cover = footage.make(tmp_path / "cover.png", *source(frames=1))
    path = footage.make(
        tmp_path / "in.mp4",
        *(*source(), "-i", cover, "-map", "0", "-map", "1", *X264),
        *("-c:v:1", "png", "-disposition:v:1", "attached_pic"),
    )
    assert copy(path, tmp_path / "out.mp4") == []
    before, after = (footage.probe(name)["streams"][1] for name in (path, tmp_path / "out.mp4"))
    assert after["codec_name"] == before["codec_name"] == "png"
    assert after["disposition"]["attached_pic"] == 1
    for suffix in ("mov", "ts"):
        warnings = copy(path, tmp_path / f"out.{suffix}")
        assert any("the cover picture 1 (png) is left out" in line for line in warnings)


def test_a_time_code_is_kept(copy, tmp_path):
    path = footage.make(
        tmp_path / "in.mov", *source(rate="30000/1001"), "-timecode", "01:02:03;04", *X264
    )
    assert copy(path, tmp_path / "out.mov") == []
    tags = footage.video(tmp_path / "out.mov")["tags"]
    assert tags["timecode"] == footage.video(path)["tags"]["timecode"] == "01:02:03;04"


@pytest.mark.slow
def test_a_large_picture(copy, tmp_path):
    large = source(size="4096x2304", frames=2)
    path = footage.make(tmp_path / "in.mp4", *large, *X264, "-colorspace", "bt709")
    out = tmp_path / "out.mkv"
    assert copy(path, out, "--codec", "ffv1") == []
    before, after = (footage.pictures(name, size=(4096, 2304)) for name in (path, out))
    assert np.abs(before.astype(np.int16) - after).max() <= 2
