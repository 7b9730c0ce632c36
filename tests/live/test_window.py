"""The real window on a real screen, driven by keys and mouse as a user would."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import cv2
import media
import mjpeg_server
import numpy as np
import pytest
from clips import write_clip
from desktop import desktop, wait_for
from stalled_server import stalled

from realtime.compose import keep_colors
from realtime.live.layout import SLIDERS, lay_out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# The clip is 64x48; the window opens with this size.
CANVAS = (720, 540)
LAYOUT = lay_out(CANVAS, (64, 48), SLIDERS)
GREEN, RED = (60, 180, 30), (200, 40, 50)
NEGATIVE_GREEN, SWAPPED_GREEN = (195, 75, 225), (180, 30, 60)
NEGATIVE_RED = (55, 215, 205)
# The clip's stripe, with what the subsampled colours and the model's padding smear around it.
STRIPE_COLUMNS = 8
# In the green quarter, beside everything that is drawn over the picture.
SPOT = (600, 150)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=50)


STYLECAM = ("-m", "realtime")
SLOW_TO_COMPLETE = """
import os, sys, time
from realtime.cli import main
from realtime.sinks.window_libraries import load_first

load_first()
from realtime.sinks.video import VideoFileSink

close = VideoFileSink.close

def slowly(sink):
    while not os.path.exists({release!r}):
        time.sleep(0.05)
    close(sink)

VideoFileSink.close = slowly
sys.exit(main(sys.argv[1:]))
"""
"""``stylecam`` with a recording as long, and a disk as slow, as no test can wait for.

What it completes is completed when the file ``release`` exists.
"""


@contextmanager
def running(here, clip, model, folder, *arguments, source=None, program=STYLECAM):
    """``stylecam live`` in a window; yields the process."""
    source = [clip, "--loop"] if source is None else source
    process = subprocess.Popen(
        [
            *(sys.executable, *program, "live", *source, "--model", model),
            *("--folder", folder, "--report", folder / "report.json", *arguments),
        ],
        env=here.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        here.find_window("stylecam")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def finish(process):
    said = process.communicate(timeout=90)[1]
    return process.returncode, said


@pytest.fixture
def here():
    with desktop() as here:
        yield here


def test_keys_change_what_is_seen(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("2")
        here.wait_for_color(SPOT, SWAPPED_GREEN)
        here.press("Left")
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("v")
        here.wait_for_color((300, 300), (40, 60, 210))
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("v")
        here.wait_for_color(SPOT, GREEN)
        here.press("v")
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("m")
        here.wait_for_color(SPOT, NEGATIVE_RED)
        here.press("q")
        code, said = finish(process)
    assert code == 0, said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["frames"] > 0
    assert report["latency_ms"]["p95"] > 0
    assert report["answer_ms"]["p95"] > 0
    assert report["style"] == "The Negative"
    assert report["window"] is True


def test_the_mouse_moves_sliders_and_the_divider(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        track = LAYOUT.tracks["strength"]
        row = track.top + track.height // 2
        here.drag((track.right - 1, row), (track.left, row))
        here.wait_for_color(SPOT, GREEN)
        here.drag((track.left, row), (track.right + 50, row))
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("v")
        here.wait_for_color((400, 150), NEGATIVE_GREEN)
        here.drag((360, 400), (500, 380))
        here.wait_for_color((460, 150), GREEN)
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("Escape")
        code, said = finish(process)
    assert code == 0, said
    assert json.loads((tmp_path / "report.json").read_text())["strength"] == 1


def test_keys_of_colours_steadiness_mix_and_help(here, clip, model_path, tmp_path):
    flat = np.full((32, 32, 3), GREEN, np.uint8)
    own_colors = keep_colors(flat, 255 - flat)[0, 0].tolist()
    half = tuple(round((a + b) / 2) for a, b in zip(NEGATIVE_GREEN, SWAPPED_GREEN, strict=True))
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("c")
        here.wait_for_color(SPOT, own_colors)
        here.press("c")
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("question")
        # Behind the help nearly all of the light is taken.
        wait_for(lambda: np.median(here.look()[100:440, 200:520]) < 60, "the help")
        here.press("question")
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("Down", "Up", "Down", *["plus"] * 11, "minus")
        here.wait_for_color(SPOT, half)
        here.press("Right")
        here.wait_for_color(SPOT, SWAPPED_GREEN)
        here.press("Left", "minus", "t")
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("q")
        code, said = finish(process)
    assert code == 0, said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["temporal"] == 0
    assert report["style"] == "The Negative"


def test_the_mouse_moves_the_sliders_of_mix_and_temporal(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        mix, temporal = LAYOUT.tracks["mix"], LAYOUT.tracks["temporal"]
        row = mix.top + mix.height // 2
        here.drag((mix.left, row), (mix.right + 40, row))
        here.wait_for_color(SPOT, SWAPPED_GREEN)
        row = temporal.top + temporal.height // 2
        middle = temporal.left + temporal.width // 2
        here.drag((temporal.right - 8, row), (middle, row))
        here.press("q")
        code, said = finish(process)
    assert code == 0, said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["style"] == "The Negative 0% + The Swap 100%"
    assert report["temporal"] == pytest.approx(0.5, abs=0.02)


def test_a_camera_that_is_missing_is_waited_for_in_the_window(here, model_path, tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}/camera.mjpg"
    with running(here, None, model_path, tmp_path, source=[address]) as process:
        wait_for(lambda: here.look()[200:340, 100:860].max() > 200, "what is waited for")
        assert process.poll() is None
        with mjpeg_server.serve(100_000, port=port):
            wait_for(lambda: here.look()[60, 600].min() > 120, "the picture")
        wait_for(lambda: here.look()[380:500, 100:600].max() > 200, "a word on its loss")
        # Without new pictures a wish is followed at once all the same.
        level = int(here.look()[*SPOT[::-1], 0])
        here.press("2")
        # The camera is grey: with its colours swapped it is no longer the negative.
        here.wait_for_color(SPOT, (255 - level,) * 3)
        here.press("q")
        code, said = finish(process)
    assert code == 0, said


@pytest.mark.parametrize("way", ["q", "close", "signal"])
def test_one_may_leave_while_a_camera_is_waited_for(model_path, tmp_path, way):
    with (
        stalled() as port,
        desktop(manager=True) as here,
        running(here, None, model_path, tmp_path, source=[f"http://127.0.0.1:{port}/x"]) as process,
    ):
        if way == "signal":
            process.send_signal(signal.SIGINT)
        else:
            here.press("q" if way == "q" else "alt+F4")
        code, said = finish(process)
    assert code == (130 if way == "signal" else 0), said
    assert "Traceback" not in said


def test_pictures_and_recordings_have_no_overlay(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("h", "s", "h", "r")
        # The red dot, at the right end of the window.
        wait_for(lambda: red_pixels(here.look()) > 30, "the sign of a recording")
        time.sleep(1)
        here.press("r")
        wait_for(lambda: red_pixels(here.look()) == 0, "the end of the recording")
        here.press("q")
        code, said = finish(process)
    assert code == 0, said
    pictures = list(tmp_path.glob("stylecam-*.png"))
    recordings = list(tmp_path.glob("stylecam-*.mp4"))
    assert len(pictures) == len(recordings) == 1
    assert media.count_frames(recordings[0]) > 0
    picture = cv2.cvtColor(cv2.imread(str(pictures[0])), cv2.COLOR_BGR2RGB)
    assert picture.shape == (48, 64, 3)
    # Nothing but the clip's flat quarters and its stripe: the overlay would darken a corner.
    assert_flat_but_for_the_stripe(picture[2:20, 34:62], NEGATIVE_GREEN)
    assert_flat_but_for_the_stripe(picture[2:20, 2:30], NEGATIVE_RED)


def assert_flat_but_for_the_stripe(part, color):
    """The moment that was saved decides which columns the moving stripe stands in."""
    columns = np.abs(part.astype(int) - color).max(axis=2).mean(axis=0)
    assert np.sort(columns)[:-STRIPE_COLUMNS].max() < 12


def red_pixels(screen):
    corner = screen[: CANVAS[1] // 6, CANVAS[0] * 3 // 4 : CANVAS[0]].astype(int)
    red, green, blue = corner[..., 0], corner[..., 1], corner[..., 2]
    return int(((red > 225) & (green < 80) & (blue < 80)).sum())


def test_the_picture_keeps_its_shape_when_the_window_changes(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("i")
        here.resize(1200, 540)
        here.wait_for_color((100, 270), (0, 0, 0))
        here.wait_for_color((1100, 270), (0, 0, 0))
        # The picture is 720 wide, in the middle.
        here.wait_for_color((250, 100), NEGATIVE_RED)
        here.wait_for_color((950, 100), NEGATIVE_GREEN)
        here.resize(400, 700)
        here.wait_for_color((200, 100), (0, 0, 0))
        here.wait_for_color((100, 220), NEGATIVE_RED)
        here.press("q")
        assert finish(process)[0] == 0


def test_freezing_and_hiding(here, clip, model_path, tmp_path):
    with running(here, clip, model_path, tmp_path) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        here.press("i", "space")
        wait_for(lambda: same(here.look(), here.look()), "a picture that stands still")
        # The state of a frozen picture is still painted anew: styles can be tried on it.
        here.press("2")
        here.wait_for_color(SPOT, SWAPPED_GREEN)
        here.press("space")
        wait_for(lambda: not same(here.look(), here.look()), "a picture that moves")
        here.press("q")
        assert finish(process)[0] == 0


def same(first, second):
    time.sleep(0.1)
    # The stabilizer may still settle by a few levels; the clip's moving stripe is a jump.
    return bool(np.abs(first.astype(int) - second).max() < 40)


def test_the_close_button_leaves_and_the_recording_is_kept(clip, model_path, tmp_path):
    out = tmp_path / "out.mp4"
    with (
        desktop(manager=True) as here,
        running(here, clip, model_path, tmp_path, "--record", out) as process,
    ):
        wait_for(lambda: red_somewhere(here.look()), "the sign of a recording")
        here.press("f")
        wait_for(lambda: covers(here.look()), "the full screen")
        here.press("f")
        wait_for(lambda: not covers(here.look()), "the window again")
        here.press("alt+F4")
        code, said = finish(process)
    assert code == 0, said
    assert media.count_frames(out) > 0


@pytest.mark.parametrize("way", ["wait", "q", "alt+F4"])
def test_the_window_says_that_the_recording_is_being_completed(clip, model_path, tmp_path, way):
    out, release = tmp_path / "out.mp4", tmp_path / "release"
    program = ("-c", SLOW_TO_COMPLETE.format(release=str(release)))
    with (
        desktop(manager=True) as here,
        running(here, clip, model_path, tmp_path, "--record", out, program=program) as process,
    ):
        wait_for(lambda: red_somewhere(here.look()), "the sign of a recording")
        here.press("q")
        wait_for(lambda: says_one_line(here.look()), "a black window with a line of text")
        assert process.poll() is None
        if way != "wait":
            here.press(way)
            wait_for(lambda: not here.look().any(), "the end of the window")
            assert process.poll() is None
        release.touch()
        code, said = finish(process)
    assert code == 0, said
    assert media.count_frames(out) > 0


def says_one_line(screen):
    """White text on black, in the middle of the screen, and nothing of the picture."""
    text = screen.max(axis=(1, 2)) > 200
    return bool(text.any() and (screen == 0).mean() > 0.9)


def red_somewhere(screen):
    return bool(((screen[..., 0] > 225) & (screen[..., 1] < 80) & (screen[..., 2] < 80)).any())


def covers(screen):
    # The clip is 4:3, so that a full screen has bars at the sides and the picture at the top.
    return bool(screen[3, 640].max() > 60 and screen[400, 5].max() == 0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_session_with_a_window(here, clip, model_path, tmp_path, number, code):
    out = tmp_path / "out.mp4"
    with running(here, clip, model_path, tmp_path, "--record", out) as process:
        here.wait_for_color(SPOT, NEGATIVE_GREEN)
        process.send_signal(number)
        assert finish(process)[0] == code
    assert media.count_frames(out) > 0
