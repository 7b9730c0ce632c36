from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

import av
import media
import pytest
from clips import write_clip
from media import listing

from realtime.sources.synthetic import SyntheticSource

FRAMES = 14


@functools.cache
def scene(width: int, height: int) -> SyntheticSource:
    return SyntheticSource(width, height, seed=3)


def moving(index: int, width: int, height: int):
    return scene(width, height).render(index)


def negative(index, width, height):
    return 255 - moving(index, width, height)


def flickering(index, width, height):
    """The negative, lighter and darker in turns."""
    picture = negative(index, width, height).astype(int) + (12 if index % 2 else -12)
    return picture.clip(0, 255).astype("uint8")


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("videos")
    drawings = {"input": moving, "steady": negative, "flickering": flickering}
    return {
        name: write_clip(folder / f"{name}.mp4", frames=FRAMES, width=160, height=96, draw=draw)
        for name, draw in drawings.items()
    }


def test_everything_is_measured_and_written(call, videos, tmp_path):
    out = tmp_path / "report"
    result = call(
        "compare", videos["input"], videos["steady"], "--per-frame", videos["flickering"], "-o", out
    )
    assert result.code == 0, result.err
    assert listing(out) == ["comparison.json", "comparison.mp4", "comparison.png"]
    report = json.loads((out / "comparison.json").read_text())
    assert (report["frames"], report["size"], report["warnings"]) == (FRAMES, [160, 96], [])
    assert set(report["scores"]) == {"input", "per_frame", "output"}
    assert report["ratios"]["warping_error"] < 0.2
    assert report["ratios"]["sharpness"] == pytest.approx(1, abs=0.1)
    assert 24 < report["scores"]["output"]["fidelity_psnr"] < 30
    errors = report["series"]["per_frame"]["warping_error"]
    assert errors[0] is None
    assert len(errors) == FRAMES
    assert min(errors[1:]) > 0.003
    assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")
    with av.open(str(out / "comparison.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (4 * 160, 96)
    assert media.count_frames(out / "comparison.mp4") == FRAMES
    assert "warping error" in result.out
    assert f"{report['ratios']['warping_error']:.3f}" in result.out


def test_without_a_per_frame_painting(call, videos, tmp_path):
    out = tmp_path / "report"
    arguments = "compare", videos["input"], videos["flickering"], "-o", out
    assert call(*arguments, "--no-plot", "--no-video").code == 0
    assert listing(out) == ["comparison.json"]
    report = json.loads((out / "comparison.json").read_text())
    assert report["ratios"] == {}
    assert set(report["scores"]) == {"input", "output"}
    assert report["scores"]["output"]["fidelity_psnr"] is None


def test_the_input_is_brought_to_the_size_of_the_output(call, videos, tmp_path):
    small = write_clip(tmp_path / "small.mp4", frames=6, width=80, height=48, draw=negative)
    out = tmp_path / "report"
    result = call("compare", videos["input"], small, "-o", out, "--no-plot", "--no-video")
    assert result.code == 0
    assert "only the first 6 frames" in result.err
    report = json.loads((out / "comparison.json").read_text())
    assert (report["frames"], report["size"]) == (6, [80, 48])


def test_a_still_scene(call, videos, tmp_path):
    out = tmp_path / "report"
    arguments = "compare", videos["input"], videos["input"], "-o", out, "--no-plot", "--no-video"
    assert call(*arguments).code == 0
    moved = json.loads((out / "comparison.json").read_text())["scores"]["output"]
    assert call(*arguments, "--still", "--overwrite").code == 0
    stood = json.loads((out / "comparison.json").read_text())["scores"]["output"]
    assert stood["warping_error"] > 3 * moved["warping_error"]


def test_nothing_is_overwritten_unasked(call, videos, tmp_path):
    (tmp_path / "comparison.png").write_text("mine")
    arguments = "compare", videos["input"], videos["steady"], "-o", tmp_path, "--no-video"
    assert "comparison.png exists" in call(*arguments).error_line
    assert listing(tmp_path) == ["comparison.png"]
    assert call(*arguments, "--overwrite").code == 0
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_side_by_side_is_another_shape(call, videos, tmp_path):
    wide = write_clip(tmp_path / "wide.mp4", frames=3, width=320, height=96)
    result = call("compare", videos["input"], wide, "-o", tmp_path / "report")
    assert result.code == 2
    assert "--side-by-side" in result.error_line
    assert listing(tmp_path) == ["wide.mp4"]


def test_one_frame_is_too_few(call, videos, tmp_path):
    one = write_clip(tmp_path / "one.mp4", frames=1, width=160, height=96)
    result = call("compare", videos["input"], one, "-o", tmp_path / "report")
    assert result.code == 2
    assert "fewer than two frames" in result.error_line
    assert listing(tmp_path) == ["one.mp4"]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_bad_file_is_refused(call, videos, tmp_path, position):
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    files = [videos["input"], videos["steady"], videos["flickering"]]
    files[position] = tmp_path / "bad.mp4"
    result = call("compare", files[0], files[1], "--per-frame", files[2], "-o", tmp_path / "report")
    assert result.code == 2
    assert "bad.mp4" in result.error_line
    assert listing(tmp_path) == ["bad.mp4"]


def test_a_folder_that_cannot_be_made_is_refused(call, videos, tmp_path):
    result = call("compare", videos["input"], videos["steady"], "-o", tmp_path / "no" / "report")
    assert result.code == 2
    assert "no folder" in result.error_line


def test_without_matplotlib(call, videos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    arguments = "compare", videos["input"], videos["steady"], "-o", tmp_path / "report"
    assert call(*arguments).error_line.endswith("[plots]', or give --no-plot")
    assert listing(tmp_path) == []
    assert call(*arguments, "--no-plot", "--no-video").code == 0
