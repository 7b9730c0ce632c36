"""``stylecam evaluate``, on made-up pictures: from a checkpoint to a report."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import cv2
import made_up
import numpy as np
import pytest
import tiny_model

from export import cli_evaluate
from export.evaluate import EvaluationOptions, Judge, Picture, score
from export.evaluation_report import summarize, to_markdown
from export.network import NetworkConfig
from export.onnx_export import export_checkpoint
from export.options import TrainingOptions
from export.training_run import train
from realtime.cli import main

SMALL = TrainingOptions(
    steps=2, batch=1, crop=32, style_size=48, network=NetworkConfig(widths=(8, 8), blocks=1)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, painting_paths, photographs_path, loss_network_path):
    """A checkpoint of one style, and its model."""
    folder = tmp_path_factory.mktemp("trained")
    inputs = (painting_paths[:1], photographs_path, str(loss_network_path))
    checkpoint = train(*inputs, folder, SMALL)
    export_checkpoint(checkpoint, folder / "model.onnx")
    return checkpoint, folder / "model.onnx"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model of one style that costs nothing, beside the painting of that style."""
    folder = tmp_path_factory.mktemp("tiny")
    made_up.write_painting(folder / "negative.png")
    return tiny_model.save(folder / "tiny.onnx", [tiny_model.STYLES[0], tiny_model.STYLES[2]])


@pytest.fixture
def evaluate(tiny, photographs_path, loss_network_path):
    """Calls ``stylecam evaluate`` on two small photographs."""

    def call(output, *more, model=tiny, paintings=tiny.parent):
        given = ["evaluate", model, "--content", photographs_path, "-o", output]
        given += ["--paintings", paintings, "--loss-network", loss_network_path]
        given += ["--photographs", 2, "--size", 48, "--style-size", 48]
        given += ["--iterations", 2, "--iterations", 1]
        return main([str(argument) for argument in (*given, *more)])

    return call


@pytest.mark.slow
def test_the_report_holds_every_contender(evaluate, trained, painting_paths, tmp_path, capfd):
    checkpoint, model = trained
    inputs = {"model": model, "paintings": painting_paths[0].parent}
    assert evaluate(tmp_path / "report", "--reference", checkpoint, **inputs) == 0
    report = json.loads((tmp_path / "report" / "evaluation.json").read_text())
    counts = {row["contender"]: row["photographs"] for row in report["scores"]}
    assert counts == {
        "photograph": 2,
        "stylecam": 2,
        "reference": 2,
        "optimisation_1": 1,
        "optimisation_2": 1,
    }
    # The reference is the same network here, but for rounding.
    assert report["summary"]["total_vs_reference"] == pytest.approx(1, abs=0.05)
    losses = {row["contender"]: row for row in report["scores"]}
    assert losses["photograph"]["content"] == 0
    assert losses["photograph"]["milliseconds"] is None
    assert losses["stylecam"]["milliseconds"] > 0
    assert losses["stylecam"]["content"] > 0
    assert report["loss_network"] == "random"
    assert "stripes_0" in capfd.readouterr().out


def test_the_page_shows_pictures_that_exist(evaluate, tmp_path):
    folder = tmp_path / "report"
    assert evaluate(folder, "--optimized", 0) == 0
    page = (folder / "evaluation.html").read_text()
    shown = re.findall(r'<img src="([^"]+)"', page)
    assert len(shown) == 4
    assert all(cv2.imread(str(folder / file)) is not None for file in shown)
    assert (folder / "evaluation.md").read_text().count("\n") == 4


def test_a_report_is_not_replaced_unasked(evaluate, tmp_path, capfd):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "evaluation.json").write_text("precious")
    assert evaluate(folder, "--optimized", 0) == 2
    assert "--overwrite" in capfd.readouterr().err
    assert (folder / "evaluation.json").read_text() == "precious"
    assert evaluate(folder, "--optimized", 0, "--overwrite", "-q") == 0
    assert json.loads((folder / "evaluation.json").read_text())["format"] == "stylecam.evaluation"


@pytest.mark.parametrize("name", ["a_file", "full", "nowhere/report"])
def test_a_folder_that_cannot_hold_a_report_is_refused_before_the_work(
    evaluate, tmp_path, capfd, name
):
    (tmp_path / "a_file").write_text("precious")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    assert evaluate(tmp_path / name, "--iterations", 100000, "--overwrite") == 2
    assert str(tmp_path) in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a_file", "full", "thesis.txt"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--paintings", "nowhere"), "nowhere is not a folder"),
        (("--content", "nowhere"), "nowhere is not a folder"),
        (("--style", "stripes_1"), "unknown style 'stripes_1'"),
        (("--loss-network", "vgg99"), "vgg16, vgg19"),
        (("--reference", "nowhere.pt"), "nowhere.pt does not exist"),
    ],
)
def test_bad_input_is_one_line(evaluate, tmp_path, capfd, more, said):
    assert evaluate(tmp_path / "report", *more) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert said in err
    assert not (tmp_path / "report").exists()


def test_the_painting_itself_has_no_style_loss(judge):
    painting = made_up.made_up_picture(3)
    other = made_up.made_up_picture(4)
    measure = Judge(judge, painting, EvaluationOptions(variation_weight=0), "cpu")
    assert measure(painting, painting) == pytest.approx((0, 0, 0), abs=1e-6)
    content, style, total = measure(other, painting)
    assert content > 0
    assert style > 0
    assert total == pytest.approx(content + 6 * style)


def picture(style, photograph, contender, style_loss, total, milliseconds):
    nothing = np.zeros((1, 1, 3), np.uint8)
    return Picture(photograph, style, contender, nothing, 0.5, style_loss, total, milliseconds)


def test_summaries_compare_the_same_photographs():
    pictures = [
        picture("a", "x", "photograph", 2.0, 12.0, None),
        picture("a", "x", "stylecam", 0.2, 2.0, 10.0),
        picture("a", "x", "reference", 0.2, 1.6, 300.0),
        picture("a", "y", "photograph", 2.0, 12.0, None),
        picture("a", "y", "stylecam", 0.2, 40.0, 10.0),
        picture("b", "x", "photograph", 1.0, 6.0, None),
        picture("b", "x", "stylecam", 0.3, 2.0, 10.0),
    ]
    assert summarize(pictures) == pytest.approx(
        {"worst_style_share": 0.3, "total_vs_reference": 1.25, "faster_than_reference": 30}
    )
    assert "| b | stylecam | 1 | 0.500 | 0.300 | 30.0% | 2.00 | 10.0 ms |" in to_markdown(
        score(pictures)
    )


def test_the_command_and_the_library_have_the_same_defaults():
    ours = {parameter.name: parameter.default for parameter in cli_evaluate.evaluate.params}
    for name, value in asdict(EvaluationOptions()).items():
        assert np.array_equal(ours[name], value), name


def test_the_optimisation_starts_from_noise_if_asked(evaluate, tmp_path):
    losses = []
    for start in [(), ("--from-noise",)]:
        folder = tmp_path / f"{len(start)}"
        assert evaluate(folder, *start, "--photographs", 1) == 0
        scores = json.loads((folder / "evaluation.json").read_text())["scores"]
        losses += [row["content"] for row in scores if row["contender"] == "optimisation_1"]
    # One iteration leaves a photograph about as it is, and noise about as far from it as it was.
    from_photograph, from_noise = losses
    assert from_photograph < 0.5 < from_noise
