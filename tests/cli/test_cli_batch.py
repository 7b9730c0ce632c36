"""Several files in one call."""

from __future__ import annotations

import json

import media
import pytest
from media import listing

from realtime.batch import Job, Plan
from realtime.cli.exit_codes import ExitCode
from realtime.cli.jobs import Outcome, run_jobs
from realtime.cli.progress import Reporter
from realtime.cli.settings import Settings


def test_several_inputs_with_a_bad_one(call, model, clip, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    out, path = tmp_path / "out", tmp_path / "report.json"
    inputs = clip, tmp_path / "bad.mp4", tmp_path / "missing.mp4"
    result = call("video", *inputs, "-o", out, "--model", model, "--report", path)
    assert result.code == 2
    assert listing(out) == ["clip.mp4"]
    assert result.err.splitlines()[-1] == "stylecam: 1 of 3 files done, 2 failed"
    report = json.loads(path.read_text())
    assert report["frames"] == 12
    assert [entry.get("frames") for entry in report["files"]] == [12, None, None]
    assert "bad.mp4" in report["files"][1]["error"]


def test_a_folder_in_and_a_folder_out(call, model, clip, tmp_path):
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    for name in ("a.mp4", "b.mov"):
        (inputs / name).write_bytes(clip.read_bytes())
    result = call("video", inputs, "-o", out, "--model", model)
    assert result.code == 0, result.err
    assert [media.count_frames(out / name) for name in listing(out)] == [12, 12]


@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_verbose_shows_the_cause_of_each_failure(call, model, clip, tmp_path, options):
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    inputs = tmp_path / "bad.mp4", tmp_path / "missing.mp4", clip
    result = call("video", *inputs, "-o", tmp_path / "out", "--model", model, *options)
    assert result.code == 2
    assert sum("stylecam: error: " in line for line in result.err.splitlines()) == 2
    causes = result.err.count("Traceback"), result.err.count("InvalidDataError")
    assert (causes > (1, 0)) == bool(options)
    assert media.count_frames(tmp_path / "out" / "clip.mp4") == 12


def test_a_bug_does_not_stop_the_other_files(tmp_path, capsys):
    """It keeps its traceback and its exit code."""

    def convert(job, _stop, _reporter):
        if job.input == "2.mp4":
            raise ZeroDivisionError("a bug")
        return Outcome(job)

    plan = Plan(tuple(Job(f"{i}.mp4", tmp_path / f"{i}.mp4") for i in (1, 2, 3)))
    with Reporter(Settings()) as reporter:
        outcomes, code = run_jobs(plan, convert, reporter)
    assert [outcome.error for outcome in outcomes] == [None, "ZeroDivisionError: a bug", None]
    assert code == ExitCode.BUG
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-2:] == [
        "stylecam: error: 2.mp4: ZeroDivisionError: a bug",
        "stylecam: 2 of 3 files done, 1 failed",
    ]


def test_a_bug_with_a_single_file_escapes(tmp_path):
    def convert(_job, _stop, _reporter):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Reporter(Settings()) as reporter:
        run_jobs(Plan((Job("a", tmp_path / "a"),)), convert, reporter)
