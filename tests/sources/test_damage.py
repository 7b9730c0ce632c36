"""Damaged videos, and files that are none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import clips
import numpy as np
import pytest
from pictures import read

from realtime.errors import SourceError
from realtime.sources.file import VideoFileSource


def damaged(path: Path, kind: str) -> Path:
    data = bytearray(path.read_bytes())
    cut = len(data) * 6 // 10
    if kind == "cut off":
        data = data[:cut]
    else:
        noise = np.random.default_rng(0).integers(0, 256, len(data) - cut - 200, np.uint8)
        data[cut : cut + len(noise)] = noise.tobytes()
    target = path.with_name(f"damaged{path.suffix}")
    target.write_bytes(data)
    return target


@pytest.fixture(scope="module")
def long_clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (48, 96, 3), np.uint8)

    def draw(index, width, height):
        return np.ascontiguousarray(texture[:height, index % 32 : index % 32 + width])

    return {
        suffix: clips.write_clip(
            folder / f"long{suffix}", frames=80, options={"crf": "30", "g": "10"}, draw=draw
        )
        for suffix in (".mkv", ".ts")
    } | {".mp4": _faststart(folder, draw)}


def _faststart(folder, draw):
    path = clips.write_clip(folder / "plain.mp4", frames=80, options={"crf": "30", "g": "10"},
                            draw=draw)  # fmt: skip
    target = folder / "long.mp4"
    with (
        av.open(str(path)) as source,
        av.open(str(target), "w", container_options={"movflags": "faststart"}) as output,
    ):
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return target


@pytest.mark.parametrize("kind", ["cut off", "noise"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_damaged_tail_is_read_as_far_as_it_goes(long_clips, suffix, kind):
    whole, _ = read(long_clips[suffix])
    assert len(whole) == 80
    frames, source = read(damaged(long_clips[suffix], kind))
    assert 35 <= len(frames) < 80
    assert source.damaged
    assert "damaged" in source.warnings[-1]
    assert [frame.pts for frame in frames[:35]] == [frame.pts for frame in whole[:35]]
    np.testing.assert_array_equal(frames[30].image, whole[30].image)


def test_a_cut_before_the_damage_is_whole(long_clips):
    path = damaged(long_clips[".mp4"], "noise")
    frames, source = read(path, end=Fraction(1))
    assert len(frames) == 25
    assert not source.damaged


@pytest.mark.parametrize("kind", ["cut off", "noise"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_damage_counts_only_before_the_end_that_was_asked_for(long_clips, suffix, kind):
    """Also where the decoder, which works ahead, has already met it."""
    path = damaged(long_clips[suffix], kind)
    whole, _ = read(long_clips[suffix])
    start = whole[0].pts
    sound = [frame.pts - start for frame in read(path)[0][:-12]]
    for end in (sound[-1], sound[-1] - Fraction(3, 25), Fraction(1)):
        frames, source = read(path, end=end)
        assert [f.pts for f in frames] == [f.pts for f in whole if f.pts - start < end]
        assert not source.damaged
        assert source.warnings == []
    for end in (Fraction(78, 25), Fraction(4)):
        assert read(path, end=end)[1].damaged


def test_frames_that_only_repeat_are_no_damage(tmp_path):
    path = tmp_path / "still.ogv"
    picture = ["-f", "lavfi", "-i", "color=gray:size=64x48:rate=25:duration=1"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, "-c:v", "libtheora", str(path)], check=True)
    frames, source = read(path)
    assert frames[0].pts == 0
    assert not source.damaged


def fail(path):
    with pytest.raises(SourceError) as caught:
        VideoFileSource(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_bad_input_is_said_in_one_line(tmp_path, clip):
    assert "does not exist" in fail(tmp_path / "missing.mp4")
    assert "folder" in fail(tmp_path)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "empty" in fail(empty)
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(np.random.default_rng(0).bytes(50_000))
    assert "not a video" in fail(noise)
    text = tmp_path / "text.mp4"
    text.write_text("Dear reader, this is no video.\n" * 100)
    assert "not a video" in fail(text)
    truncated = tmp_path / "truncated.mp4"
    truncated.write_bytes(clip.read_bytes()[:5000])
    assert "incomplete" in fail(truncated)
    assert "cannot be read" in fail(tmp_path / ("x" * 300 + ".mp4"))


def test_sound_alone_is_no_video(tmp_path):
    import media

    assert "no video" in fail(media.make_clip(tmp_path / "sound.mp4", video=False))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_an_unreadable_file(tmp_path, clip):
    path = Path(shutil.copy(clip, tmp_path / "secret.mp4"))
    path.chmod(0)
    with clips.stepped_down():
        assert "permission" in fail(path)


def test_an_encrypted_file(tmp_path, clip):
    path = tmp_path / "encrypted.mp4"
    key = ["-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"]
    key_id = ["-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"]
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-i", str(clip), "-c", "copy"),
            *("-encryption_scheme", "cenc-aes-ctr", *key, *key_id, str(path)),
        ],
        check=True,
    )
    assert "encrypted" in fail(path)


@pytest.mark.slow
def test_a_lack_of_memory_is_no_damage(tmp_path):
    """In a process of its own, whose memory is limited to what it has and a few pictures more."""
    pytest.importorskip("resource")
    path = clips.write_clip(
        tmp_path / "large.mp4", frames=16, width=4096, height=2304, codec="mpeg4"
    )
    code = """if True:
        import resource, sys
        from pathlib import Path
        from realtime.sources.decoder import Decoder
        from realtime.sources.opening import find_video, open_input

        path = Path(sys.argv[1])
        container = open_input(path)
        decoder = Decoder(container, find_video(container, path), 10_000_000)
        frames = decoder.frames()
        kept = [next(frames)]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 10_000_000,) * 2)
        try:
            kept += frames
        except MemoryError:
            print("memory", decoder.damage)
        else:
            print("end", decoder.damage)
    """
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "memory []\n"
