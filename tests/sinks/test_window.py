from __future__ import annotations

import os
import subprocess
import sys

import pytest
from desktop import desktop

from realtime.errors import SinkError
from realtime.sinks.window import check_display, key_name

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="about the X Window System")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (-1, None),
        (ord("a"), "a"),
        (ord("+"), "+"),
        (32, "space"),
        (27, "escape"),
        (65361, "left"),
        (0x250000, "left"),
        (63235, "right"),
        (0xFFE1, None),
        (200, None),
    ],
)
def test_names_of_keys(code, name):
    assert key_name(code) == name


@LINUX
def test_without_a_screen_there_is_no_window(monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(SinkError, match=r"no screen for a window .* add --no-window"):
        check_display()


@LINUX
def test_a_screen_that_does_not_answer(monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("DISPLAY", ":9876")
    with pytest.raises(SinkError, match="the screen :9876 does not answer; add --no-window"):
        check_display()


@LINUX
@pytest.mark.parametrize(("first", "hangs"), [("", True), ("load_first()", False)])
def test_a_window_beside_pyav_needs_its_libraries_first(first, hangs):
    code = (
        "from realtime.sinks.window_libraries import check_loaded, load_first\n"
        f"{first}\n"
        "import av\n"
        "try:\n    check_loaded()\n"
        "except Exception as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Should the two wheels stop sharing names of files, all of this can go.
    assert ("after PyAV was imported" in done.stdout) is hangs


@LINUX
@pytest.mark.slow
def test_qt_tells_the_systems_xlib_who_reads_the_events(tmp_path):
    code = (
        "from realtime.sinks.window import Window\n"
        "with Window('stylecam', (200, 100)) as window:\n    window.poll()\n"
    )
    with desktop() as here:
        trace = {"LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": str(tmp_path / "trace")}
        environment = {**os.environ, **here.environment, **trace}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    (bound,) = (
        line
        for path in tmp_path.glob("trace.*")
        for line in path.read_text(errors="replace").splitlines()
        if "libQt5XcbQpa" in line and "`XSetEventQueueOwner'" in line
    )
    # OpenCV's own copy has a hash in its name. Without one, prefer_the_systems can go.
    assert "/libX11-xcb.so.1 " in bound.partition(" to ")[2]
