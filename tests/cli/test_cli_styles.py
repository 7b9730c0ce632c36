from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import tiny_model

from realtime.cli.tables import print_table
from realtime.model import StyleInfo


def test_json_lists_painted_styles(call, model):
    result = call("styles", "--json", "--model", model)
    assert result.code == 0
    assert json.loads(result.out)[0] == {
        "name": "negative",
        "title": "The Negative",
        "artist": "A. Painter",
        "license": "public domain",
    }
    assert [entry["name"] for entry in json.loads(result.out)] == ["negative", "swapped"]


def test_table_into_a_pipe_is_not_cut(call, model):
    result = call("styles", "--model", model)
    assert result.code == 0
    first = next(line for line in result.out.splitlines() if line.startswith("negative"))
    assert first.split("   ")[0] == "negative"
    assert "The Negative" in first
    assert first.rstrip().endswith("public domain")


@pytest.mark.parametrize("content", [None, b"", b"noise" * 50])
def test_bad_model(call, tmp_path, content):
    path = tmp_path / "bad.onnx"
    if content is not None:
        path.write_bytes(content)
    result = call("styles", "--model", path)
    assert result.code == 2
    assert str(path) in result.error_line


def test_a_narrow_terminal_shows_names_whole(capsys, monkeypatch):
    """They are there to be copied."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    print_table([["a_name_of_a_style", "a long title " * 5, "a long painter " * 5]])
    assert "a_name_of_a_style " in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_output_that_cannot_hold_every_letter(tmp_path, options):
    styles = [StyleInfo("negative", title="The Great Wave, 神奈川沖浪裏")]
    model = tiny_model.save(tmp_path / "model.onnx", styles)
    done = subprocess.run(
        [sys.executable, "-m", "realtime", "styles", "--model", model, *options],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "The Great Wave" in done.stdout
    if options:
        assert json.loads(done.stdout)[0]["title"] == styles[0].title
