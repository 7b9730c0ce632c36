from __future__ import annotations

import os
import pty
import sys

import pytest

from realtime.cli.progress import Reporter
from realtime.cli.settings import Settings


@pytest.fixture
def on_terminal(launch):
    """Runs ``stylecam`` with a terminal as its standard error; its code and what it drew."""

    def run(*arguments: object) -> tuple[int, str]:
        terminal, end = pty.openpty()
        process = launch(
            [sys.executable, "-m", "realtime", *map(str, arguments)],
            stderr=end,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        )
        os.close(end)
        drawn = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            drawn += piece
        os.close(terminal)
        return process.wait(), drawn.decode()

    return run


def test_a_terminal_sees_rate_and_remaining_time(on_terminal, model, clip, tmp_path):
    code, drawn = on_terminal("video", clip, "-o", tmp_path / "out.mp4", "--model", model)
    assert code == 0
    assert "clip.mp4" in drawn
    assert "/12" in drawn
    assert " fps" in drawn
    last = drawn.splitlines()[-1]
    assert "12 frames, 64x48" in last
    assert "━" not in last


def test_a_long_name_leaves_room_for_the_numbers(on_terminal, model, clip, tmp_path):
    long = clip.rename(tmp_path / ("a very long name " * 6 + ".mp4"))
    drawn = on_terminal("video", long, "-o", tmp_path / "out.mp4", "--model", model)[1]
    assert "/12" in drawn
    assert " fps" in drawn


def test_quiet_draws_nothing(on_terminal, model, clip, tmp_path):
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", model, "--quiet"
    assert on_terminal(*arguments) == (0, "")


def test_an_error_beside_a_terminal_is_one_line(on_terminal, model, tmp_path):
    code, drawn = on_terminal(
        "video", tmp_path / "no.mp4", "-o", tmp_path / "o.mp4", "--model", model
    )
    assert code == 2
    assert len(drawn.splitlines()) == 1


def test_without_a_terminal_there_is_no_bar(capsys):
    with Reporter(Settings()) as reporter:
        reporter.begin("clip.mp4", 3)
        reporter.advance(1)
        reporter.note("done")
    assert capsys.readouterr().err == "stylecam: done\n"
