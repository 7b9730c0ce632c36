from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import tiny_model
from media import listing
from onnx import TensorProto, helper

from realtime.cli.image import painting_ms
from realtime.metrics import RunStats


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    write(path, np.full((40, 60, 3), (200, 100, 50), np.uint8))
    return path


def write(path: Path, rgb: np.ndarray) -> None:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


def read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def test_verbose_tells_what_runs(call, model, picture, tmp_path):
    arguments = "image", picture, "-o", tmp_path / "out.png", "--model", model, "--device", "cpu"
    assert f"{model} runs on CPUExecutionProvider" in call(*arguments, "--verbose").err


def test_an_image_is_painted_in_the_first_style(call, model, picture, tmp_path):
    result = call("image", picture, "-o", tmp_path / "out.png", "--model", model)
    assert result.code == 0, result.err
    assert (read(tmp_path / "out.png") == (55, 155, 205)).all()
    assert "60x40" in result.err
    assert listing(tmp_path) == ["out.png", "picture.png"]


@pytest.mark.parametrize(
    ("options", "color"),
    [
        (["--style", "swapped"], (100, 50, 200)),
        (["--style", "negative:1,swapped:1"], (78, 102, 202)),
        (["--strength", "0"], (200, 100, 50)),
        (["--strength", "0.5"], (128, 128, 128)),
    ],
)
def test_style_and_strength(call, model, picture, tmp_path, options, color):
    out = tmp_path / "out.png"
    assert call("image", picture, "-o", out, "--model", model, *options).code == 0
    assert np.abs(read(out).astype(int) - color).max() <= 1


def test_size_and_side_by_side(call, model, picture, tmp_path):
    out = tmp_path / "out.png"
    result = call(
        "image", picture, "-o", out, "--model", model, "--size", "32x20", "--side-by-side"
    )
    assert result.code == 0, result.err
    painted = read(out)
    assert painted.shape == (20, 64, 3)
    assert (painted[:, :32] == (200, 100, 50)).all()
    assert (painted[:, 32:] == (55, 155, 205)).all()


def test_fast_paints_at_half_of_the_size(call, model, picture, tmp_path):
    out = tmp_path / "out.png"
    result = call("image", picture, "-o", out, "--model", model, "--quality", "fast")
    assert result.code == 0, result.err
    assert (read(out) == (55, 155, 205)).all()
    assert "60x40" in result.err


def test_the_time_of_painting_is_that_of_all_stages_between_the_files():
    stages = {"decode": 100.0, "reduce": 1.0, "stylize": 20.0, "enlarge": 3.0, "encode": 200.0}
    assert painting_ms(RunStats(1, 1.0, 0.0, stages)) == 24.0
    assert painting_ms(RunStats(1, 1.0, 0.0, {"stylize": 20.0, "compose": 5.0})) == 25.0


def test_keep_colors_keeps_the_chroma_of_the_input(call, model, picture, tmp_path):
    out = tmp_path / "out.png"
    assert call("image", picture, "-o", out, "--model", model, "--keep-colors").code == 0
    before, after = (cv2.cvtColor(read(p), cv2.COLOR_RGB2YCrCb)[0, 0] for p in (picture, out))
    assert abs(int(before[0]) - int(after[0])) > 5
    assert np.abs(before[1:].astype(int) - after[1:]).max() <= 2


def test_quiet_says_nothing(call, model, picture, tmp_path):
    result = call("image", picture, "-o", tmp_path / "out.png", "--model", model, "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_folder_with_a_bad_file(call, model, picture, tmp_path):
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    for name in ("a.png", "c.png"):
        (inputs / name).write_bytes(picture.read_bytes())
    (inputs / "b.png").write_bytes(b"noise")
    result = call("image", inputs, "-o", out, "--model", model)
    assert result.code == 2
    assert listing(out) == ["a.png", "c.png"]
    lines = result.err.splitlines()
    assert sum("b.png" in line for line in lines) == 1
    assert lines[-1] == "stylecam: 2 of 3 files done, 1 failed"


def test_a_new_folder_that_stays_empty_is_removed(call, model, tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"noise")
    result = call("image", tmp_path / "*.png", "-o", tmp_path / "out", "--model", model)
    assert result.code == 2
    assert listing(tmp_path) == ["a.png", "b.png"]


@pytest.mark.parametrize("content", [None, b"", b"noise" * 99, b"\x89PNG\r\n\x1a\n"])
def test_bad_input(call, model, tmp_path, content):
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    before = listing(tmp_path)
    result = call("image", path, "-o", tmp_path / "out.png", "--model", model)
    assert result.code == 2
    assert "bad.png" in result.error_line
    assert listing(tmp_path) == before


def test_an_existing_image_is_kept_unless_told(call, model, picture, tmp_path):
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    arguments = "image", picture, "-o", out, "--model", model
    result = call(*arguments)
    assert result.code == 2
    assert "--overwrite" in result.error_line
    assert out.read_bytes() == b"precious"
    assert call(*arguments, "--overwrite").code == 0
    assert read(out).shape == (40, 60, 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--style", "swaped"], "did you mean 'swapped'?"),
        (["--style", "negative:x"], "is not a number"),
        (["--strength", "1.5"], "--strength"),
        (["--strength", "nan"], "strength"),
        (["--size", "0"], "size 0"),
        (["--size", "8x8"], "size 8x8"),
        (["--size", "99999999"], "size 99999999"),
        (["--size", "big"], "'big'"),
        (["--device", "gpu"], "unknown device 'gpu'"),
        (["--device", "cuda:0"], "unknown device 'cuda:0'"),
        (["--threads", "0"], "--threads"),
        (["-o", "out.mp4"], "image format"),
        (["-o", "out"], "image format"),
    ],
)
def test_bad_options(call, model, picture, tmp_path, options, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call("image", picture, "-o", "out.png", "--model", model, *options)
    assert result.code == 2
    assert said in result.error_line
    assert listing(tmp_path) == ["picture.png"]


def foreign_model(path: Path) -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "foreign",
        [value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [1])],
    )
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def damage_weights(path: Path) -> None:
    """Cut a piece out of the middle: the file still ends as a model does."""
    data = path.read_bytes()
    path.write_bytes(data[:200] + data[260:])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "does not exist"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"noise" * 99), "not a readable ONNX file"),
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "ONNX"),
        (damage_weights, "bad.onnx"),
        (foreign_model, "not a stylecam model"),
    ],
)
def test_bad_model(call, picture, tmp_path, spoil, said):
    path = tiny_model.save(tmp_path / "bad.onnx")
    spoil(path)
    before = listing(tmp_path)
    result = call("image", picture, "-o", tmp_path / "out.png", "--model", path)
    assert result.code == 2
    assert said in result.error_line
    assert listing(tmp_path) == before


def test_a_device_that_does_not_run_says_why(call, model, picture, tmp_path):
    # No machine has both of these.
    codes = []
    for device in ("coreml", "directml"):
        result = call(
            "image", picture, "-o", tmp_path / "out.png", "--model", model, "--device", device
        )
        codes.append(result.code)
        if result.code:
            assert f"device '{device}' does not run here" in result.error_line
            assert "--device cpu" in result.error_line
    assert 2 in codes
