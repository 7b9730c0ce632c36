from __future__ import annotations

import json
from dataclasses import asdict

import cv2
import made_up
import pytest

from export import cli
from export.checkpoint import load_checkpoint
from export.optimize import OptimizationOptions
from export.options import TrainingOptions
from realtime.cli import main

TINY = ("--steps", "2", "--batch", "1", "--crop", "32", "--style-size", "32", "--every", "1")


@pytest.fixture
def train(painting_paths, photographs_path, loss_network_path):
    """Calls ``stylecam train`` for two steps."""

    def call(output, *more, paintings=painting_paths[:1]):
        given = (*paintings, "--content", photographs_path, "--loss-network", loss_network_path)
        return main([str(a) for a in ("train", *given, "-o", output, *TINY, *more)])

    return call


def error_line(capfd):
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("stylecam: error: ")
    return err


@pytest.mark.slow
def test_a_painting_becomes_a_model_that_paints(train, tmp_path, capfd):
    """The whole line: train, export, list, paint."""
    assert train(tmp_path / "run") == 0
    model = tmp_path / "mine.onnx"
    assert main(["export", str(tmp_path / "run" / "checkpoint.pt"), "-o", str(model)]) == 0
    assert "99.9th percentile" in capfd.readouterr().err
    assert main(["styles", "--model", str(model), "--json"]) == 0
    assert [style["name"] for style in json.loads(capfd.readouterr().out)] == ["stripes_0"]

    photograph = tmp_path / "photo.png"
    cv2.imwrite(str(photograph), made_up.made_up_picture(7))
    painted = tmp_path / "painted.png"
    assert main(["image", str(photograph), "-o", str(painted), "--model", str(model)]) == 0
    assert cv2.imread(str(painted)).shape == cv2.imread(str(photograph)).shape


def test_a_run_goes_on_and_says_so(train, tmp_path, capfd):
    assert train(tmp_path / "run") == 0
    capfd.readouterr()
    assert train(tmp_path / "run", "--steps", "3") == 0
    assert "going on at step 3 of 3" in capfd.readouterr().err


def test_a_style_is_added_to_a_checkpoint(train, tmp_path, painting_paths, capfd):
    assert train(tmp_path / "base") == 0
    base = tmp_path / "base" / "checkpoint.pt"
    assert train(tmp_path / "both", "--add-to", base, paintings=painting_paths[1:]) == 0
    rates = [
        load_checkpoint(tmp_path / run / "checkpoint.pt").training["learning_rate"]
        for run in ("base", "both")
    ]
    assert rates == [6e-3, 3e-3]
    capfd.readouterr()
    assert train(tmp_path / "again", "--add-to", base) == 2
    assert "'stripes_0' is there twice" in error_line(capfd)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--content", "nowhere"), "nowhere is not a folder"),
        (("--loss-network", "vgg99"), "vgg16, vgg19"),
        (("--add-to", "nowhere.pt"), "nowhere.pt does not exist"),
        (("--device", "abacus"), "device 'abacus'"),
        (("--learning-rate", "0"), "learning-rate"),
    ],
)
def test_bad_input_is_one_line(train, tmp_path, capfd, more, said):
    assert train(tmp_path / "run", *more) == 2
    assert said in error_line(capfd)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_a_file_is_refused(train, tmp_path, capfd):
    (tmp_path / "run").write_text("precious")
    assert train(tmp_path / "run") == 2
    assert "is a file" in error_line(capfd)
    assert (tmp_path / "run").read_text() == "precious"


def test_a_missing_painting_is_named(train, tmp_path, capfd):
    assert train(tmp_path / "run", paintings=[tmp_path / "nowhere.jpg"]) == 2
    assert "nowhere.jpg" in error_line(capfd)


def test_optimize_writes_a_picture(tmp_path, painting_paths, loss_network_path, capfd):
    photograph = tmp_path / "photo.png"
    cv2.imwrite(str(photograph), made_up.made_up_picture(7))
    output = tmp_path / "out.png"
    arguments = ["optimize", photograph, painting_paths[0], "--loss-network", loss_network_path]
    arguments += ["--steps", 2, "--size", 48, "--style-size", 48, "-o", output]
    arguments = [str(argument) for argument in arguments]
    assert main(arguments) == 0
    assert min(cv2.imread(str(output)).shape[:2]) == 48
    before = output.read_bytes()
    capfd.readouterr()
    assert main(arguments) == 2
    assert "--overwrite" in error_line(capfd)
    assert output.read_bytes() == before
    assert main([*arguments, "--overwrite", "-q"]) == 0


@pytest.mark.parametrize("name", ["out.xyz", "out"])
def test_optimize_refuses_unknown_pictures_before_the_work(
    tmp_path, painting_paths, loss_network_path, capfd, name
):
    arguments = ["optimize", painting_paths[0], painting_paths[1], "--steps", 100000]
    arguments += ["--loss-network", loss_network_path, "-o", tmp_path / name]
    assert main([str(argument) for argument in arguments]) == 2
    assert "kind of picture" in error_line(capfd)


def test_the_command_and_the_library_have_the_same_defaults():
    """The command does not import the library before it runs, so it states its defaults itself."""
    ours = {parameter.name: parameter.default for parameter in cli.train.params}
    for name, value in TrainingOptions().to_dict().items():
        if name != "network":
            assert ours[name] == value, name
    ours = {parameter.name: parameter.default for parameter in cli.optimize.params}
    for name, value in asdict(OptimizationOptions()).items():
        assert ours[name] == value, name
