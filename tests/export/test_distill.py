from __future__ import annotations

import made_up
import numpy as np
import pytest
import torch

from export.checkpoint import load_checkpoint
from export.dataset import Photographs
from export.distill import DistillationOptions, Distiller, save_student
from export.loss_networks import load_loss_network
from export.perceptual import STYLE_LAYERS
from export.shipped import CHECKPOINT
from realtime.cli import main
from realtime.errors import OptionError

SMALL = DistillationOptions(steps=100, batch=3, crop=32)


@pytest.fixture(scope="module")
def teacher_path(tmp_path_factory):
    return made_up.write_loss_network(tmp_path_factory.mktemp("t") / "teacher.npz", widen=True)


@pytest.fixture
def distiller(teacher_path, photographs_path):
    photographs = Photographs(photographs_path, crop=SMALL.crop)
    painter = load_checkpoint(CHECKPOINT).build()
    return Distiller(load_loss_network(str(teacher_path)), photographs, painter, SMALL)


@pytest.mark.slow
def test_the_student_comes_nearer_to_its_teacher(distiller):
    losses = [loss for _, loss in distiller.run()]
    assert np.mean(losses[-20:]) < 0.7 * np.mean(losses[:5])


def test_the_file_gives_the_features_of_the_student(distiller, tmp_path):
    for _ in zip(range(3), distiller.run(), strict=False):
        pass
    save_student(distiller, tmp_path / "student.npz")
    picture = torch.rand(1, 3, 32, 32)
    loaded = load_loss_network(str(tmp_path / "student.npz"))
    read, learned = loaded(picture), distiller.student(picture)
    for name in STYLE_LAYERS:
        wide = distiller.student.style_features(name, learned[name])
        torch.testing.assert_close(
            loaded.style_features(name, read[name]),
            wide.detach() * distiller.scale,
            rtol=0.02,
            atol=0.02 * distiller.scale,
        )


def test_a_distillation_that_diverges_stops(distiller):
    next(distiller.run())
    with torch.no_grad():
        next(distiller.student.parameters()).fill_(torch.inf)
    with pytest.raises(OptionError, match=r"diverged at step 1; give another --seed"):
        next(distiller.run())


@pytest.mark.parametrize("value", [1e5, float("nan"), float("-inf")])
def test_weights_that_do_not_fit_the_file_are_refused(distiller, tmp_path, value):
    weight = distiller.student.convolutions["3_1"].weight
    with torch.no_grad():
        weight[3, 2, 1, 0] = value
    with pytest.raises(OptionError, match=r"its weights conv31_w reach"):
        save_student(distiller, tmp_path / "student.npz")
    assert list(tmp_path.iterdir()) == []
    with torch.no_grad():
        weight[3, 2, 1, 0] = 65_504.0
    save_student(distiller, tmp_path / "student.npz")


@pytest.fixture
def call_distill(teacher_path, photographs_path, tmp_path):
    """Calls ``stylecam distill`` for two steps; returns the exit code."""
    paintings = tmp_path / "paintings"
    paintings.mkdir()
    for seed in (100, 101):
        made_up.write_painting(paintings / f"{seed}.png", seed)
    call = ["distill", teacher_path, "--content", photographs_path, "--paintings", paintings]
    call += ["--steps", 2, "--batch", 2, "--crop", 32, "--compared", 2]

    def run(*more):
        return main([str(argument) for argument in (*call, *more)])

    return run


def test_a_painter_that_is_missing_is_said(call_distill, tmp_path, capfd):
    assert call_distill("-o", tmp_path / "x.npz", "--painter", tmp_path / "none.pt") == 2
    assert "none.pt does not exist" in capfd.readouterr().err


@pytest.mark.slow
def test_the_command_compares_at_the_end(call_distill, tmp_path, capfd):
    output = tmp_path / "student.npz"
    assert call_distill("-o", output, "--painter", "shipped") == 0
    # Two photographs, plain and in twelve styles, beside two paintings.
    assert "rank correlation of 52 style losses" in capfd.readouterr().out
    assert call_distill("-o", output) == 2
    assert "--overwrite" in capfd.readouterr().err
