from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.metrics import StageTimer, frame_rate, percentile

finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=1), st.floats(0, 100))
def test_percentiles_agree_with_numpy(values, percent):
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent), abs=1e-6)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1], -1), ([1], 101)])
def test_impossible_percentiles(values, percent):
    with pytest.raises(ValueError, match="percent"):
        percentile(values, percent)


@pytest.mark.parametrize(
    ("count", "first", "last", "rate"),
    [(0, 0, 0, 0), (1, 3, 3, 0), (2, 1, 1.5, 2), (31, 10, 11, 30), (2, 1, 1, 0)],
)
def test_n_frames_are_one_interval_fewer(count, first, last, rate):
    assert frame_rate(count, first, last) == rate


def test_a_timer_collects_each_stage(monkeypatch):
    clock = iter([0, 0.001, 1, 1.003, 2, 2.008, 5, 5.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    timer = StageTimer()
    for _ in range(3):
        with timer.measure("stylize"):
            pass
    with timer.measure("encode"):
        pass
    assert timer.stages == ("stylize", "encode")
    assert timer.milliseconds("stylize") == pytest.approx([1, 3, 8])
    assert timer.mean("stylize") == pytest.approx(4)
    assert timer.median("stylize") == pytest.approx(3)
    assert timer.means("encode", "stylize", "absent") == pytest.approx(
        {"encode": 500, "stylize": 4}
    )


def test_a_timer_passes_things_on():
    timer = StageTimer()
    assert list(timer.iterate("abc", "decode")) == ["a", "b", "c"]
    assert timer.wrap(len, "count")("four") == 4
    assert len(timer.milliseconds("decode")) == 3
    assert len(timer.milliseconds("count")) == 1


def test_a_stage_that_raises_is_not_counted():
    timer = StageTimer()
    with pytest.raises(KeyError), timer.measure("stylize"):
        raise KeyError
    assert timer.stages == ()
