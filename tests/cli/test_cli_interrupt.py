from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import media
import numpy as np
import pytest
from media import bytes_in, listing

from realtime.batch import Job, Plan
from realtime.cli.interrupt import StopOnSignal
from realtime.cli.jobs import Outcome, run_jobs
from realtime.cli.progress import Reporter
from realtime.cli.settings import Settings
from realtime.frame import Frame, StreamInfo
from realtime.sinks import open_sink
from realtime.sinks.video import VideoOptions

FRAMES = 3000

# Processes of their own take their time to start where a machine is busy.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    return media.make_clip(folder / "clip.mp4", frames=FRAMES, codec="mpeg4")


@pytest.fixture(autouse=True)
def hang_ups_count():
    """Under nohup, the tests and all that they start would ignore SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def nothing() -> None:
    pass


@pytest.fixture
def start(launch):
    """Begins to paint, and returns when the output, still under another name, begins to grow."""

    def start(
        clip: Path, model: Path, out: Path, meanwhile: Callable[[], object] = nothing, **options
    ) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "realtime", "video", clip, "-o", out, "--model", model]
        process = launch(command, **options)
        while not bytes_in(out.parent) and process.poll() is None:
            meanwhile()
            time.sleep(0.005)
        return process

    return start


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_signal_finishes_the_file(start, long_clip, model, tmp_path, number, code):
    out = tmp_path / "out.mp4"
    process = start(long_clip, model, out)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code, said
    assert "stylecam: stopping" in said
    assert listing(tmp_path) == ["out.mp4"]
    assert 0 < media.count_frames(out) < FRAMES


def test_the_file_is_finished_when_nobody_reads_what_is_said(start, long_clip, model, tmp_path):
    """As in ``stylecam ... 2>&1 | tee log``, where Ctrl-C ends ``tee`` first."""
    out = tmp_path / "out.mp4"
    process = start(long_clip, model, out)
    process.stderr.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert listing(tmp_path) == ["out.mp4"]
    assert 0 < media.count_frames(out) < FRAMES


def test_the_file_is_finished_when_the_terminal_is_closed(start, long_clip, model, tmp_path):
    out = tmp_path / "out.mp4"
    terminal, end = pty.openpty()
    os.set_blocking(terminal, False)

    def read() -> None:
        """A terminal that nobody reads fills up, and then printing waits."""
        with suppress(BlockingIOError):
            os.read(terminal, 65536)

    # Its own session and terminal, so that closing the terminal sends SIGHUP as in real life.
    process = start(
        long_clip,
        model,
        out,
        stderr=end,
        meanwhile=read,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(2, termios.TIOCSCTTY, 0),
    )
    os.close(end)
    os.close(terminal)
    assert process.wait(60) == 129
    assert listing(tmp_path) == ["out.mp4"]
    assert 0 < media.count_frames(out) < FRAMES


def test_a_signal_that_is_ignored_stays_ignored():
    """As nohup does, and a shell for what runs in the background."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopOnSignal(lambda: None) as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_without_a_signal_nothing_stops():
    with StopOnSignal(lambda: None) as stop:
        assert not stop()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_signal_discards_the_file(tmp_path, capsys):
    """Both signals come in the middle of a file that is being written with a real encoder."""
    announced = []

    def paint(job: Job, stop: StopOnSignal, _: Reporter) -> Outcome:
        picture = np.zeros((48, 64, 3), np.uint8)
        with open_sink(job.output, StreamInfo(64, 48), VideoOptions()) as sink:
            sink.write(Frame(picture, media.Fraction(0), 0))
            signal.raise_signal(signal.SIGINT)
            announced.append(stop())
            sink.write(Frame(picture, media.Fraction(1, 12), 1))
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second signal was lost")

    plan = Plan((Job("clip.mp4", tmp_path / "new" / "out.mp4"),), tmp_path / "new", True)
    with Reporter(Settings()) as reporter:
        outcomes, code = run_jobs(plan, paint, reporter)
    assert (announced, code) == ([True], 130)
    assert outcomes[0].error is not None
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in said] == ["stopping:", "interrupted;"]
    assert listing(tmp_path) == []


def test_a_batch_ends_after_the_current_file(tmp_path, capsys):
    begun = []

    def convert(job: Job, *_: object) -> Outcome:
        begun.append(job.input)
        os.kill(os.getpid(), signal.SIGTERM)
        return Outcome(job)

    jobs = tuple(Job(name, tmp_path / name) for name in ("a.mp4", "b.mp4"))
    with Reporter(Settings()) as reporter:
        outcomes, code = run_jobs(Plan(jobs), convert, reporter)
    assert (begun, code, len(outcomes)) == (["a.mp4"], 143, 1)
    assert capsys.readouterr().err.endswith("stylecam: 1 of 2 files done, 1 not started\n")


def test_what_was_done_before_a_discarded_file_is_still_told(tmp_path, capsys):
    def convert(job: Job, *_: object) -> Outcome:
        if job.input == "b.mp4":
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return Outcome(job, warnings=["a.mp4 is odd"])

    jobs = tuple(Job(name, tmp_path / name) for name in ("a.mp4", "b.mp4", "c.mp4"))
    with Reporter(Settings()) as reporter:
        outcomes, code = run_jobs(Plan(jobs), convert, reporter)
    assert (code, len(outcomes)) == (130, 2)
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "stylecam: warning: a.mp4 is odd",
        "stylecam: 1 of 3 files done, 1 failed, 1 not started",
    ]
