from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.live.controls import Controls, View
from realtime.live.layout import SLIDERS, lay_out
from realtime.live.pointer import Hand
from realtime.model import ModelDescription, StyleInfo
from realtime.sinks.window import Pointer

CANVAS = (960, 540)
LAYOUT = lay_out(CANVAS, (640, 360), SLIDERS)


@pytest.fixture
def controls():
    return Controls(ModelDescription((StyleInfo("a"), StyleInfo("b"))), view=View.SPLIT)


def point(what, at, steps=0):
    return Pointer(what, round(at[0]), round(at[1]), steps)


def on_track(name, share):
    track = LAYOUT.tracks[name]
    return track.left + share * track.width, track.top + track.height // 2


sides = st.integers(64, 4000)


@given(sides, sides, sides, sides)
def test_the_picture_keeps_its_shape_and_lies_inside(width, height, wide, high):
    box = lay_out((width, height), (wide, high), SLIDERS).picture
    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= width
    assert box.bottom <= height
    assert box.width in (width, width - 1) or box.height in (height, height - 1)
    # Rounding a side moves it by half a pixel at most.
    scale = min(width / wide, height / high)
    assert abs(box.width - max(1, wide * scale)) <= 1
    assert abs(box.height - max(1, high * scale)) <= 1


@given(st.integers(400, 4000), st.integers(250, 2400))
def test_the_sliders_lie_in_their_panel_and_the_panel_in_the_window(width, height):
    layout = lay_out((width, height), (640, 360), SLIDERS)
    assert layout.panel.left >= 0
    assert layout.panel.top >= 0
    assert layout.panel.right <= width
    assert layout.panel.bottom <= height
    for track in layout.tracks.values():
        assert layout.panel.contains(track.left, track.top)
        assert layout.panel.contains(track.right - 1, track.bottom - 1)


@pytest.mark.parametrize("name", ["mix", "strength", "temporal"])
def test_a_slider_is_dragged(controls, name):
    hand = Hand()
    assert hand.handle(point("down", on_track(name, 0.25)), LAYOUT, controls)
    assert getattr(controls, name) == pytest.approx(0.25, abs=0.01)
    # Far away from the slider too, as long as the button is down.
    assert hand.handle(point("move", (on_track(name, 0.75)[0], 10)), LAYOUT, controls)
    assert getattr(controls, name) == pytest.approx(0.75, abs=0.01)
    hand.handle(point("move", (5000, 10)), LAYOUT, controls)
    assert getattr(controls, name) == 1
    hand.handle(point("up", (10, 10)), LAYOUT, controls)
    assert not hand.handle(point("move", on_track(name, 0.1)), LAYOUT, controls)
    assert getattr(controls, name) == 1


def test_the_wheel_moves_a_slider(controls):
    assert Hand().handle(point("wheel", on_track("strength", 0.5), -1), LAYOUT, controls)
    assert controls.strength == pytest.approx(0.95)
    assert not Hand().handle(point("wheel", (900, 20), -1), LAYOUT, controls)


def test_the_divider_is_dragged(controls):
    hand = Hand()
    assert hand.handle(point("down", (481, 200)), LAYOUT, controls)
    hand.handle(point("move", (240, 500)), LAYOUT, controls)
    assert controls.divider == pytest.approx(0.25)
    hand.handle(point("move", (-50, 500)), LAYOUT, controls)
    assert controls.divider == 0


def test_a_click_elsewhere_moves_nothing(controls):
    assert not Hand().handle(point("down", (700, 200)), LAYOUT, controls)
    assert not Hand().handle(point("move", (481, 200)), LAYOUT, controls)
    assert controls.divider == 0.5


def test_what_is_not_shown_cannot_be_grabbed(controls):
    controls.show_overlay = False
    assert not Hand().handle(point("down", on_track("mix", 0.9)), LAYOUT, controls)
    controls.view = View.PAINTED
    assert not Hand().handle(point("down", (481, 200)), LAYOUT, controls)
