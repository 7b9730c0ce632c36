from __future__ import annotations

from collections import Counter

import contenders
import media
import pytest

from realtime.bench.plan import BenchmarkPlan
from realtime.bench.runner import count_turns, run_benchmark, take_turns
from realtime.errors import OptionError, SourceError
from realtime.sizes import SizeRequest


def test_contenders_take_turns(tmp_path):
    log = tmp_path / "log"
    ticks = []
    outcomes = take_turns(
        {name: contenders.Recorder(name, log) for name in "abc"}, 2, lambda: ticks.append(1)
    )
    assert log.read_text().split("\n")[:-1] == [
        *("a open", "b open", "c open"),
        *("a turn", "b turn", "c turn"),
        *("a turn", "b turn", "c turn"),
    ]
    assert len(ticks) == 6
    processes = Counter(turn.times_ms[0] for out in outcomes.values() for turn in out.turns)
    assert sorted(processes.values()) == [2, 2, 2], "each has a process of its own"
    assert [out.opening.runs_on for out in outcomes.values()] == ["a runs", "b runs", "c runs"]


def test_a_clip_of_ones_own(model_path, tmp_path):
    clip = media.make_clip(tmp_path / "clip.mp4")
    turns = []
    plan = BenchmarkPlan(
        sizes=(None,), frames=5, rounds=1, input=clip, model=model_path, style="swapped"
    )
    report = run_benchmark(plan, lambda: turns.append(1))
    assert len(turns) == count_turns(plan) == 5
    (size,) = report.sizes
    assert (size.width, size.height) == (64, 48)
    assert size.model.runs == 5
    assert size.h264.frames == size.null.frames == size.stages.frames == 5
    assert size.live.frames + size.live.dropped == 5
    assert set(size.h264.stages_ms) == {"decode", "stylize", "encode"}
    assert size.baselines == size.ratios == {}
    assert report.settings["input"] == "clip.mp4"
    assert report.settings["style"] == "swapped"


@pytest.mark.slow
def test_the_stabilizer_is_a_stage_of_every_pipeline(model_path, tmp_path):
    clip = media.make_clip(tmp_path / "clip.mp4")
    plan = BenchmarkPlan(
        sizes=(None,), frames=4, rounds=1, input=clip, model=model_path, temporal=0.5
    )
    report = run_benchmark(plan)
    (size,) = report.sizes
    for line in (size.stages, size.h264, size.null):
        assert set(line.stages_ms) == {"decode", "stylize", "stabilize", "encode"}
        assert line.stages_ms["stabilize"] > 0
    assert report.settings["temporal"] == 0.5


@pytest.mark.slow
def test_a_clip_shorter_than_asked_for_is_painted_whole(model_path, tmp_path):
    clip = media.make_clip(tmp_path / "clip.mp4")
    plan = BenchmarkPlan(sizes=(None,), frames=50, rounds=1, input=clip, model=model_path)
    (size,) = run_benchmark(plan).sizes
    assert size.h264.frames == 12


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sizes": ()}, "no size"),
        ({"frames": 1}, "frames must be from 2"),
        ({"frames": 100_001}, "not 100001"),
        ({"temporal": 1.5}, "not 1.5"),
        ({"rounds": 0}, "rounds must be at least 1"),
    ],
)
def test_plans_that_make_no_sense(values, message):
    with pytest.raises(OptionError, match=message):
        BenchmarkPlan(**values)


def test_nothing_is_measured_where_something_is_missing(model_path, tmp_path):
    turns = []
    for values, error in (
        ({"input": tmp_path / "missing.mp4"}, SourceError),
        ({"style": "nonesuch"}, OptionError),
        ({"sizes": (SizeRequest(None, 4),)}, OptionError),
    ):
        with pytest.raises(error):
            run_benchmark(BenchmarkPlan(model=model_path, **values), lambda: turns.append(1))
    assert not turns
