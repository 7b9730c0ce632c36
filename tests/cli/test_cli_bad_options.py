"""Options of ``stylecam video`` that make no sense: one line before anything is done."""

from __future__ import annotations

import pytest
from media import listing


@pytest.mark.parametrize("value", ["-0.1", "1.1", "nan", "much"])
def test_a_bad_temporal_strength_is_refused(call, model, clip, tmp_path, value):
    result = call("video", clip, "-o", tmp_path / "o.mp4", "--model", model, "--temporal", value)
    assert result.code == 2
    assert "temporal" in result.error_line
    assert listing(tmp_path) == ["clip.mp4"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--style", "swaped"], "did you mean 'swapped'?"),
        (["--style", "plain"], "unknown style 'plain'"),
        (["--strength", "-0.1"], "--strength"),
        (["--size", "0"], "size 0"),
        (["--size", "-5"], "'-5'"),
        (["--size", "100000x100000"], "size 100000x100000"),
        (["--device", "gpu"], "unknown device 'gpu'"),
        (["--start", "soon"], "'soon'"),
        (["--start", "2", "--end", "1"], "--end 1"),
        (["--start", "60"], ""),
        (["--codec", "libx246"], "libx246"),
        (["--crf", "99"], "99"),
        (["--crf", "good"], "--crf"),
        (["--preset", "quick"], "quick"),
        (["-o", "out.xyz"], "out.xyz"),
        (["-o", "out"], "out"),
        (["-o", "no/out.mp4"], "no"),
        (["-o", "clip.mp4"], "is also an input"),
        (["-o", "clip.mp4", "--overwrite"], "is also an input"),
        (["-o", "clip.mp4/out.mp4"], "not a folder"),
        (["-o", "/proc/self/out.mp4"], "not writable"),
        (["--report", "clip.mp4"], "also an input"),
        (["--report", "out.mp4"], "also an input or an output"),
        (["--report", "no/report.json"], "no"),
        (["--model", "none.onnx"], "none.onnx"),
    ],
)
def test_bad_options(call, model, clip, tmp_path, options, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = clip.read_bytes()
    result = call("video", "clip.mp4", "-o", "out.mp4", "--model", model, *options)
    assert result.code == 2
    assert said in result.error_line
    assert listing(tmp_path) == ["clip.mp4"]
    assert clip.read_bytes() == before


def test_a_name_that_is_too_long(call, model, clip, tmp_path):
    for arguments in (["a" * 300 + ".mp4", "-o", "b.mp4"], [clip, "-o", tmp_path / ("b" * 300)]):
        result = call("video", *arguments, "--model", model)
        assert result.code == 2
        assert "too long" in result.error_line
