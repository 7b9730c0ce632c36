from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import media
import pytest
from media import listing
from waiting import wait_until

DOCUMENTATION = Path(__file__).parents[2] / "benchmarks" / "README.md"
PROGRAM = (sys.executable, "-m", "realtime", "bench")
ROUNDS = 3

# Processes of their own take their time to start where a machine is busy.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def finished(model, tmp_path_factory):
    """A folder with a benchmark of two sizes, and what was shown."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [*PROGRAM, "--size", "64x48", "--size", "36", "--frames", "6", "--model", str(model),
         "--device", "cpu", "--threads", "1", "--json", "b.json", "--plot", "b.png"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return folder, done.stdout


@pytest.mark.slow
def test_the_report_says_what_really_ran(finished, model):
    report = json.loads((finished[0] / "b.json").read_text())
    assert (report["format"], report["version"]) == ("stylecam.bench", 2)
    assert report["settings"]["threads"] == 1
    assert report["settings"]["model"] == model.name
    assert report["settings"]["style"] == "negative"
    assert report["machine"]["cpu"]
    assert {"stylecam", "onnxruntime", "av", "opencv"} <= set(report["versions"])
    assert [(s["width"], s["height"]) for s in report["sizes"]] == [(64, 48), (64, 36)]
    for size in report["sizes"]:
        assert size["model"]["runs_on"] == "CPUExecutionProvider"
        assert size["model"]["runs"] == 6
        assert 0 < size["model"]["p50_ms"] <= size["model"]["p95_ms"] <= size["model"]["p99_ms"]
        assert size["model"]["cold_start_ms"] > size["model"]["p50_ms"]
        assert len(size["model"]["rounds_ms"]) == ROUNDS
        for line in ("stages", "h264", "null"):
            assert size[line]["frames"] == 6
            assert size[line]["fps"] > 0
            assert set(size[line]["stages_ms"]) == {"decode", "stylize", "encode"}
            assert len(size[line]["rounds_fps"]) == ROUNDS
        assert size["live"]["frames"] + size["live"]["dropped"] == 6 * ROUNDS
        assert size["baselines"] == size["ratios"] == {}


@pytest.mark.slow
def test_every_key_is_documented_and_every_documented_key_exists(finished):
    report = json.loads((finished[0] / "b.json").read_text())
    text = DOCUMENTATION.read_text().partition("## The JSON")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {name for cell in cells for name in re.findall(r"`([a-z0-9_.]+)`", cell)}
    size = report["sizes"][0]
    found = {key for key in report if key not in ("machine", "settings")}
    found |= {f"{key}.{name}" for key in ("machine", "settings") for name in report[key]}
    found |= {key for key in size if key not in ("model", "live")}
    found |= {f"{key}.{name}" for key in ("model", "live", "h264") for name in size[key]}
    assert documented == found
    assert set(size["h264"]) == set(size["null"]) == set(size["stages"])


@pytest.mark.slow
def test_the_tables_show_the_figures(finished):
    folder, shown = finished
    report = json.loads((folder / "b.json").read_text())
    lines = shown.splitlines()
    assert "64x48" in lines
    assert "64x36" in lines
    for size, line in zip(
        report["sizes"], (line for line in lines if line.startswith("model alone")), strict=True
    ):
        assert "CPUExecutionProvider" in line
        assert f"{size['model']['p99_ms']:.1f}" in line
    assert sum("to an H.264 file" in line for line in lines) == 2
    assert sum(line.startswith("live without a window, a camera of 30 fps") for line in lines) == 2


@pytest.mark.slow
def test_nothing_else_is_written(finished):
    assert listing(finished[0]) == ["b.json", "b.png"]
    assert (finished[0] / "b.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_comparison_with_itself(call, finished):
    path = finished[0] / "b.json"
    result = call("bench", "--compare", path, path)
    assert (result.code, result.err) == (0, "")
    assert "note:" not in result.out
    rows = [line for line in result.out.splitlines() if line.startswith("64x")]
    assert {line.split()[0] for line in rows} == {"64x48", "64x36"}
    assert all(line.endswith("1.00 x better") for line in rows)
    assert any(" stages.stages_ms.encode " in line for line in rows)
    assert not any(".stages_ms." in line for line in rows if " stages." not in line)


@pytest.mark.slow
def test_a_comparison_says_what_is_better_and_what_differs(call, finished, tmp_path):
    report = json.loads((finished[0] / "b.json").read_text())
    report["settings"]["threads"] = 7
    report["machine"]["cpu"] = "another"
    del report["sizes"][1]
    size = report["sizes"][0]
    size["model"]["runs_on"] = "CUDAExecutionProvider"
    size["model"]["p50_ms"] /= 2
    size["h264"]["fps"] /= 4
    other = tmp_path / "other.json"
    other.write_text(json.dumps(report))
    result = call("bench", "--compare", finished[0] / "b.json", other)
    assert result.code == 0
    lines = result.out.splitlines()
    notes = [line for line in lines if line.startswith("note: ")]
    assert len(notes) == 3
    assert "note: threads differs: 1 and 7" in notes
    assert not any(line.startswith("64x36") for line in lines)
    (model,) = (line for line in lines if " model.p50_ms " in line)
    assert model.endswith("2.00 x better")
    (line,) = (line for line in lines if " h264.fps " in line)
    assert line.endswith("4.00 x worse")


@pytest.mark.slow
def test_reports_with_nothing_in_common(call, finished, tmp_path):
    report = json.loads((finished[0] / "b.json").read_text())
    for size in report["sizes"]:
        size["width"] = 999
    (tmp_path / "other.json").write_text(json.dumps(report))
    result = call("bench", "--compare", finished[0] / "b.json", tmp_path / "other.json")
    assert result.code == 2
    assert "no size in common: 64x48, 64x36 and 999x48, 999x36" in result.error_line


@pytest.mark.slow
@pytest.mark.parametrize("damage", [{"sizes": [3]}, {"sizes": [{}]}, {"machine": 1}])
def test_a_damaged_report(call, finished, tmp_path, damage):
    report = json.loads((finished[0] / "b.json").read_text()) | damage
    (tmp_path / "other.json").write_text(json.dumps(report))
    result = call("bench", "--compare", finished[0] / "b.json", tmp_path / "other.json")
    assert result.code == 2
    assert "damaged" in result.error_line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--size", "huge"), "size 'huge' is not understood"),
        (("--size", "8"), "out of range"),
        (("--frames", "1"), "frames must be from 2"),
        (("--frames", "many"), "'many' is not a valid integer"),
        (("--temporal", "2"), "--temporal"),
        (("--style", "negatve"), "did you mean 'negative'"),
        (("--device", "gpu"), "unknown device 'gpu'"),
        (("--threads", "0"), "--threads"),
        (("--input", "missing.mp4"), "missing.mp4"),
        (("--input", "taken.json"), "taken.json"),
        (("--json", "taken.json"), "taken.json exists"),
        (("--json", "nowhere/b.json"), "there is no folder nowhere"),
        (("--json", "b.png", "--plot", "b.png"), "both name b.png"),
        (("--json", "taken.json", "--input", "taken.json", "--overwrite"), "also an input"),
        (("--plot", "b.bmp"), "cannot be a .bmp"),
        (("--plot", "plot"), "without a suffix"),
        (("--compare", "taken.json", "missing.json"), "--compare measures nothing"),
    ],
)
def test_bad_options_are_one_line_before_anything_is_measured(
    call, model, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.json").write_text("{}")
    result = call("bench", "--model", model, *arguments)
    assert result.code == 2
    assert message in result.error_line
    assert listing(tmp_path) == ["taken.json"]


def test_files_that_are_no_benchmarks(call, tmp_path):
    (tmp_path / "b.json").write_text("{}")
    result = call("bench", "--compare", tmp_path / "b.json", tmp_path / "b.json")
    assert result.code == 2
    assert "is not a benchmark" in result.error_line


def test_a_device_that_does_not_run(call, model):
    device = "directml" if sys.platform != "win32" else "coreml"
    result = call("bench", "--model", model, "--device", device)
    assert result.code == 2
    assert f"device '{device}' does not run here" in result.error_line


def group_lives(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def measuring(launch, model, tmp_path):
    """A benchmark that would take an hour, amid a pipeline's turn, in a group of its own."""
    clip = media.make_clip(tmp_path / "clip.mp4")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = launch(
        [*PROGRAM, "--input", str(clip), "--size", "source", "--model", str(model),
         "--frames", "100000", "--json", str(tmp_path / "b.json")],
        env=os.environ | {"TMPDIR": str(scratch)}, start_new_session=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        films = "stylecam-bench-*/*.mp4"
        wait_until(lambda: process.poll() is not None or list(scratch.glob(films)), 120)
        assert process.returncode is None, process.communicate()
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


NEEDS_GROUPS = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no process groups of this kind"
)


@pytest.mark.slow
@NEEDS_GROUPS
def test_ctrl_c_leaves_nothing_behind(measuring, tmp_path):
    os.killpg(measuring.pid, signal.SIGINT)
    out, err = measuring.communicate(timeout=60)
    assert (measuring.returncode, out, err) == (130, "", "stylecam: interrupted\n")
    assert not list((tmp_path / "scratch").glob("stylecam-*"))
    assert listing(tmp_path) == ["clip.mp4", "scratch"]
    wait_until(lambda: not group_lives(measuring.pid))


@pytest.mark.slow
@NEEDS_GROUPS
def test_a_benchmark_that_is_killed_takes_its_processes_along(measuring):
    # Those that it has started stand still, so that they are there when it has gone.
    os.killpg(measuring.pid, signal.SIGSTOP)
    measuring.kill()
    assert measuring.wait() == -signal.SIGKILL
    assert group_lives(measuring.pid)
    os.killpg(measuring.pid, signal.SIGCONT)
    wait_until(lambda: not group_lives(measuring.pid))


@pytest.mark.slow
def test_a_baseline_without_torch_names_the_extra(model, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    done = subprocess.run(
        [*PROGRAM, "--model", str(model), "--size", "64x48", "--frames", "2", "--baseline",
         "--json", str(tmp_path / "b.json")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"stylecam: error: .*needs torch; .*pip install '.*\[train\]'.*\n", done.stderr
    )
    assert not (tmp_path / "b.json").exists()


@pytest.mark.slow
def test_the_baseline_is_measured_in_the_same_run(model, tmp_path):
    done = subprocess.run(
        [*PROGRAM, "--model", str(model), "--size", "64x48", "--frames", "3", "--baseline",
         "--json", str(tmp_path / "b.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "b.json").read_text())
    (size,) = report["sizes"]
    assert "Johnson" in report["baseline_titles"]["johnson"]
    kinds = ["johnson_onnxruntime", "johnson_eager"]
    assert sorted(size["baselines"]) == sorted(kinds)
    assert size["baselines"][kinds[0]]["runs_on"] == size["model"]["runs_on"]
    assert "PyTorch" in size["baselines"][kinds[1]]["runs_on"]
    for kind in kinds:
        ours, theirs = size["model"]["rounds_ms"], size["baselines"][kind]["rounds_ms"]
        assert len(ours) == len(theirs) == ROUNDS
        ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
        assert size["ratios"][f"model_vs_{kind}"] == pytest.approx(ratios[1], rel=0.01)
        assert size["ratios"][f"h264_vs_{kind}"] > 0
        assert f"{size['ratios'][f'model_vs_{kind}']:.1f} x faster" in done.stdout
