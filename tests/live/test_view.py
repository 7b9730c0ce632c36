from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from realtime.frame import Frame
from realtime.live.controls import Controls, View
from realtime.live.layout import SLIDERS, lay_out
from realtime.live.overlay import ACCENT, Overlay, Status
from realtime.live.painter import Shot
from realtime.live.view import compose
from realtime.model import ModelDescription, StyleInfo

SIZE = (96, 64)
ORIGINAL = np.full((64, 96, 3), 40, np.uint8)
PAINTED = np.full((32, 48, 3), 200, np.uint8)


@pytest.fixture
def controls():
    return Controls(ModelDescription((StyleInfo("a", "A Painting"), StyleInfo("b"))))


@pytest.fixture
def shot():
    return Shot(Frame(ORIGINAL, Fraction(0), 0), PAINTED)


def test_the_painting_is_brought_to_the_size_asked_for(shot, controls):
    picture = compose(shot, controls, SIZE)
    assert picture.shape == (64, 96, 3)
    assert (picture == 200).all()


def test_the_original_alone(shot, controls):
    controls.view = View.ORIGINAL
    assert (compose(shot, controls, (48, 32)) == 40).all()


def test_the_split_has_the_original_on_the_left(shot, controls):
    controls.view, controls.divider = View.SPLIT, 0.25
    picture = compose(shot, controls, SIZE)
    assert (picture[:, :22] == 40).all()
    assert (picture[:, 26:] == 200).all()
    assert (picture[:, 24] > 200).all()


@pytest.mark.parametrize("divider", [0, 1])
def test_the_divider_may_be_at_an_edge(shot, controls, divider):
    controls.view, controls.divider = View.SPLIT, divider
    picture = compose(shot, controls, SIZE)
    assert (picture[:, 4:-4] == (40 if divider else 200)).all()


@pytest.mark.parametrize("view", View)
def test_drawing_over_the_picture_does_not_change_the_shot(shot, controls, view):
    controls.view = view
    compose(shot, controls, SIZE)[:] = 0
    assert (shot.frame.image == 40).all()
    assert (shot.painted == 200).all()


def draw(controls, status=Status(), canvas_size=(640, 360)):  # noqa: B008 - frozen
    canvas = np.full((canvas_size[1], canvas_size[0], 3), 100, np.uint8)
    layout = lay_out(canvas_size, (640, 360), SLIDERS)
    Overlay().draw(canvas, layout, controls, status)
    return canvas, layout


def test_the_overlay_can_be_hidden(controls):
    shown, layout = draw(controls, Status(("25 fps",)))
    panel = layout.panel
    assert (shown[panel.top : panel.bottom, panel.left : panel.right] != 100).mean() > 0.9
    controls.show_overlay = False
    assert (draw(controls, Status(("25 fps",)))[0] == 100).all()


def test_a_slider_shows_its_value(controls):
    controls.strength = 1.0
    full, layout = draw(controls)
    track = layout.tracks["strength"]
    row = track.top + track.height // 2
    controls.strength = 0.0
    empty, _ = draw(controls)
    middle = track.left + track.width // 2
    assert full[row, middle].tolist() != empty[row, middle].tolist()


def test_a_recording_shows_a_red_dot(controls):
    canvas, _ = draw(controls, Status(recording=3.0))
    red = (canvas[..., 0] > 200) & (canvas[..., 1] < 90) & (canvas[..., 2] < 90)
    rows, columns = np.nonzero(red)
    assert columns.size > 20
    assert columns.min() > 320
    assert rows.max() < 60


def test_text_has_smooth_edges_and_full_contrast(controls):
    canvas, _ = draw(controls)
    title = canvas[10:50, 10:200].reshape(-1, 3)
    assert (title == 255).all(axis=1).any()
    assert len(np.unique(title[:, 0])) > 20


@pytest.mark.parametrize("size", [(64, 64), (100, 700), (320, 180), (1920, 1080), (3840, 2160)])
def test_it_draws_in_windows_of_any_size(controls, size):
    controls.show_help = True
    controls.view = View.SPLIT
    long = "a very long message that does not fit into any window " * 5
    canvas, _ = draw(controls, Status(("25 fps", "40 ms"), 100.0, long), size)
    assert canvas.shape == (size[1], size[0], 3)
    controls.show_help = False
    draw(controls, Status(("25 fps", "40 ms"), 100.0, long), size)


def test_help_fits_into_a_small_window(controls):
    controls.show_help = True
    canvas, _ = draw(controls, canvas_size=(480, 270))
    rows = np.nonzero((canvas[:, 240] < 60).all(axis=1))[0]
    assert 0 < rows.min() < 30
    assert 240 < rows.max() < 269


@pytest.mark.parametrize(("size", "is_listed"), [((960, 540), True), ((230, 300), False)])
def test_help_lists_the_styles_where_there_is_room(controls, size, is_listed):
    controls.show_help = True
    canvas, _ = draw(controls, canvas_size=size)
    # The keys are written in a colour of their own, in a column for each list.
    columns = np.nonzero((canvas == ACCENT).all(axis=2).any(axis=0))[0]
    assert (np.diff(columns).max() > size[0] // 5) == is_listed
