"""Small helpers for messages."""

from __future__ import annotations

from pathlib import Path

import realtime
from realtime.messages import install_extra


def test_a_clone_installs_its_own_extras():
    root = Path(realtime.__file__).parents[1]
    assert install_extra("train") == f"pip install '{root}[train]'"


def test_an_installation_names_the_packages(tmp_path):
    """The wheel was installed; stylecam is on no package index."""
    assert install_extra("plots", tmp_path) == "pip install 'matplotlib>=3.9'"
    assert "'torch>=2.6'" in install_extra("train", tmp_path)
    assert "onnxruntime-gpu[cuda,cudnn]" in install_extra("cuda", tmp_path)
    assert "in a clone" in install_extra("nonsense", tmp_path)
