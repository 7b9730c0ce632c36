"""Reference networks to compare with. The runtime has none: other packages provide them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..errors import OptionError
from ..frame import Image
from ..messages import install_extra

ENTRY_POINTS = "stylecam.baselines"
"""The group of entry points; each names a module with the members of ``Baseline``."""


class Baseline(Protocol):
    """A reference network, with random weights: they cost as much as trained ones.

    Attributes:
        TITLE: how to call it.
    """

    TITLE: str

    def write_model(self, path: Path) -> None:
        """Write it as a stylecam model."""
        ...

    def open_eager(self, device: str, threads: int) -> tuple[Callable[[Image], Image], str]:
        """The same network in the framework that trains it.

        Args:
            device: ``cpu`` or ``cuda``, where the framework has it.
            threads: processor threads.

        Returns:
            ``picture -> painting``, both uint8 ``[H, W, 3]``; and what it runs on, in words.
        """
        ...


def load_baseline(name: str) -> Baseline:
    """Import a baseline.

    Raises:
        OptionError: a package that it needs is missing; says what to install.
    """
    from importlib.metadata import entry_points

    entry = entry_points(group=ENTRY_POINTS)[name]
    try:
        baseline: Baseline = entry.load()
    except ImportError as error:
        raise OptionError(
            f"the baseline '{name}' needs {error.name or error}; install it with:"
            f" {install_extra('train')}, or leave --baseline out"
        ) from error
    return baseline


def baseline_names() -> list[str]:
    """The baselines that are installed.

    Raises:
        OptionError: there are none.
    """
    from importlib.metadata import entry_points

    names = sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))
    if not names:
        raise OptionError(
            "this installation has no baselines; install stylecam again, or leave --baseline out"
        )
    return names


def write_baseline(name: str, path: Path) -> str:
    """Write the ONNX model of a baseline and return its title.

    Raises:
        OptionError: a package that it needs is missing.
    """
    baseline = load_baseline(name)
    baseline.write_model(path)
    return baseline.TITLE
