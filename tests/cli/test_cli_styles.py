from __future__ import annotations

import json
import os
import subprocess
import sys

import cv2
import numpy as np
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


def test_a_sheet_shows_every_style(call, model, tmp_path):
    sheet = tmp_path / "sheet.png"
    result = call("styles", "--model", model, "--sheet", sheet)
    assert result.code == 0
    drawn = cv2.imread(str(sheet))
    # Two styles side by side: negative and swapped paint the same picture differently.
    height, width = drawn.shape[:2]
    assert width > 2 * 320
    left, right = drawn[20:200, 20:320], drawn[20:200, width // 2 + 20 : width // 2 + 320]
    assert abs(left.astype(int) - right).mean() > 10
    caption = drawn[height - 60 :, : width // 2]
    assert (caption.max(axis=2) < 60).sum() > 50  # ink


def test_a_sheet_of_a_picture_of_ones_own(call, model, tmp_path):
    picture = tmp_path / "grey.png"
    cv2.imwrite(str(picture), np.full((40, 80, 3), 100, np.uint8))
    sheet = tmp_path / "sheet.png"
    assert call("styles", "--model", model, "--sheet", sheet, "--picture", picture).code == 0
    assert (cv2.imread(str(sheet))[100, 100] == 155).all()  # the negative of 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sheet", "sheet.xyz"), "image format"),
        (("--sheet", "nowhere/sheet.png"), "nowhere"),
        (("--sheet", "sheet.png", "--picture", "nowhere.jpg"), "nowhere.jpg"),
        (("--picture", "nowhere.jpg"), "--sheet"),
        (("--overwrite",), "--sheet"),
        (("--json", "--sheet", "sheet.png"), "choose one"),
    ],
)
def test_bad_sheets(call, model, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    result = call("styles", "--model", model, *arguments)
    assert result.code == 2
    assert said in result.error_line
    assert not list(tmp_path.iterdir())


def test_an_existing_sheet_is_kept(call, model, tmp_path):
    sheet = tmp_path / "sheet.png"
    sheet.write_text("precious")
    result = call("styles", "--model", model, "--sheet", sheet)
    assert result.code == 2
    assert sheet.read_text() == "precious"
    assert call("styles", "--model", model, "--sheet", sheet, "--overwrite").code == 0


def test_a_sheet_does_not_replace_the_picture_on_it(call, model, tmp_path):
    picture = tmp_path / "photo.png"
    cv2.imwrite(str(picture), np.full((40, 80, 3), 100, np.uint8))
    before = picture.read_bytes()
    result = call(
        "styles", "--model", model, "--sheet", picture, "--picture", picture, "--overwrite"
    )
    assert result.code == 2
    assert picture.read_bytes() == before


def test_a_sheet_of_a_very_high_picture_stays_small(call, model, tmp_path):
    picture = tmp_path / "tower.png"
    cv2.imwrite(str(picture), np.full((5000, 20, 3), 100, np.uint8))
    sheet = tmp_path / "sheet.png"
    assert call("styles", "--model", model, "--sheet", sheet, "--picture", picture).code == 0
    assert cv2.imread(str(sheet)).shape[0] < 600
