from __future__ import annotations

from itertools import pairwise

import pytest

from realtime.errors import OptionError
from realtime.live.sizing import WorkingSize
from realtime.sizes import SizeRequest

FULL = (1280, 720)


class Machine:
    """Paints a picture of the full size in ``seconds``, and a smaller one sooner; keeps a clock."""

    def __init__(self, sizing, seconds, full=FULL):
        self.sizing = sizing
        self.full = full
        self.seconds = seconds
        self.now = 100.0
        self.sizes = []

    def run(self, seconds):
        end = self.now + seconds
        while self.now < end:
            width, height = self.sizing.size_for(*self.full)
            took = self.seconds * width * height / (self.full[0] * self.full[1])
            self.now += max(took, 1 / 30)
            self.sizing.took(took, self.now)
            self.sizes.append((width, height))
        return self.sizes[-1]


def test_a_fast_machine_paints_at_full_size():
    machine = Machine(WorkingSize(25), 0.03)
    assert machine.run(30) == FULL
    assert machine.sizing.changed == 0


def test_a_slow_machine_steps_down_once_to_what_it_can_do():
    machine = Machine(WorkingSize(25), 0.1)
    width, height = machine.run(3)
    assert machine.sizing.changed == 1
    assert 0.1 * width * height / (FULL[0] * FULL[1]) <= 1 / 25
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert (width % 2, height % 2) == (0, 0)


def test_it_steps_up_again_when_the_machine_is_free():
    machine = Machine(WorkingSize(25), 0.1)
    small = machine.run(3)
    machine.seconds = 0.02
    assert machine.run(2) == small
    assert machine.run(30) == FULL
    widths = [width for width, _ in machine.sizes]
    ups = sorted(set(widths))
    assert len(ups) > 3, "one step at a time"


@pytest.mark.parametrize("seconds", [0.03, 0.041, 0.05, 0.06, 0.08, 0.12, 0.2, 0.5])
def test_a_steady_load_does_not_make_it_swing(seconds):
    machine = Machine(WorkingSize(25), seconds)
    machine.run(120)
    assert machine.sizing.changed <= 3


def test_a_step_up_that_was_too_much_is_tried_less_and_less_often():
    """The time does not fall as it should: a larger size always turns out too slow."""
    sizing = WorkingSize(25)
    now, changes = 0.0, []
    for _ in range(30 * 600):
        now += 1 / 30
        before = sizing.changed
        took = 0.06 if sizing.scale > 0.7 else 0.015
        sizing.took(took, now)
        if sizing.changed != before:
            changes.append(now)
    assert 3 < len(changes) < 60
    assert changes[-1] - changes[-3] > 30


def test_a_short_hiccup_changes_nothing():
    machine = Machine(WorkingSize(25), 0.03)
    machine.run(5)
    machine.seconds = 0.3
    machine.run(0.25)
    machine.seconds = 0.03
    machine.run(5)
    assert machine.sizing.changed == 0


def test_it_never_paints_mush():
    machine = Machine(WorkingSize(25), 10.0)
    machine.run(100)
    assert min(machine.sizing.size_for(*FULL)) >= 180
    assert machine.sizing.size_for(160, 120) == (160, 120)
    assert min(machine.sizing.size_for(640, 360)) >= 180


@pytest.mark.parametrize("full", [(640, 360), (320, 180), (160, 120)])
def test_every_change_is_one_of_size(full):
    """Small pictures reach the smallest size before the steps end."""
    machine = Machine(WorkingSize(25), 10.0, full)
    machine.run(100)
    machine.seconds = 0.02
    machine.run(100)
    seen = [a for a, b in pairwise(machine.sizes) if a != b]
    assert machine.sizing.changed == len(seen)
    assert machine.sizes[-1] == full


def test_a_size_that_was_asked_for_stays():
    machine = Machine(WorkingSize(25, SizeRequest(height=360)), 10.0)
    assert machine.run(100) == (640, 360)
    assert machine.sizing.changed == 0


def test_without_a_target_the_size_stays():
    machine = Machine(WorkingSize(None), 10.0)
    assert machine.run(100) == FULL


def test_a_size_that_does_not_fit_is_refused():
    with pytest.raises(OptionError, match="out of range"):
        WorkingSize(25, SizeRequest(height=16)).size_for(20, 640)
