"""The file that ``--report`` writes."""

from __future__ import annotations

import json
import os
import sys

import pytest
from media import listing


def test_report_of_one_file(call, model, clip, tmp_path):
    out, path = tmp_path / "out.mp4", tmp_path / "report.json"
    arguments = "video", clip, "-o", out, "--model", model, "--report", path
    assert call(*arguments, "--device", "cpu", "--style", "swapped", "--keep-colors").code == 0
    report = json.loads(path.read_text())
    assert report["frames"] == 12
    assert report["fps"] > 0
    assert set(report["stages_ms"]) == {"decode", "stylize", "stabilize", "compose", "encode"}
    assert (report["device"], report["provider"]) == ("cpu", "CPUExecutionProvider")
    assert (report["style"], report["size"]) == ("swapped", [64, 48])
    assert report["model"] == str(model)
    assert {"stylecam", "onnxruntime", "av"} <= set(report["versions"])


def test_report_names_what_auto_chose(call, model, clip, tmp_path):
    path = tmp_path / "report.json"
    assert (
        call("video", clip, "-o", tmp_path / "o.mp4", "--model", model, "--report", path).code == 0
    )
    report = json.loads(path.read_text())
    assert report["device"] != "auto"
    assert report["style"] == "negative"


def test_an_existing_report_is_kept_unless_told(call, model, clip, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("precious")
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", model, "--report", path
    result = call(*arguments)
    assert result.code == 2
    assert "--overwrite" in result.error_line
    assert listing(tmp_path) == ["clip.mp4", "report.json"]
    assert call(*arguments, "--overwrite").code == 0
    assert json.loads(path.read_text())["frames"] == 12


def test_the_report_does_not_replace_the_model(call, model, clip, tmp_path):
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(model.read_bytes())
    arguments = "video", clip, "-o", tmp_path / "out.mp4", "--model", mine, "--report", mine
    result = call(*arguments, "--overwrite")
    assert result.code == 2
    assert "is also the model" in result.error_line
    assert mine.read_bytes() == model.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="names elsewhere are always Unicode")
def test_a_name_that_is_no_unicode(call, model, clip, tmp_path):
    odd = clip.rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    path = tmp_path / "report.json"
    result = call("video", odd, "-o", tmp_path / "out.mp4", "--model", model, "--report", path)
    assert result.code == 0, result.err
    assert json.loads(path.read_text())["input"] == str(odd)
