from __future__ import annotations

import json

import pytest

from realtime.bench.compare import compare

OLD_LIVE = {"rate": 30.0, "frames": 9, "dropped": 1, "p50_ms": 40.0, "p95_ms": 50.0}
LIVE = {**OLD_LIVE, "fps": 25.0, "answer_p50_ms": 60.0, "answer_p95_ms": None}


@pytest.fixture
def write(tmp_path):
    """Writes the parts of a benchmark that are compared."""

    def call(name, version, live):
        size = {
            "width": 64,
            "height": 48,
            "model": {"runs_on": "CPUExecutionProvider", "p50_ms": 10.0},
            "live": live,
        }
        report = {"format": "stylecam.bench", "version": version, "sizes": [size]}
        report |= {"machine": {}, "versions": {}, "settings": {}}
        (tmp_path / name).write_text(json.dumps(report))
        return tmp_path / name

    return call


@pytest.mark.parametrize(
    ("before", "after"),
    [((1, OLD_LIVE), (2, LIVE)), ((1, LIVE), (2, LIVE)), ((1, OLD_LIVE), (1, LIVE))],
)
def test_live_figures_of_another_meaning_are_not_compared(write, before, after):
    found = compare(write("a.json", *before), write("b.json", *after))
    assert [row.figure for row in found.rows] == ["model.p50_ms"]
    (note,) = found.differences
    assert note.startswith(
        f"live.* is not compared (versions {before[0]} and {after[0]}): since version 2 it is a"
    )


@pytest.mark.parametrize(("version", "live"), [(1, OLD_LIVE), (1, LIVE), (2, LIVE)])
def test_live_figures_of_one_meaning_are_compared(write, version, live):
    found = compare(write("a.json", version, live), write("b.json", version, live))
    assert {"live.p50_ms", "live.p95_ms"} < {row.figure for row in found.rows}
    assert found.differences == []
