from __future__ import annotations

import numpy as np
import pytest

from realtime.live.fade import FADE_SECONDS, Fade

FIRST = np.array([1, 0, 0], np.float32)
SECOND = np.array([0, 1, 0], np.float32)
THIRD = np.array([0, 0, 1], np.float32)


def test_without_a_change_nothing_moves():
    fade = Fade(FIRST)
    assert fade.weights(FIRST, 5.0) is FIRST
    assert not fade.is_moving(5.0)


def test_the_first_frame_after_a_change_shows_some_of_it():
    fade = Fade(FIRST)
    weights = fade.weights(SECOND, 10.0)
    assert weights[1] > 0.2
    assert fade.is_moving(10.0)


def test_most_is_done_after_100_ms_and_all_at_the_end():
    fade = Fade(FIRST)
    fade.weights(SECOND, 10.0)
    assert fade.weights(SECOND, 10.1)[1] > 0.8
    assert fade.weights(SECOND, 10.0 + FADE_SECONDS).tolist() == SECOND.tolist()
    assert not fade.is_moving(10.0 + FADE_SECONDS)


def test_it_moves_one_way_and_the_weights_add_up_to_one():
    fade = Fade(FIRST)
    shares = [fade.weights(SECOND, 1 + step / 100) for step in range(40)]
    assert [share.sum() for share in shares] == pytest.approx([1] * 40)
    seconds = [float(share[1]) for share in shares]
    assert seconds == sorted(seconds)
    assert shares[0].dtype == np.float32


def test_a_change_on_the_way_goes_on_from_there():
    fade = Fade(FIRST)
    fade.weights(SECOND, 1.0)
    on_the_way = fade.weights(SECOND, 1.05)
    turned = fade.weights(THIRD, 1.05)
    assert turned[0] == pytest.approx(on_the_way[0], abs=0.3)
    assert turned[1] > 0.3
    assert fade.weights(THIRD, 2.0).tolist() == THIRD.tolist()
