from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from export.checkpoint import load_checkpoint
from export.dataset import Photographs
from export.loss_networks import load_loss_network
from export.network import NetworkConfig
from export.options import TrainingOptions
from export.train import STYLE_FACTORS, USUAL_DISTANCE, Trainer, learning_rate_factor
from export.training_run import CHECKPOINT_NAME, train
from realtime.errors import OptionError

SMALL = TrainingOptions(
    steps=6, batch=2, crop=32, style_size=48, network=NetworkConfig(widths=(8, 8), blocks=1)
)


@pytest.fixture
def run(painting_paths, photographs_path, loss_network_path):
    """Trains for a few steps on made-up pictures."""

    def call(output, options=SMALL, **more):
        paintings = more.pop("paintings", painting_paths)
        arguments = (paintings, photographs_path, str(loss_network_path), output, options)
        return load_checkpoint(train(*arguments, **more))

    return call


def assert_equal_networks(first, second):
    assert first.network.keys() == second.network.keys()
    for key, value in first.network.items():
        assert torch.equal(value, second.network[key]), key


def test_training_lowers_the_loss(run, tmp_path):
    seen = []
    options = replace(SMALL, steps=60, stability_weight=0.5)
    run(tmp_path / "run", options, on_step=seen.append)
    weighted = [p.losses.content + 6 * p.losses.style for p in seen]
    assert weighted[-1] < 0.7 * weighted[0]
    assert (tmp_path / "run" / "preview.png").is_file()


def test_equal_seeds_give_equal_networks(run, tmp_path):
    first, second = (run(tmp_path / name) for name in ("a", "b"))
    assert_equal_networks(first, second)
    other = run(tmp_path / "c", replace(SMALL, seed=1))
    assert not torch.equal(first.network["head.weight"], other.network["head.weight"])


def test_a_stopped_run_goes_on_as_if_nothing_had_happened(run, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(progress):
        if progress.step == 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(tmp_path / "stopped", every=2, on_step=stop)
    assert load_checkpoint(tmp_path / "stopped" / CHECKPOINT_NAME).step == 4
    steps = []
    resumed = run(tmp_path / "stopped", every=2, on_step=lambda p: steps.append(p.step))
    assert steps == [5, 6]
    assert_equal_networks(resumed, run(tmp_path / "whole", every=2))


def test_a_run_can_be_made_longer_but_not_otherwise_changed(run, tmp_path):
    run(tmp_path / "run")
    assert run(tmp_path / "run", replace(SMALL, steps=8)).step == 8
    with pytest.raises(OptionError, match="--style-weight"):
        run(tmp_path / "run", replace(SMALL, style_weight=1.0))


def test_a_run_goes_on_at_its_learning_rate_whatever_is_usual_now(run, tmp_path):
    begun = run(tmp_path / "run", replace(SMALL, learning_rate=1e-4))
    assert begun.training["learning_rate"] == 1e-4
    assert run(tmp_path / "run", replace(SMALL, steps=8)).training["learning_rate"] == 1e-4
    with pytest.raises(OptionError, match=r"--learning-rate 0\.0001 instead of 0\.1"):
        run(tmp_path / "run", replace(SMALL, learning_rate=0.1))


def test_a_painting_keeps_its_scale_and_weight_within_a_run(run, tmp_path, painting_paths):
    paths = [Path(shutil.copy(path, tmp_path)) for path in painting_paths]
    run(tmp_path / "run", paintings=paths)
    paths[1].with_suffix(".toml").write_text("weight = 1.5\n")
    with pytest.raises(OptionError, match=r"weight 1 instead of 1 and 1\.5"):
        run(tmp_path / "run", replace(SMALL, steps=8), paintings=paths)


def test_an_added_style_leaves_the_others_alone(run, tmp_path, painting_paths):
    base = run(tmp_path / "base", paintings=painting_paths[:1])
    added = run(
        tmp_path / "added",
        paintings=painting_paths[1:],
        add_to=tmp_path / "base" / CHECKPOINT_NAME,
    )
    assert [style.name for style in added.styles] == ["stripes_0", "identity", "stripes_1"]
    assert added.styles[:2] == base.styles
    picture = torch.rand(1, 3, 32, 32).expand(3, -1, -1, -1)
    with torch.no_grad():
        before = base.build().eval()(picture[:2], torch.eye(2))
        after = added.build().eval()(picture, torch.eye(3))
    assert torch.equal(before, after[:2])
    assert all(not torch.allclose(after[2], old) for old in before)


def test_a_training_can_start_from_another(run, tmp_path):
    run(tmp_path / "first")
    slow = replace(SMALL, steps=1, learning_rate=1e-9, seed=5)
    again = run(tmp_path / "more", slow, start_from=tmp_path / "first" / CHECKPOINT_NAME)
    first = load_checkpoint(tmp_path / "first" / CHECKPOINT_NAME)
    assert (again.step, again.training["base_steps"]) == (1, first.step)
    for key, value in first.network.items():
        torch.testing.assert_close(again.network[key], value, rtol=0, atol=1e-6)


def test_a_run_keeps_its_judge(run, tmp_path, painting_paths, photographs_path):
    run(tmp_path / "run")
    with pytest.raises(OptionError, match="loss network 'random'"):
        train(painting_paths, photographs_path, "compact", tmp_path / "run", SMALL)


def test_a_start_without_the_identity_says_so(run, tmp_path):
    run(tmp_path / "first")
    start = tmp_path / "first" / CHECKPOINT_NAME
    with pytest.raises(OptionError, match="--weaker"):
        run(tmp_path / "more", replace(SMALL, weaker=0.0), start_from=start)


def test_a_training_of_other_styles_is_no_start(run, tmp_path, painting_paths):
    run(tmp_path / "first")
    first = tmp_path / "first" / CHECKPOINT_NAME
    with pytest.raises(OptionError, match="stripes_0, stripes_1"):
        run(tmp_path / "more", start_from=first, paintings=painting_paths[::-1])


def test_balance_makes_up_for_how_near_photographs_are(
    painting_paths, photographs_path, loss_network_path
):
    def factors(balance):
        options = replace(SMALL, balance=balance)
        photographs = Photographs(photographs_path, crop=options.crop)
        judge = load_loss_network(str(loss_network_path))
        return Trainer(painting_paths, photographs, judge, options)

    trainer = factors(0.3)
    distances = trainer.measure_style_distances()
    expected = (USUAL_DISTANCE / distances) ** 0.3
    torch.testing.assert_close(trainer.style_factors, expected.clamp(*STYLE_FACTORS))
    torch.testing.assert_close(factors(0.0).style_factors, torch.ones(2))


def test_a_painting_may_weigh_more_and_be_smaller(
    tmp_path, painting_paths, photographs_path, loss_network_path
):
    paths = [Path(shutil.copy(path, tmp_path)) for path in painting_paths]
    options = replace(SMALL, balance=0.0)
    photographs = Photographs(photographs_path, crop=options.crop)
    judge = load_loss_network(str(loss_network_path))
    plain = Trainer(paths, photographs, judge, options)
    paths[1].with_suffix(".toml").write_text("weight = 1.5\nscale = 0.5\n")
    hinted = Trainer(paths, photographs, judge, options)
    assert hinted.style_factors.tolist() == [1, 1.5]
    for name, grams in plain.targets.items():
        torch.testing.assert_close(hinted.targets[name][0], grams[0])
        assert not torch.allclose(hinted.targets[name][1], grams[1], rtol=1e-3)


@pytest.mark.slow
def test_the_identity_learns_to_show_the_picture(run, tmp_path):
    checkpoint = run(tmp_path / "run", replace(SMALL, steps=150, weaker=1.0, stability_weight=0))
    picture = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        shown, painted = (
            checkpoint.build().eval()(picture, row[None]) for row in torch.eye(3)[[2, 0]]
        )
    assert (shown - picture).abs().mean() < 0.5 * (painted - picture).abs().mean()


def test_without_weaker_paintings_there_is_no_identity(run, tmp_path):
    checkpoint = run(tmp_path / "run", replace(SMALL, weaker=0.0))
    assert [style.name for style in checkpoint.styles] == ["stripes_0", "stripes_1"]


def test_reported_losses_leave_out_what_was_not_painted_in_full(run, tmp_path):
    seen = []
    run(tmp_path / "run", replace(SMALL, batch=1, weaker=0.5, steps=8), on_step=seen.append)
    assert min(progress.losses.style for progress in seen[3:]) > 0.01


def test_a_name_can_be_used_once(run, tmp_path, painting_paths):
    with pytest.raises(OptionError, match="stripes_0"):
        run(tmp_path / "run", paintings=[painting_paths[0], painting_paths[0]])


def test_the_reference_trains_as_well(run, tmp_path):
    options = replace(SMALL, steps=1, batch=1, network=NetworkConfig(kind="johnson"))
    assert run(tmp_path / "run", options).config.kind == "johnson"


def test_the_learning_rate_rises_and_falls():
    factors = [learning_rate_factor(step / 1000) for step in range(1000)]
    assert max(factors) <= 1
    assert factors.index(max(factors)) == pytest.approx(50, abs=2)
    assert factors[0] < 0.05
    assert factors[-1] < 0.001
