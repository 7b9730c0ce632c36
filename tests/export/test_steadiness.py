"""``stylecam evaluate --temporal`` and ``--still``: from clips to a report."""

from __future__ import annotations

import json

import cv2
import made_up
import numpy as np
import pytest
import tiny_model
import videos

from export.steadiness import SteadinessOptions, measure_steadiness, noisy_still
from realtime.cli import main
from realtime.comparison import INPUT, OUTPUT, PER_FRAME
from realtime.sinks.video import VideoFileSink


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model.save(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with VideoFileSink(path, videos.INFO, videos.FAST) as sink:
        for index in range(12):
            sink.write(videos.picture(index))
    return path


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    cv2.imwrite(str(path), made_up.made_up_picture(3))
    return path


def test_the_report_tells_networks_and_stabilizer_apart(model, clip, photograph, tmp_path, capfd):
    output = tmp_path / "report"
    call = ["evaluate", model, "--temporal", clip, "--still", photograph, "--unsteady", model]
    call += ["-o", output, "--size", 48, "--frames", 10, "--style", "negative"]
    call += ["--still-frames", 60]
    call = [str(argument) for argument in call]
    assert main(call) == 0
    report = json.loads((output / "steadiness.json").read_text())
    moving, still = report["clips"]
    assert (moving["clip"], moving["frames"], moving["still"]) == ("clip.mp4", 10, False)
    assert (still["clip"], still["frames"], still["still"]) == ("photo.png", 60, True)
    assert set(moving["scores"]) == {"input", "unsteady", "per_frame", "output"}
    # The same network twice: the training contributes nothing; the stabilizer calms the noise.
    assert still["scores"]["unsteady"]["warping_error"] == pytest.approx(
        still["scores"]["per_frame"]["warping_error"]
    )
    assert report["summary"]["still_warping_error_of_unsteady"] < 0.5
    names = {path.name for path in output.iterdir()}
    assert {"01-clip-negative.mp4", "01-clip-negative.png", "02-photo-negative.mp4"} <= names
    shown, _ = videos.read(output / "01-clip-negative.mp4")
    assert len(shown) == 10
    assert "| clip.mp4 | negative | output |" in (output / "steadiness.md").read_text()
    capfd.readouterr()
    assert main(call) == 2
    assert "--overwrite" in capfd.readouterr().err


def test_without_the_stabilizer_the_output_is_the_painting(model, clip):
    options = SteadinessOptions((64, 48), frames=6, strength=0.0)
    (found,) = measure_steadiness([clip], [], ["swapped"], options, model=model)
    scores = found.found.scores
    assert scores[OUTPUT].warping_error == scores[PER_FRAME].warping_error
    assert scores[OUTPUT].sharpness == scores[PER_FRAME].sharpness
    # This style only changes the colours over, so it is as steady as the input.
    assert scores[PER_FRAME].warping_error == pytest.approx(scores[INPUT].warping_error)


def test_a_still_scene_trembles_around_the_picture():
    picture = made_up.made_up_picture(4, 54, 96)
    info, frames = noisy_still(picture, SteadinessOptions((96, 54), still_frames=40))
    images = np.stack([frame.image for frame in frames]).astype(np.float32)
    assert images.shape == (40, info.height, info.width, 3)
    middle = (picture > 20) & (picture < 235)
    assert np.abs(images.mean(0) - picture)[middle].max() < 4
    assert images.std(0)[middle].mean() == pytest.approx(4, abs=0.3)


def test_clips_of_one_name_are_kept_apart(model, clip, tmp_path):
    options = SteadinessOptions((64, 48), frames=3)
    styles = ["negative:0.7,swapped:0.3", "negative:0.7,swapped:0.3"]
    found = list(measure_steadiness([clip, clip], [], styles, options, model=model, show=tmp_path))
    assert len({f.label for f in found}) == 2
    assert {path.stem for path in tmp_path.iterdir()} == {f.label for f in found}


def test_what_does_not_go_together_is_refused(model, clip, tmp_path, capfd):
    call = ["evaluate", str(model), "-o", str(tmp_path / "report")]
    assert main([*call, "--temporal", str(clip), "--strength", "0.5"]) == 2
    assert "--strength" in capfd.readouterr().err
    assert main([*call, "--unsteady", str(model)]) == 2
    assert "--temporal" in capfd.readouterr().err


def test_photographs_or_clips_must_be_given(tmp_path, capfd):
    assert main(["evaluate", "-o", str(tmp_path / "report")]) == 2
    assert "--temporal" in capfd.readouterr().err
    assert not (tmp_path / "report").exists()
