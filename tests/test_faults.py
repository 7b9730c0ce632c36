"""Real faults in the middle of a run: one line, no broken file under the final name, no rest."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import media
import numpy as np
import onnx
import pytest
import tiny_model
from media import listing, size_of
from onnx import TensorProto, helper, numpy_helper

FRAMES = 600
COMMAND = sys.executable, "-m", "realtime", "video"
PATIENCE = 200
"""Seconds for a program to come to its end, where the machine is busy with others."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("long") / "clip.mp4"
    return media.make_clip(path, frames=FRAMES, codec="mpeg4")


def growing(folder: Path) -> set[Path]:
    """The unfinished outputs in a folder that hold something."""
    return {path for path in folder.glob(".stylecam-*") if size_of(path)}


@pytest.fixture
def start(launch):
    """Begins to paint, and returns when the output has begun to grow."""

    def start(clip, out, model, *options) -> subprocess.Popen[str]:
        before = set(out.parent.glob(".stylecam-*"))
        process = launch([*COMMAND, clip, "-o", out, "--model", model, *options])
        while process.poll() is None and not growing(out.parent) - before:
            time.sleep(0.002)
        return process

    return start


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[None]:
    """The process stands still meanwhile, amid its work."""
    assert process.poll() is None
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def finish(process: subprocess.Popen[str], code: int) -> str:
    """Wait for the end; returns the one line of the error."""
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == code, said
    lines = [line for line in said.splitlines() if "error" in line or "warning" in line]
    assert len(lines) <= 1, said
    assert "Traceback" not in said
    return lines[0] if lines else ""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of a few megabytes at ``folder``, which must exist."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.name != "posix" or os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("mounting a file system needs root")
    try:
        yield
    finally:
        # Lazily: a test that has failed leaves a program there, which is ended only later.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize(
    "suffix",
    ["mp4", *(pytest.param(name, marks=pytest.mark.slow) for name in ("mkv", "avi", "ts"))],
)
def test_a_disk_that_is_full(start, model_path, tmp_path, suffix):
    clip = media.make_clip(tmp_path / "in.mp4", frames=60, width=640, height=480)
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "64k"):
        out = disk / f"out.{suffix}"
        out.write_bytes(b"precious")
        process = start(clip, out, model_path, "--overwrite", "--crf", "0", "--temporal", "0")
        assert "the disk is full" in finish(process, 2)
        assert listing(disk) == [out.name]
        assert out.read_bytes() == b"precious"


@pytest.mark.skipif(os.name != "posix", reason="open files can be removed")
@pytest.mark.slow
def test_an_output_folder_that_is_removed(start, long_clip, model_path, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    process = start(long_clip, folder / "out.mp4", model_path)
    shutil.rmtree(folder)
    assert "cannot write" in finish(process, 2)
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="open files can be removed")
@pytest.mark.slow
def test_an_input_that_is_removed_is_read_to_its_end(start, long_clip, model_path, tmp_path):
    path = Path(shutil.copy(long_clip, tmp_path / "in.mp4"))
    (tmp_path / "out").mkdir()
    process = start(path, tmp_path / "out" / "out.mp4", model_path)
    path.unlink()
    assert finish(process, 0) == ""
    assert media.count_frames(tmp_path / "out" / "out.mp4") == FRAMES


@pytest.mark.slow
def test_an_input_that_is_cut_off_while_it_is_read(start, long_clip, model_path, tmp_path):
    path = Path(shutil.copy(long_clip, tmp_path / "in.mp4"))
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "out.mp4"
    process = start(path, out, model_path)
    os.truncate(path, path.stat().st_size // 2)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1, said
    assert "in.mp4 is damaged" in said
    assert "Traceback" not in said
    assert 0 < media.count_frames(out) < FRAMES


@pytest.mark.slow
def test_an_input_that_grows_while_it_is_read(start, model_path, tmp_path):
    """A recording that goes on: what stood there at the beginning is painted, or more."""
    whole = media.make_clip(tmp_path / "whole.ts", frames=600, codec="mpeg2video").read_bytes()
    path, out = tmp_path / "in.ts", tmp_path / "out" / "out.mp4"
    out.parent.mkdir()
    path.write_bytes(whole[: len(whole) // 2 // 188 * 188])
    process = start(path, out, model_path)
    with path.open("ab") as file:
        file.write(whole[len(whole) // 2 // 188 * 188 :])
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode in (0, 1), said
    assert "Traceback" not in said
    assert 250 < media.count_frames(out) <= 600


def failing_model(path: Path) -> Path:
    """Paints dark pictures; at a bright pixel ONNX Runtime finds an index out of range."""
    model = tiny_model.build()
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.zeros(201, np.float32), "table"))
    nodes = [
        helper.make_node("ReduceMax", ["levels"], ["brightest"], keepdims=0),
        helper.make_node("Cast", ["brightest"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["zero"]),
        helper.make_node("Add", ["shifted", "zero"], ["checked"]),
    ]
    for node in graph.node:
        if node.op_type == "Round":
            node.input[0] = "checked"
    for offset, node in enumerate(nodes):
        graph.node.insert(6 + offset, node)
    onnx.save(model, path)
    return path


def test_a_model_that_fails_in_the_middle(start, tmp_path):
    frames = 30
    model = failing_model(tmp_path / "failing.onnx")
    folder = tmp_path / "out"
    folder.mkdir()
    with media.av.open(str(tmp_path / "in.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, width=64, height=48)
        stream.pix_fmt = "yuv420p"
        for index in range(frames + 1):
            image = np.full((48, 64, 3), 250 if index == frames else 60, np.uint8)
            container.mux(stream.encode(media.av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    process = start(tmp_path / "in.mp4", folder / "out.mp4", model)
    said = finish(process, 2)
    assert "failing.onnx" in said
    assert "failed" in said
    assert listing(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's memory")
@pytest.mark.slow
@pytest.mark.parametrize("temporal", [0, 0.9])
def test_memory_that_runs_out_in_the_middle(start, model_path, tmp_path, temporal):
    import resource

    clip = media.make_clip(tmp_path / "in.mp4", frames=300, width=640, height=360, codec="mpeg4")
    folder, out = tmp_path / "out", tmp_path / "out" / "out.mp4"
    folder.mkdir()
    out.write_bytes(b"precious")
    options = "--overwrite", "--preset", "ultrafast", "--temporal", str(temporal)
    process = start(clip, out, model_path, *options)
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    (used,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (used, used))
    said = process.communicate(timeout=PATIENCE)[1]
    assert out.read_bytes() == b"precious"
    # Whoever asks for memory next is the one to run out. The C library itself gives up at once.
    if process.returncode not in (127, -signal.SIGABRT):
        assert process.returncode == 2, said
        # x264 speaks for itself, and tells FFmpeg no reason; OpenCV does where it gets no thread.
        others = "x264 ", "[ERROR:"
        (line,) = (line for line in said.splitlines() if not line.startswith(others))
        assert line.startswith("stylecam: error: ")
        assert "not enough memory" in line or "cannot write" in line
        assert listing(folder) == ["out.mp4"]


@pytest.mark.slow
def test_a_read_only_file_system(start, model_path, tmp_path):
    """Where not even root may write; permissions alone say that it may."""
    clip = media.make_clip(tmp_path / "in.mp4", frames=2)
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "1m"):
        (disk / "old.mp4").write_bytes(b"precious")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for name in ("new.mp4", "old.mp4"):
            said = finish(start(clip, disk / name, model_path, "--overwrite"), 2)
            assert "is not writable (Read-only file system)" in said
        assert (disk / "old.mp4").read_bytes() == b"precious"
        assert listing(disk) == ["old.mp4"]


@pytest.mark.slow
def test_an_encoder_that_refuses(start, model_path, tmp_path):
    clip = media.make_clip(tmp_path / "in.mp4", frames=2)
    folder = tmp_path / "out"
    folder.mkdir()
    # MPEG-4 writes a width in 13 bits.
    options = "--size", "9000x16", "--codec", "mpeg4"
    process = start(clip, folder / "out.mkv", model_path, *options)
    assert "out.mkv" in finish(process, 2)
    assert listing(folder) == []


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.slow
@pytest.mark.parametrize("overwrite", [False, True])
def test_two_processes_write_the_same_output(start, model_path, tmp_path, overwrite):
    clip = media.make_clip(tmp_path / "in.mp4", frames=200, codec="mpeg4")
    folder, out = tmp_path / "out", tmp_path / "out" / "out.mp4"
    folder.mkdir()
    options = ["--overwrite"] if overwrite else []
    first = start(clip, out, model_path, *options)
    with stopped(first):
        second = start(clip, out, model_path, *options)
        with stopped(second):
            assert len(growing(folder)) == 2
        assert finish(second, 0) == ""
        one = out.read_bytes()
    said = finish(first, 0 if overwrite else 2)
    for path in folder.iterdir():
        assert media.count_frames(path) == 200
    if overwrite:
        assert listing(folder) == ["out.mp4"]
        return
    # Neither is lost: what came second has another name.
    assert out.read_bytes() == one
    (rescued,) = set(listing(folder)) - {"out.mp4"}
    assert "out.mp4 was created by something else meanwhile" in said
    assert rescued in said


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("existing", [pytest.param(False, marks=pytest.mark.slow), True])
def test_killed_runs_leave_the_old_file_and_are_cleaned_up_after(
    start, long_clip, model_path, tmp_path, existing
):
    out = tmp_path / "out.mp4"
    if existing:
        out.write_bytes(b"precious")
    process = start(long_clip, out, model_path, "--overwrite")
    process.kill()
    process.communicate(timeout=PATIENCE)
    left = [name for name in listing(tmp_path) if name.startswith(".stylecam-")]
    assert len(left) == 1
    assert out.exists() == existing
    assert not existing or out.read_bytes() == b"precious"
    short = media.make_clip(tmp_path / "short.mp4", frames=2)
    # A run that goes on at the same time keeps what it has.
    medium = media.make_clip(tmp_path / "medium.mp4", frames=300, codec="mpeg4")
    other = start(medium, tmp_path / "other.mp4", model_path)
    with stopped(other):
        finish(start(short, out, model_path, "--overwrite"), 0)
        assert left[0] not in listing(tmp_path)
        assert len(growing(tmp_path)) == 1
    finish(other, 0)
    assert media.count_frames(out) == 2
    assert media.count_frames(tmp_path / "other.mp4") == 300
    assert [name for name in listing(tmp_path) if name.startswith(".")] == []


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_at_random_moments(start, launch, model_path, tmp_path, number):
    """From the first import to the last rename: a playable file, the old one, or none."""
    clip = media.make_clip(tmp_path / "in.mp4", frames=150)
    chance = random.Random(int(number))
    partial = 0
    for turn in range(16):
        folder = tmp_path / f"out{turn}"
        folder.mkdir()
        out = folder / "out.mp4"
        if turn % 2:
            out.write_bytes(b"precious")
        if turn % 4 < 2:
            process = launch([*COMMAND, clip, "-o", out, "--model", model_path, "--overwrite"])
            time.sleep(chance.uniform(0.02, 1.2))
        else:
            process = start(clip, out, model_path, "--overwrite")
            time.sleep(chance.uniform(0, 0.1))
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        left = [name for name in listing(folder) if name.startswith(".")]
        assert left == [] or number == signal.SIGKILL
        frames = 0
        if out.exists() and out.read_bytes() != b"precious":
            frames = media.count_frames(out)
            assert 0 < frames <= 150
        assert out.exists() or not turn % 2
        partial += bool(left) or 0 < frames < 150
    assert partial > 0, "no signal came amid the work"
