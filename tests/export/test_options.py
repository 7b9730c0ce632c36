from __future__ import annotations

from dataclasses import replace

import pytest

from export.network import NetworkConfig
from export.options import TrainingOptions


@pytest.mark.parametrize(
    ("kind", "optimizer", "is_trained", "rate"),
    [
        ("fast", "muon", False, 6e-3),
        ("fast", "muon", True, 3e-3),
        ("fast", "adam", False, 3e-3),
        ("fast", "adam", True, 3e-3),
        ("johnson", "muon", False, 1e-3),
    ],
)
def test_what_is_learned_already_is_learned_on_more_slowly(kind, optimizer, is_trained, rate):
    options = TrainingOptions(optimizer=optimizer, network=NetworkConfig(kind=kind))
    assert options.with_rate(is_trained=is_trained).learning_rate == rate
    given = replace(options, learning_rate=0.5)
    assert given.with_rate(is_trained=is_trained) == given


def test_options_survive_a_checkpoint():
    options = TrainingOptions(steps=7, learning_rate=2e-3, network=NetworkConfig(blocks=3))
    assert TrainingOptions.from_dict(options.to_dict()) == options


def test_what_a_training_before_it_existed_did_without_stays_off():
    values = TrainingOptions().to_dict()
    for name in ("balance", "checkerboard_weight", "optimizer"):
        del values[name]
    options = TrainingOptions.from_dict(values)
    assert (options.balance, options.checkerboard_weight, options.optimizer) == (0, 0, "adam")
