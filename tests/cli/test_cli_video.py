from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import media
import pytest
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


def test_report_of_one_file(call, model, clip, tmp_path):
    out, path = tmp_path / "out.mp4", tmp_path / "report.json"
    arguments = "video", clip, "-o", out, "--model", model, "--report", path
    assert call(*arguments, "--device", "cpu", "--style", "swapped", "--keep-colors").code == 0
    report = json.loads(path.read_text())
    assert report["frames"] == 12
    assert report["fps"] > 0
    assert set(report["stages_ms"]) == {"decode", "stylize", "stabilize", "compose", "encode"}
    assert (report["device"], report["provider"]) == ("cpu", "CPUExecutionProvider")
    assert (report["style"], report["size"]) == ("swapped", [64, 48])
    assert report["model"] == str(model)
    assert {"stylecam", "onnxruntime", "av"} <= set(report["versions"])


def test_temporal_0_paints_every_frame_for_itself(call, model, clip, tmp_path):
    reports = {}
    for name, options in {
        "default": (),
        "0.85": ("--temporal", 0.85),
        "0": ("--temporal", 0),
    }.items():
        path = tmp_path / f"{name}.json"
        arguments = "video", clip, "-o", tmp_path / f"{name}.mp4", "--model", model
        assert call(*arguments, "--report", path, *options).code == 0
        reports[name] = json.loads(path.read_text())
    assert "stabilize" not in reports["0"]["stages_ms"]
    assert "stabilize" in reports["0.85"]["stages_ms"]
    assert (reports["0"]["temporal"], reports["0.85"]["temporal"]) == (0, 0.85)
    # The help page says so.
    assert reports["default"]["temporal"] == 0.85
    assert "0.85 if not given" in " ".join(call("video", "--help").out.split())


@pytest.mark.parametrize("value", ["-0.1", "1.1", "nan", "much"])
def test_a_bad_temporal_strength_is_refused(call, model, clip, tmp_path, value):
    result = call("video", clip, "-o", tmp_path / "o.mp4", "--model", model, "--temporal", value)
    assert result.code == 2
    assert "temporal" in result.error_line
    assert listing(tmp_path) == ["clip.mp4"]


def test_report_names_what_auto_chose(call, model, clip, tmp_path):
    path = tmp_path / "report.json"
    assert (
        call("video", clip, "-o", tmp_path / "o.mp4", "--model", model, "--report", path).code == 0
    )
    report = json.loads(path.read_text())
    assert report["device"] != "auto"
    assert report["style"] == "negative"


def test_several_inputs_with_a_bad_one(call, model, clip, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    out, path = tmp_path / "out", tmp_path / "report.json"
    inputs = clip, tmp_path / "bad.mp4", tmp_path / "missing.mp4"
    result = call("video", *inputs, "-o", out, "--model", model, "--report", path)
    assert result.code == 2
    assert listing(out) == ["clip.mp4"]
    assert result.err.splitlines()[-1] == "stylecam: 1 of 3 files done, 2 failed"
    report = json.loads(path.read_text())
    assert report["frames"] == 12
    assert [entry.get("frames") for entry in report["files"]] == [12, None, None]
    assert "bad.mp4" in report["files"][1]["error"]


def test_a_folder_in_and_a_folder_out(call, model, clip, tmp_path):
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    for name in ("a.mp4", "b.mov"):
        (inputs / name).write_bytes(clip.read_bytes())
    result = call("video", inputs, "-o", out, "--model", model)
    assert result.code == 0, result.err
    assert [media.count_frames(out / name) for name in listing(out)] == [12, 12]


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


def test_an_existing_video_is_kept_unless_told(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    result = call("video", clip, "-o", out, "--model", model)
    assert result.code == 2
    assert "--overwrite" in result.error_line
    assert out.read_bytes() == b"precious"
    assert call("video", clip, "-o", out, "--model", model, "--overwrite").code == 0
    assert media.count_frames(out) == 12


def test_what_stands_at_the_output_survives_a_failure(call, model, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    arguments = "video", tmp_path / "bad.mp4", "-o", out, "--model", model, "--overwrite"
    assert call(*arguments).code == 2
    assert out.read_bytes() == b"precious"


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


@contextmanager
def as_other_user() -> Iterator[None]:
    """Root may read and write whatever the permissions say: be somebody else."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_permissions(call, model, clip, tmp_path):
    # The first call imports what only root may be able to read.
    assert call("video", clip, "-o", tmp_path / "out.mp4", "--model", model).code == 0
    (tmp_path / "out.mp4").unlink()
    for folder in (tmp_path, *list(tmp_path.parents)[:2], model.parent, model.parent.parent):
        folder.chmod(0o755)
    writable, secret = tmp_path / "writable", tmp_path / "secret.mp4"
    writable.mkdir()
    writable.chmod(0o777)
    secret.write_bytes(clip.read_bytes())
    secret.chmod(0)
    tmp_path.chmod(0o555)
    with as_other_user():
        unreadable = call("video", secret, "-o", writable / "out.mp4", "--model", model)
        unwritable = call("video", clip, "-o", tmp_path / "out.mp4", "--model", model)
    tmp_path.chmod(0o755)
    assert (unreadable.code, unwritable.code) == (2, 2)
    assert "secret.mp4" in unreadable.error_line
    assert "not writable" in unwritable.error_line
    assert listing(tmp_path) == ["clip.mp4", "secret.mp4", "writable"]
    assert listing(writable) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--style", "swaped"], "did you mean 'swapped'?"),
        (["--style", "plain"], "unknown style 'plain'"),
        (["--strength", "-0.1"], "--strength"),
        (["--size", "0"], "size 0"),
        (["--size", "-5"], "'-5'"),
        (["--size", "100000x100000"], "size 100000x100000"),
        (["--device", "gpu"], "unknown device 'gpu'"),
        (["--start", "soon"], "'soon'"),
        (["--start", "2", "--end", "1"], "--end 1"),
        (["--start", "60"], ""),
        (["--codec", "libx246"], "libx246"),
        (["--crf", "99"], "99"),
        (["--crf", "good"], "--crf"),
        (["--preset", "quick"], "quick"),
        (["-o", "out.xyz"], "out.xyz"),
        (["-o", "out"], "out"),
        (["-o", "no/out.mp4"], "no"),
        (["-o", "clip.mp4"], "is also an input"),
        (["-o", "clip.mp4", "--overwrite"], "is also an input"),
        (["-o", "clip.mp4/out.mp4"], "not a folder"),
        (["-o", "/proc/self/out.mp4"], "not writable"),
        (["--report", "clip.mp4"], "also an input"),
        (["--report", "out.mp4"], "also an input or an output"),
        (["--report", "no/report.json"], "no"),
        (["--model", "none.onnx"], "none.onnx"),
    ],
)
def test_bad_options(call, model, clip, tmp_path, options, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = clip.read_bytes()
    result = call("video", "clip.mp4", "-o", "out.mp4", "--model", model, *options)
    assert result.code == 2
    assert said in result.error_line
    assert listing(tmp_path) == ["clip.mp4"]
    assert clip.read_bytes() == before


def test_an_existing_report_is_kept_unless_told(call, model, clip, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("precious")
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", model, "--report", path
    result = call(*arguments)
    assert result.code == 2
    assert "--overwrite" in result.error_line
    assert listing(tmp_path) == ["clip.mp4", "report.json"]
    assert call(*arguments, "--overwrite").code == 0
    assert json.loads(path.read_text())["frames"] == 12


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


def test_a_full_disk(model, clip, tmp_path):
    """A limit on the size of files fails as a full disk does: in the middle of a write."""
    media.make_clip(clip, frames=60, width=320, height=240)
    (tmp_path / "out").mkdir()
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        "from realtime.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "out" / "out.mp4"
    done = subprocess.run(
        [sys.executable, "-c", code, "video", clip, "-o", out, "--model", model],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("stylecam: error: ")
    assert listing(out.parent) == []


def test_a_name_that_is_too_long(call, model, clip, tmp_path):
    for arguments in (["a" * 300 + ".mp4", "-o", "b.mp4"], [clip, "-o", tmp_path / ("b" * 300)]):
        result = call("video", *arguments, "--model", model)
        assert result.code == 2
        assert "too long" in result.error_line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(call, model, tmp_path):
    """Its sound would be read from a second opening, which takes frames away from the first."""
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    result = call("video", pipe, "-o", tmp_path / "out.mp4", "--model", model)
    assert result.code == 2
    assert "is a pipe" in result.error_line


def test_the_report_does_not_replace_the_model(call, model, clip, tmp_path):
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(model.read_bytes())
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", mine, "--report", mine
    result = call(*arguments, "--overwrite")
    assert result.code == 2
    assert "is also the model" in result.error_line
    assert mine.read_bytes() == model.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="names elsewhere are always Unicode")
def test_a_name_that_is_no_unicode(call, model, clip, tmp_path):
    odd = clip.rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    path = tmp_path / "report.json"
    result = call("video", odd, "-o", tmp_path / "out.mp4", "--model", model, "--report", path)
    assert result.code == 0, result.err
    assert json.loads(path.read_text())["input"] == str(odd)


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors with a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_without_standard_output_or_error(model, clip, tmp_path, closed):
    out = tmp_path / "out.mp4"
    arguments = "-m", "realtime", "video", clip, "-o", out, "--model", model
    done = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "bash", sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert media.count_frames(out) == 12


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
