"""What ``stylecam evaluate --temporal`` takes by default, and advises, is what there is."""

from __future__ import annotations

import json
import sys

import media
import pytest

from export.steadiness import SteadinessOptions
from realtime.cli import main
from realtime.model_files import default_model, describe


@pytest.fixture
def call(tmp_path):
    """Measures two small frames; returns the exit code."""
    clip = media.make_clip(tmp_path / "clip.mp4", frames=2)
    arguments = "--temporal", clip, "--size", "32", "--no-video", "-o", tmp_path / "report", "-q"

    def run():
        return main(["evaluate", *map(str, arguments)])

    return run


def test_the_styles_that_are_taken_by_default_are_told(call, tmp_path, capfd):
    """With the model that ships, which has more."""
    assert call() == 0
    clips = json.loads((tmp_path / "report" / "steadiness.json").read_text())["clips"]
    known = [style.name for style in describe(default_model()).painted_styles]
    assert [entry["style"] for entry in clips] == known[:3]
    assert main(["evaluate", "--help"]) == 0
    assert "the model's first 3." in " ".join(capfd.readouterr().out.split())


def test_frames_of_a_still_scene_need_one(tmp_path, capfd):
    clip = media.make_clip(tmp_path / "clip.mp4", frames=2)
    call = ["evaluate", "--temporal", str(clip), "--still-frames", "9", "-o", str(tmp_path / "r")]
    assert main(call) == 2
    assert "--still-frames goes with --still" in capfd.readouterr().err
    assert main(["evaluate", "--help"]) == 0
    assert f"{SteadinessOptions().still_frames} if not given." in capfd.readouterr().out


def test_without_matplotlib_only_what_exists_is_advised(call, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert call() == 2
    assert capfd.readouterr().err.endswith("[plots]'\n")
