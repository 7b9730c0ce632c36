"""Inputs that are missing, damaged or no videos: one line, and nothing is left."""

from __future__ import annotations

import os
from pathlib import Path

import media
import pytest
from media import listing


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def text(path: Path) -> None:
    path.write_text("This is not a film.\n" * 100)


def audio_only(path: Path) -> None:
    media.make_clip(path, video=False)


def truncated(path: Path) -> None:
    """Without its index, which stands at the end, nothing of an MP4 can be decoded."""
    data = media.make_clip(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [missing, empty, noise, text, audio_only, truncated, folder], ids=lambda f: f.__name__
)
def test_bad_input(call, model, tmp_path, spoil):
    path = tmp_path / "bad.mp4"
    spoil(path)
    before = listing(tmp_path)
    result = call("video", path, "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert "bad.mp4" in result.error_line
    assert listing(tmp_path) == before


def test_unreadable_input(call, model, tmp_path):
    """Root may read anything, so the way there is blocked instead: its folder is a file."""
    (tmp_path / "file").write_bytes(b"x")
    path = tmp_path / "file" / "clip.mp4"
    result = call("video", path, "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert str(path) in result.error_line


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that cannot be read")
def test_input_that_fails_while_reading(call, model, tmp_path):
    result = call("video", "/proc/self/mem", "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert "/proc/self/mem" in result.error_line


def test_a_damaged_tail_is_painted_as_far_as_it_decodes(call, model, tmp_path):
    path = media.make_clip(tmp_path / "clip.mkv", frames=48, audio=False)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    out = tmp_path / "out.mkv"
    result = call("video", path, "-o", out, "--model", model, "--quiet")
    assert result.code == 1
    assert 20 < media.count_frames(out) < 48
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith("stylecam: warning: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(call, model, tmp_path):
    """Its sound would be read from a second opening, which takes frames away from the first."""
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    result = call("video", pipe, "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert "is a pipe" in result.error_line


def test_a_video_too_small_to_paint_is_named(call, model, tmp_path):
    path = media.make_clip(tmp_path / "tiny.mp4", width=64, height=8)
    result = call("video", path, "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert "tiny.mp4 has pictures of 64x8 pixels, too small" in result.error_line
    assert (
        call("video", path, "-o", tmp_path / "out.mp4", "--model", model, "--size", "32").code == 0
    )


def test_a_limit_for_the_number_of_pixels(call, model, clip, tmp_path):
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", model, "--max-pixels"
    result = call(*arguments, "1000")
    assert result.code == 2
    assert "64x48 pixels, more than the 1000" in result.error_line
    assert call(*arguments, "4000").code == 0
