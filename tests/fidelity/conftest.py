"""Runs ``stylecam video`` so that it changes nothing, and shows what came out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.cli import main

Copy = Callable[..., list[str]]


@pytest.fixture
def copy(model_path, capfd) -> Copy:
    """``copy(path, out, *options)`` paints with strength 0; returns the warnings."""

    def run(path: Path, out: Path, *options: object, code: int = 0) -> list[str]:
        capfd.readouterr()
        plain = "--strength", "0", "--temporal", "0", "--model", model_path
        found = main(["video", str(path), "-o", str(out), *map(str, (*plain, *options))])
        said = capfd.readouterr().err.splitlines()
        assert found == code, said
        return [line for line in said if line.startswith("stylecam: warning: ")]

    return run
