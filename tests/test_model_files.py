from __future__ import annotations

import subprocess
import sys

import pytest
import tiny_model

from realtime.errors import ModelError
from realtime.model_files import bundled_models, default_model, describe


def test_a_model_describes_itself(model_path):
    description = describe(model_path)
    assert description.styles == tiny_model.STYLES
    assert description.identity_index == 2
    assert [style.name for style in description.painted_styles] == ["negative", "swapped"]


def test_every_model_that_ships_keeps_the_contract():
    for path in bundled_models():
        assert describe(path).painted_styles


def test_the_default_model_comes_first():
    assert bundled_models()[0] == default_model()


def test_a_name_that_is_no_path_of_this_system(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        describe(tmp_path / ("x" * 300))


def test_torch_and_onnx_are_not_needed_to_run_a_model(model_path):
    code = f"""
import sys
from pathlib import Path
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "onnx", "onnxscript", "export"):
            raise ImportError(name + " is not installed")
sys.meta_path.insert(0, Refuse())
import numpy
from realtime.engine import OnnxStylizer
print(OnnxStylizer(Path({str(model_path)!r}))(numpy.zeros((16, 16, 3), "uint8")).max())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "255"
