from __future__ import annotations

import sys
from fractions import Fraction

import media
import pytest
from desktop import desktop

from realtime.bench.clips import Clip
from realtime.bench.contenders import ModelSettings
from realtime.bench.live import CameraClip, LiveContender


def clip(folder, frames):
    return Clip(media.make_clip(folder / "clip.mp4", frames=frames), 64, 48, frames)


def test_a_clip_comes_at_the_rate_of_a_camera(tmp_path):
    with CameraClip(clip(tmp_path, 9).open(), 5, Fraction(30)) as source:
        assert source.info.rate == 30
        frames = list(source)
    assert [frame.pts for frame in frames] == [Fraction(index, 30) for index in range(5)]
    assert {frame.duration for frame in frames} == {Fraction(1, 30)}
    assert not source.damaged


def test_a_session_is_measured_with_its_answers(model_path, tmp_path):
    contender = LiveContender(ModelSettings(model_path, threads=1), clip(tmp_path, 60), 0.5)
    assert contender.open() == "CPUExecutionProvider"
    for _ in range(2):
        turn = contender.turn()
        assert turn.frames + turn.dropped == 60
        assert len(turn.times_ms) == turn.frames > 0
        # The style is changed half a second after the beginning, and each second from then on.
        assert turn.answers_ms
        assert min(turn.answers_ms) > 0
        assert turn.seconds > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("key", ["q", "alt+F4"])
def test_a_window_that_is_closed_ends_the_benchmark_with_one_line(
    launch, model_path, tmp_path, key
):
    command = [sys.executable, "-m", "realtime", "bench", "--window", "--model", model_path]
    # Long enough that nobody is too late to close it.
    command += ["--size", "64x48", "--frames", "600", "--json", tmp_path / "b.json", "-q"]
    with desktop(manager=True) as here:
        process = launch(command, env=here.environment)
        here.find_window("stylecam bench")
        here.press(key)
        said = process.communicate(timeout=90)[1]
    assert process.returncode == 2
    assert said.count("\n") == 1
    assert said.startswith("stylecam: error: the window was closed before all was measured")
    assert not (tmp_path / "b.json").exists()
