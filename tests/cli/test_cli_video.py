from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import media
import numpy as np
from media import listing


def audio_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def frame_times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def frame_size(path: Path) -> tuple[int, int]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def test_a_video_is_painted_and_keeps_its_times_and_sound(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    result = call("video", clip, "-o", out, "--model", model)
    assert (result.code, result.out) == (0, ""), result.err
    assert frame_times(out) == frame_times(clip)
    assert audio_packets(out) == audio_packets(clip)
    assert abs(media.mean_color(out)[0] - (255 - media.mean_color(clip)[0])) < 4
    assert "12 frames, 64x48" in result.err
    assert listing(tmp_path) == ["clip.mp4", "out.mp4"]


def test_quiet_says_nothing(call, model, clip, tmp_path):
    result = call("video", clip, "-o", tmp_path / "out.mp4", "--model", model, "-q")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_fast_paints_at_half_of_the_size(call, model, clip, tmp_path):
    out, path = tmp_path / "out.mp4", tmp_path / "report.json"
    arguments = "video", clip, "-o", out, "--model", model, "--report", path
    assert call(*arguments, "--quality", "fast").code == 0
    report = json.loads(path.read_text())
    assert (report["quality"], report["size"]) == ("fast", [64, 48])
    assert {"reduce", "enlarge"} <= set(report["stages_ms"])
    assert abs(media.mean_color(out)[0] - (255 - media.mean_color(clip)[0])) < 4


def test_fast_at_strength_0_changes_no_pixel(call, model, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "in.png"), noise)
    arguments = "image", tmp_path / "in.png", "-o", tmp_path / "out.png", "--model", model
    assert call(*arguments, "--quality", "fast", "--strength", 0).code == 0
    before, after = (cv2.imread(str(tmp_path / name)) for name in ("in.png", "out.png"))
    np.testing.assert_array_equal(before, after)


def test_fast_needs_twice_the_least_size(call, model, clip, tmp_path):
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", model, "--size", "30x30"
    assert "--quality best" in call(*arguments, "--quality", "fast").error_line


def test_temporal_0_paints_every_frame_for_itself(call, model, clip, tmp_path):
    reports = {}
    for name, options in {
        "default": (),
        "0.9": ("--temporal", 0.9),
        "0": ("--temporal", 0),
    }.items():
        path = tmp_path / f"{name}.json"
        arguments = "video", clip, "-o", tmp_path / f"{name}.mp4", "--model", model
        assert call(*arguments, "--report", path, *options).code == 0
        reports[name] = json.loads(path.read_text())
    assert "stabilize" not in reports["0"]["stages_ms"]
    assert "stabilize" in reports["0.9"]["stages_ms"]
    assert (reports["0"]["temporal"], reports["0.9"]["temporal"]) == (0, 0.9)
    # The help page says so.
    assert reports["default"]["temporal"] == 0.95
    assert "0.95 if not given" in " ".join(call("video", "--help").out.split())


def test_part_size_and_side_by_side(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    options = "--start", "0.25", "--end", "0:00.75", "--size", "24", "--side-by-side"
    result = call("video", clip, "-o", out, "--model", model, *options)
    assert result.code == 0, result.err
    assert media.count_frames(out) == 6
    assert frame_size(out) == (64, 24)


def test_encoder_options(call, model, clip, tmp_path):
    sizes = []
    for crf in ("10", "50"):
        out = tmp_path / f"{crf}.mkv"
        options = "--codec", "h265", "--crf", crf, "--preset", "ultrafast"
        result = call("video", clip, "-o", out, "--model", model, *options)
        assert result.code == 0, result.err
        with av.open(str(out)) as container:
            assert container.streams.video[0].codec_context.name == "hevc"
            sizes.append(sum(packet.size for packet in container.demux(video=0)))
    assert sizes[1] < sizes[0]
