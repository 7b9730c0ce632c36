from __future__ import annotations

import numpy as np
import pytest

from realtime.live.measuring import Latencies, Meter


def test_percentiles_agree_with_numpy_to_a_quarter_of_a_millisecond():
    values = np.random.default_rng(1).gamma(4, 12, 5000)
    latencies = Latencies()
    for value in values:
        latencies.add(float(value))
    for percent in (1, 50, 95, 99):
        assert latencies.percentile(percent) == pytest.approx(
            np.percentile(values, percent), abs=0.3
        )


def test_without_values_there_is_no_percentile():
    assert Latencies().percentile(50) is None


def test_absurd_latencies_are_counted_too():
    latencies = Latencies()
    latencies.add(-1)
    latencies.add(1e9)
    assert latencies.percentile(100) == pytest.approx(10_000, abs=1)


def test_a_meter_counts_intervals_not_frames():
    meter = Meter()
    assert (meter.frames, meter.fps, meter.recent_fps, meter.recent_latency_ms) == (0, 0, 0, 0)
    for index in range(11):
        meter.shown(100 + index / 10, 30 + index)
    assert meter.frames == 11
    assert meter.fps == pytest.approx(10)
    assert meter.recent_latency_ms == pytest.approx(35)


def test_the_recent_rate_forgets():
    meter = Meter()
    for index in range(100):
        meter.shown(index, 30)
    for index in range(100):
        meter.shown(100 + index / 20, 30)
    assert meter.recent_fps == pytest.approx(20)
    assert meter.fps < 5


def test_memory_is_watched_from_the_first_minute_on():
    meter = Meter()
    meter.shown(100, 30)
    meter.shown(159, 30)
    assert meter.memory.after_a_minute is None
    meter.shown(160, 30)
    before = meter.memory.after_a_minute
    if before is None:
        pytest.skip("this system does not tell")
    ballast = b"1" * 200_000_000
    meter.shown(160.5, 30)
    assert meter.memory.highest_later == before
    meter.shown(161, 30)
    del ballast
    meter.shown(163, 30)
    assert meter.memory.after_a_minute == before
    assert meter.memory.highest_later - before == pytest.approx(200, abs=20)
