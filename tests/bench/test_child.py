from __future__ import annotations

import os
import sys

import contenders
import pytest

from realtime.bench.child import Child
from realtime.bench.contenders import ModelContender, ModelSettings
from realtime.errors import OptionError, ProviderError, StylecamError
from realtime.machine import peak_memory


def test_a_child_is_another_process(tmp_path):
    with Child() as child:
        opening = child.open(contenders.Recorder("a", tmp_path / "log"))
        first, second = child.turn(), child.turn()
    assert opening.runs_on == "a runs"
    assert opening.cold_start_ms > 0
    assert opening.warnings == ("a is getting ready",)
    assert first == second
    assert first.times_ms != [os.getpid()]


def test_errors_keep_their_kind_and_their_words(tmp_path):
    settings = ModelSettings(tmp_path / "missing.onnx")
    with Child() as child:
        with pytest.raises(StylecamError, match=r"missing\.onnx does not exist"):
            child.open(ModelContender(settings, (32, 32), 1))
        with pytest.raises(OptionError, match="no number"):
            child.call(contenders.refuse, "x")


def test_an_error_with_a_constructor_of_its_own_arrives(model_path):
    """Such a one cannot be sent as it is."""
    device = "directml" if sys.platform != "win32" else "coreml"
    with (
        Child() as child,
        pytest.raises(ProviderError, match=f"device '{device}' does not run here"),
    ):
        child.open(ModelContender(ModelSettings(model_path, device=device), (32, 32), 1))


def test_a_child_that_dies_is_said_to():
    with Child() as child:
        child.open(contenders.Dying())
        with pytest.raises(StylecamError, match="died"):
            child.turn()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_peak_memory_is_that_of_the_child_alone():
    ballast = b"1" * 300_000_000
    with Child() as small, Child() as large:
        small.open(contenders.Hungry(1))
        large.open(contenders.Hungry(200_000_000))
        for child in (small, large):
            child.turn()
        assert small.peak_memory() < 150
        assert large.peak_memory() > 200
    del ballast
    assert peak_memory() > 300
