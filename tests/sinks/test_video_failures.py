"""Video outputs that cannot be written: one line, and nothing left behind."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import replace
from fractions import Fraction

import clips
import media
import numpy as np
import pytest
from videos import FAST, INFO, picture

from realtime.errors import OptionError, SinkError
from realtime.frame import Frame
from realtime.sinks.video import VideoFileSink, VideoOptions
from realtime.sources.file import VideoFileSource


def refuse(path, error=SinkError, options=FAST, info=INFO, **more):
    with pytest.raises(error) as caught:
        VideoFileSink(path, info, options, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_existing_file_is_safe(tmp_path):
    target = tmp_path / "out.mp4"
    target.write_bytes(b"precious")
    assert "exists" in refuse(target)
    options = replace(FAST, overwrite=True)
    sink = VideoFileSink(target, INFO, options)
    sink.write(picture())
    sink.abort()
    assert target.read_bytes() == b"precious"
    with VideoFileSink(target, INFO, options) as sink:
        sink.write(picture())
    assert media.count_frames(target) == 1
    assert media.listing(tmp_path) == ["out.mp4"]


def test_a_file_that_appears_meanwhile_is_safe(tmp_path):
    target = tmp_path / "out.mp4"
    sink = VideoFileSink(target, INFO, FAST)
    sink.write(picture())
    target.write_bytes(b"precious")
    with pytest.raises(SinkError, match="meanwhile") as caught:
        sink.close()
    assert target.read_bytes() == b"precious"
    (rescued,) = (path for path in tmp_path.iterdir() if path != target)
    assert str(rescued) in str(caught.value)
    assert media.count_frames(rescued) == 1


def test_the_output_must_not_be_the_input(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=2)
    before = path.read_bytes()
    link, hard = tmp_path / "link.mp4", tmp_path / "hard.mp4"
    link.symlink_to(path)
    os.link(path, hard)
    with VideoFileSource(path) as source:
        for target in (path, link, hard, tmp_path / "." / "in.mp4"):
            message = refuse(
                target, options=VideoOptions(overwrite=True), info=source.info, copy_from=source
            )
            assert "is the input" in message
    assert path.read_bytes() == before
    assert media.listing(tmp_path) == ["hard.mp4", "in.mp4", "link.mp4"]


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "real.mp4").write_bytes(b"old")
    link = tmp_path / "link.mp4"
    link.symlink_to("real.mp4")
    with VideoFileSink(link, INFO, replace(FAST, overwrite=True)) as sink:
        sink.write(picture())
    assert link.is_symlink()
    assert media.count_frames(tmp_path / "real.mp4") == 1


def test_places_that_cannot_be_written(tmp_path):
    missing = tmp_path / "none" / "out.mp4"
    assert str(missing.parent) in refuse(missing)
    (tmp_path / "folder.mp4").mkdir()
    assert "is a folder" in refuse(tmp_path / "folder.mp4")
    assert "cannot write" in refuse(tmp_path / ("x" * 300 + ".mp4"))
    (tmp_path / "file").touch()
    assert "no folder" in refuse(tmp_path / "file" / "out.mp4")
    assert media.listing(tmp_path) == ["file", "folder.mp4"]


def test_a_protected_folder(tmp_path):
    folder = tmp_path / "protected"
    folder.mkdir()
    folder.chmod(0o555)
    with clips.stepped_down():
        assert "permission" in refuse(folder / "out.mp4").lower()
    folder.chmod(0o755)
    assert media.listing(folder) == []


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("out.xyz", {}, ".mp4"),
        ("out", {}, ".mp4"),
        ("out.mp4", {"codec": "h266"}, "did you mean 'h26"),
        ("out.mp4", {"codec": "nonsense"}, "available: h264"),
        ("out.mp4", {"codec": "ffv1"}, ".mkv"),
        ("out.webm", {"codec": "h264"}, "use vp9, av1"),
        ("out.mp4", {"crf": 52}, "0 (best) to 51"),
        ("out.mp4", {"crf": -1}, "0 (best) to 51"),
        ("out.mkv", {"codec": "ffv1", "crf": 5}, "no --crf"),
        ("out.mp4", {"preset": "warp"}, "ultrafast"),
        ("out.mkv", {"codec": "mjpeg", "preset": "fast"}, "no --preset"),
        ("out.mp4", {"threads": 0}, "at least 1"),
    ],
)
def test_options_that_do_not_exist(tmp_path, name, options, message):
    assert message in refuse(tmp_path / name, OptionError, VideoOptions(**options))
    assert media.listing(tmp_path) == []


def test_no_frames_no_file(tmp_path):
    with (
        pytest.raises(SinkError, match="no frames"),
        VideoFileSink(tmp_path / "out.mp4", INFO, FAST),
    ):
        pass
    assert media.listing(tmp_path) == []


def test_wrong_sizes_and_a_closed_sink_are_bugs(tmp_path):
    sink = VideoFileSink(tmp_path / "out.mp4", INFO, FAST)
    with pytest.raises(ValueError, match="32x48"):
        sink.write(picture(width=32))
    sink.write(picture())
    sink.close()
    sink.close()
    sink.abort()
    with pytest.raises(ValueError, match="closed"):
        sink.write(picture(1))
    assert media.listing(tmp_path) == ["out.mp4"]


def test_an_exception_leaves_nothing(tmp_path, rich):
    def fail():
        with (
            VideoFileSource(rich) as source,
            VideoFileSink(tmp_path / "out.mp4", source.info, FAST, copy_from=source) as sink,
        ):
            sink.write(next(iter(source)))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert media.listing(tmp_path) == []


def write_noise(sink, count):
    with sink:
        for index in range(count):
            sink.write(noisy(index))


def noisy(index):
    rng = np.random.default_rng(index)
    return Frame(rng.integers(0, 256, (48, 64, 3), np.uint8), Fraction(index, 25), index)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts", ".avi"])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, suffix):
    """The system refuses to let a file grow, as it does when the disk is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        sink = VideoFileSink(tmp_path / f"out{suffix}", INFO, VideoOptions())
        with pytest.raises(SinkError, match="larger than the system allows") as caught:
            write_noise(sink, 60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert "\n" not in str(caught.value)
    assert media.listing(tmp_path) == []


def test_a_truly_full_disk(tmp_path):
    """``/dev/full`` behind the temporary name: every write fails with ENOSPC."""
    sink = VideoFileSink(tmp_path / "out.mp4", INFO, FAST)
    (temporary,) = tmp_path.iterdir()
    temporary.unlink()
    temporary.symlink_to("/dev/full")
    with pytest.raises(SinkError, match="disk is full"):
        write_noise(sink, 40)
    assert media.listing(tmp_path) == []
