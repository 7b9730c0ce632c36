from __future__ import annotations

from fractions import Fraction
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


def test_painting_leaves_time_for_the_rest():
    """Nothing is dropped yet, but every frame would have to wait for the one before."""
    machine = Machine(WorkingSize(25), 0.038)
    width, height = machine.run(5)
    assert 0.038 * width * height / (FULL[0] * FULL[1]) <= 0.8 / 25


@pytest.mark.parametrize("seconds", [0.03, 0.033, 0.041, 0.05, 0.06, 0.08, 0.12, 0.2, 0.5])
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
    machine = Machine(WorkingSize(25), 0.025)
    machine.run(5)
    machine.seconds = 0.3
    machine.run(0.25)
    machine.seconds = 0.025
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


class Busy:
    """A camera of 30 fps whose pictures need ``paint`` seconds at full size and ``rest`` besides.

    The rest is an encoder's work, say: painting itself does not see it.
    """

    def __init__(self, sizing, paint, rest, rate=30.0):
        self.sizing = sizing
        self.paint = paint
        self.rest = rest
        self.rate = rate
        self.now = 100.0
        self.dropped = 0.0

    def rest_at(self, _scale):
        return self.rest

    def run(self, seconds):
        end = self.now + seconds
        while self.now < end:
            scale = self.sizing.size_for(*FULL)[0] / FULL[0]
            took = self.paint * scale**2
            interval = max(took + self.rest_at(scale), 1 / self.rate)
            self.now += interval
            self.dropped += interval * self.rate - 1
            self.sizing.took(took, self.now)
            self.sizing.shown(self.now, int(self.dropped))
        return self.sizing.size_for(*FULL)


def test_other_load_counts_too():
    machine = Busy(WorkingSize(25), paint=0.025, rest=0.025)
    width, height = machine.run(5)
    assert width < FULL[0]
    assert 0.025 * (width * height) / (FULL[0] * FULL[1]) + 0.025 <= 1 / 25 / 0.9
    machine.rest = 0.0
    assert machine.run(30) == FULL


def test_a_slow_camera_is_no_slow_machine():
    machine = Busy(WorkingSize(25), paint=0.02, rest=0.0, rate=12.0)
    assert machine.run(30) == FULL
    assert machine.sizing.changed == 0


@pytest.mark.parametrize(("paint", "fits"), [(0.06, True), (0.075, False), (0.2, False)])
def test_a_slow_camera_leaves_more_time_for_each_picture(paint, fits):
    """Of the 83 ms between two frames of 12 fps, painting may take 67."""
    machine = Busy(WorkingSize(25), paint=paint, rest=0.0, rate=12.0)
    machine.sizing.expect(Fraction(12))
    width, height = machine.run(30)
    assert ((width, height) == FULL) is fits
    assert paint * (width * height) / (FULL[0] * FULL[1]) <= 0.81 / 12
    # As large as fits: the next step would be up to 1.2 times as wide.
    assert fits or paint * (1.2 * width / FULL[0]) ** 2 > 0.9 * 0.8 / 12
    assert machine.sizing.changed == (0 if fits else 1)


@pytest.mark.parametrize("rate", [None, Fraction(30), Fraction(60), Fraction(0)])
def test_a_camera_that_is_no_slower_changes_nothing(rate):
    sizing = WorkingSize(25)
    sizing.expect(rate)
    width, height = Machine(sizing, 0.038).run(5)
    assert 0.038 * width * height / (FULL[0] * FULL[1]) <= 0.8 / 25
    assert sizing.changed == 1


def test_a_camera_that_is_faster_than_it_says_does_not_stutter():
    machine = Busy(WorkingSize(25), paint=0.15, rest=0.0, rate=30.0)
    machine.sizing.expect(Fraction(5))
    width, height = machine.run(30)
    assert 0.15 * (width * height) / (FULL[0] * FULL[1]) <= 0.8 / 25


def test_a_camera_that_comes_late_is_not_painted_larger():
    """Its decoder may be waiting for the cores that painting takes."""
    machine = Busy(WorkingSize(25), paint=0.06, rest=0.0, rate=12.0)
    machine.sizing.expect(Fraction(30))
    width, height = machine.run(30)
    assert 0.06 * (width * height) / (FULL[0] * FULL[1]) <= 0.8 / 25


def test_the_size_that_was_asked_for_stays_whatever_the_camera_says():
    machine = Machine(WorkingSize(25, SizeRequest(height=360)), 10.0)
    machine.sizing.expect(Fraction(5))
    assert machine.run(100) == (640, 360)


def test_a_rate_that_wavers_changes_nothing():
    machine = Busy(WorkingSize(25), paint=0.02, rest=0.022)
    assert machine.run(60) == FULL
    assert machine.sizing.changed == 0


def test_a_smaller_size_that_is_of_no_use_is_taken_back():
    machine = Busy(WorkingSize(25), paint=0.005, rest=0.1)
    assert machine.run(10) == FULL
    assert machine.sizing.changed == 2
    machine.run(40)
    assert machine.sizing.changed == 2


def test_cores_that_become_free_let_it_step_down_further():
    class Crowded(Busy):
        def rest_at(self, scale):
            return self.rest * scale**2

    machine = Crowded(WorkingSize(25), paint=0.03, rest=0.05)
    width, _ = machine.run(10)
    assert (0.03 + 0.05) * (width / FULL[0]) ** 2 <= 1 / 25 / 0.9
    assert machine.sizing.changed <= 4
