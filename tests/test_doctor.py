from __future__ import annotations

import json
import sys

from realtime.cli import main
from realtime.doctor import Finding, examine, find_encoders, find_versions
from realtime.sinks.encoders import available_codecs


def test_every_topic_is_examined():
    findings = examine()
    assert list(findings) == ["versions", "providers", "encoders", "cameras", "models"]
    assert {entry.name: entry.works for entry in findings["providers"]}["cpu"]


def test_a_provider_that_does_not_run_says_why():
    for entry in examine()["providers"]:
        assert entry.detail


def test_encoders_are_those_that_exist():
    found = {entry.name: entry for entry in find_encoders()}
    assert found["h264"] == Finding("h264", True, "libx264")
    assert {name for name, entry in found.items() if entry.works} == set(available_codecs())


def test_a_missing_library_is_a_finding(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    opencv = next(entry for entry in find_versions() if entry.name == "OpenCV")
    assert not opencv.works
    assert "not installed" in opencv.detail


def test_a_broken_library_does_not_stop_the_others(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    findings = examine()
    assert [entry.works for entry in findings["providers"]] == [False]
    assert any(entry.works for entry in findings["encoders"])


def test_command(capsys):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for word in ("Versions", "Devices", "Encoders", "Cameras", "Models", "h264"):
        assert word in shown
    assert main(["doctor", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(examine())
