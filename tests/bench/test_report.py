from __future__ import annotations

import json

import pytest

from realtime.bench import report as bench_report
from realtime.bench.contenders import Turn
from realtime.errors import OptionError


def test_model_figures():
    turns = [Turn(times_ms=[10.0, 20.0]), Turn(times_ms=[30.0, 40.0, 1000.0])]
    figures = bench_report.model_figures(turns, "here", 500.0, 12.5)
    assert (figures.runs, figures.p50_ms, figures.fps) == (5, 30.0, pytest.approx(100 / 3))
    assert figures.p50_ms < figures.p95_ms < figures.p99_ms < 1000
    assert figures.rounds_ms == [15.0, 40.0]
    assert (figures.runs_on, figures.cold_start_ms, figures.peak_memory_mb) == ("here", 500, 12.5)


def test_pipeline_figures_are_medians_over_the_turns():
    turns = [
        Turn(frames=10, seconds=s, cpu_seconds=c, stages_ms={"decode": d})
        for s, c, d in ((1.0, 1.5, 2.0), (9.0, 9.0, 9.0), (2.0, 2.0, 3.0))
    ]
    figures = bench_report.pipeline_figures(turns, "here", None)
    assert (figures.frames, figures.ms_per_frame, figures.fps) == (10, 200, 5)
    assert figures.cpu_ms_per_frame == 200
    assert figures.cores_busy == 1
    assert figures.stages_ms == {"decode": 3}
    assert figures.rounds_fps == [10, pytest.approx(10 / 9), 5]
    assert figures.peak_memory_mb is None


def test_live_figures():
    turns = [
        Turn(times_ms=[30.0, 50.0], answers_ms=[60.0], frames=2, seconds=0.1, dropped=1),
        Turn(times_ms=[40.0], answers_ms=[80.0], frames=1, dropped=2),
    ]
    figures = bench_report.live_figures(turns, 30)
    assert (figures.fps, figures.answer_p50_ms) == (5, 70)
    assert bench_report.live_figures([Turn(times_ms=[1.0])], 30).answer_p95_ms is None
    assert (figures.frames, figures.dropped, figures.p50_ms) == (3, 3, 40)
    assert figures.p95_ms == pytest.approx(49)


def test_a_ratio_is_taken_round_by_round():
    """A machine twice as slow in one round is so for both; the ratio does not move."""
    assert bench_report.ratio([1.0, 2.0, 4.0], [10.0, 20.0, 40.0]) == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not JSON"),
        ("\x00\xff", "is not JSON"),
        ("[1]", "is not a benchmark"),
        ('{"format": "other"}', "is not a benchmark"),
        ('{"format": "stylecam.bench", "version": 99}', "version 99"),
    ],
)
def test_what_is_no_benchmark(content, message, tmp_path):
    path = tmp_path / "b.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(OptionError, match=message):
        bench_report.read_report(path)


def test_a_missing_benchmark(tmp_path):
    with pytest.raises(OptionError, match=r"cannot read the benchmark .*none\.json"):
        bench_report.read_report(tmp_path / "none.json")


def test_numbers_are_rounded_to_what_they_are_worth():
    report = bench_report.BenchmarkReport(
        created="now",
        machine={"cpu": "x", "cores": 2},
        versions={},
        settings={"frames": 123456, "nested": [1.23456789]},
        sizes=[],
    )
    values = report.to_dict()
    assert values["settings"] == {"frames": 123456, "nested": [1.235]}
    assert json.loads(json.dumps(values)) == values
