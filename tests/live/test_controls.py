from __future__ import annotations

import numpy as np
import pytest

from realtime.live.controls import Controls, View
from realtime.live.keys import BINDINGS, Command, apply, command_of
from realtime.model import ModelDescription, StyleInfo

THREE = ModelDescription(
    (
        StyleInfo("plain", is_identity=True),
        StyleInfo("wave", "The Wave"),
        StyleInfo("night", "The Night"),
        StyleInfo("green_field"),
    )
)
ONE = ModelDescription((StyleInfo("wave", "The Wave"),))


@pytest.fixture
def controls():
    return Controls(THREE)


def press(controls, *keys):
    for key in keys:
        command = command_of(key)
        assert command is not None, key
        apply(command, controls)


def test_it_begins_with_the_first_painted_style(controls):
    assert controls.weights.tolist() == [0, 1, 0, 0]
    assert controls.title == "The Wave"


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("1", "The Wave"),
        ("2", "The Night"),
        ("3", "green field"),
        ("9", "The Wave"),
        ("0", "The Wave"),
        (["right"], "The Night"),
        (["right", "right", "right"], "The Wave"),
        (["left"], "green field"),
    ],
)
def test_keys_choose_a_style(controls, keys, title):
    press(controls, *keys)
    assert controls.title == title


def test_two_styles_are_mixed(controls):
    press(controls, *"++++")
    assert controls.mix == pytest.approx(0.2)
    assert controls.weights == pytest.approx([0, 0.8, 0.2, 0])
    assert controls.title == "The Wave 80% + The Night 20%"
    press(controls, "down")
    assert controls.weights == pytest.approx([0, 0.8, 0, 0.2])
    press(controls, "down")
    assert controls.weights == pytest.approx([0, 0.8, 0.2, 0])


def test_choosing_a_style_ends_the_mix(controls):
    press(controls, *"+++2")
    assert controls.weights.tolist() == [0, 0, 1, 0]
    press(controls, "+")
    assert controls.weights == pytest.approx([0, 0.05, 0.95, 0])


@pytest.mark.parametrize("key", [*"1234567890", "left", "right", "up", "down", "+", "-"])
def test_the_weights_always_add_up_to_one(controls, key):
    for _ in range(25):
        press(controls, key, "+", "down")
        assert controls.weights.sum() == pytest.approx(1)
        assert controls.weights.min() >= 0
        assert controls.weights[0] == 0


def test_a_model_of_one_style_has_nothing_to_mix():
    controls = Controls(ONE)
    press(controls, "right", "up", "+", "left", "2")
    assert controls.weights == pytest.approx([1])
    assert controls.title == "The Wave"


def test_values_stay_within_bounds(controls):
    press(controls, *"]" * 30)
    assert controls.strength == 1
    press(controls, *"[" * 30)
    assert controls.strength == 0


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ([0, 0, 1, 0], "The Night"),
        ([0, 0, 0.7, 0.3], "The Night 70% + green field 30%"),
        ([0, 0.3, 0, 0.7], "green field 70% + The Wave 30%"),
        ([0, 0.5, 0.25, 0.25], "a mixture"),
    ],
)
def test_it_can_begin_with_any_mixture(controls, weights, title):
    wanted = np.array(weights, np.float32)
    controls.start_with(wanted)
    assert controls.title == title
    assert controls.weights == pytest.approx(wanted)


def test_a_mixture_of_many_ends_with_a_style_key(controls):
    controls.start_with(np.array([0, 0.5, 0.25, 0.25], np.float32))
    press(controls, "2")
    assert controls.weights.tolist() == [0, 0, 1, 0]


def test_the_temporal_strength_can_be_switched_off(controls):
    controls.temporal = 0.6
    press(controls, "t")
    assert controls.temporal_now == 0
    press(controls, ".")
    assert controls.temporal_now == pytest.approx(0.65)


def test_the_views_take_turns(controls):
    seen = []
    for _ in range(4):
        seen.append(controls.view)
        press(controls, "v")
    assert seen == [View.PAINTED, View.SPLIT, View.ORIGINAL, View.PAINTED]


@pytest.mark.parametrize(
    ("key", "name"),
    [("c", "keep_colors"), ("m", "mirror"), ("space", "frozen"), ("i", "show_overlay")]
    + [(key, "show_help") for key in ("h", "H", "?", "f1")],
)
def test_switches(controls, key, name):
    before = getattr(controls, name)
    press(controls, key)
    assert getattr(controls, name) is not before
    press(controls, key)
    assert getattr(controls, name) is before


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("q", Command.QUIT),
        ("escape", Command.QUIT),
        ("s", Command.SAVE),
        ("r", Command.RECORD),
        ("f", Command.FULLSCREEN),
    ],
)
def test_the_session_does_what_controls_cannot(controls, key, command):
    assert command_of(key) is command
    assert not apply(command, controls)


def test_other_keys_do_nothing():
    assert command_of("z") is None
    assert command_of("tab") is None


def test_every_command_has_a_key_and_every_key_one_line_of_help():
    keys = [key for binding in BINDINGS for key in binding.keys]
    assert len(keys) == len(set(keys))
    assert {c for binding in BINDINGS for c in binding.keys.values()} == set(Command)
