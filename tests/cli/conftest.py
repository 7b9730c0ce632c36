from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import media
import pytest
import tiny_model

from realtime.cli import main


@dataclass(frozen=True)
class Result:
    """What a call of ``stylecam`` returned and said."""

    code: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """The one line of an error of the user's making."""
        lines = self.err.splitlines()
        assert len(lines) == 1, f"expected one line, got: {self.err}"
        assert lines[0].startswith("stylecam: error: ")
        assert self.out == ""
        return lines[0]


Call = Callable[..., Result]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs ``stylecam`` in this process and collects what it says."""

    def run(*arguments: object) -> Result:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Result(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two styles that runs in no time."""
    return tiny_model.save(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="session")
def shared_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames with sound; not to be changed."""
    return media.make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def clip(shared_clip: Path, tmp_path: Path) -> Path:
    """Twelve frames with sound, alone in the test's own folder."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(shared_clip.read_bytes())
    return path
