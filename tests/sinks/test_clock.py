"""The times that packets are given."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import av
import clips
import pytest
from hypothesis import given
from hypothesis import strategies as st
from videos import INFO

from realtime.frame import Frame, StreamInfo
from realtime.sinks.clock import Clock, choose_unit, nominal_rate


@given(st.lists(st.fractions(-10, 1000, max_denominator=90_000), min_size=1, max_size=30))
def test_the_clock_only_goes_forward(times):
    clock = Clock(Fraction(1, 90_000), Fraction(25))
    packets = []
    image = clips.patches(0, 2, 2)
    for index, time in enumerate(times):
        assert clock.add(Frame(image, time, index)) == index
    for number in range(len(times)):
        packet = av.Packet(b"x")
        packet.pts, packet.dts = number, number - 2
        clock.stamp(packet)
        packets.append(packet)
    for before, after in itertools.pairwise(packets):
        assert before.pts < after.pts
        assert before.dts < after.dts
    assert all(packet.dts <= packet.pts for packet in packets)
    if sorted(set(times)) == times and clock.mended == 0:
        ticks = [time * 90_000 for time in times]
        assert all(abs(p.pts - t) <= 1 for p, t in zip(packets, ticks, strict=True))


@pytest.mark.parametrize(
    ("rate", "nominal"),
    [
        (Fraction(25), Fraction(25)),
        (Fraction(30_000, 1001), Fraction(30_000, 1001)),
        (Fraction(45_000, 1499), Fraction(45_000, 1499)),
        (None, Fraction(25)),
        (Fraction(0), Fraction(25)),
        (Fraction(1_000_000), Fraction(25)),
    ],
)
def test_nominal_rates_fit_every_codec(rate, nominal):
    assert nominal_rate(replace(INFO, rate=rate)) == nominal


def test_the_unit_is_that_of_the_input():
    assert choose_unit(replace(INFO, time_base=clips.UNIT), constant_rate=False) == clips.UNIT
    assert choose_unit(replace(INFO, time_base=None), constant_rate=False) == Fraction(1, 25)
    assert choose_unit(StreamInfo(64, 48), constant_rate=False) == Fraction(1, 90_000)
    assert choose_unit(INFO, constant_rate=True) == Fraction(1, 25)
