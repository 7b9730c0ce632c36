"""Contenders for the benchmark's tests; child processes import them from here."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from realtime.bench.contenders import Turn
from realtime.errors import OptionError


@dataclass
class Recorder:
    """Notes in a file when it is opened and when it takes a turn."""

    name: str
    path: Path

    def open(self) -> str:
        self._note("open")
        logging.getLogger("realtime.test").warning("%s is getting ready", self.name)
        return f"{self.name} runs"

    def turn(self) -> Turn:
        self._note("turn")
        return Turn(times_ms=[float(os.getpid())])

    def _note(self, what: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{self.name} {what}\n")


@dataclass
class Dying:
    """Ends its process at its first turn, as a system without memory does."""

    def open(self) -> str:
        return "nothing"

    def turn(self) -> Turn:
        os._exit(9)


@dataclass
class Hungry:
    """Takes memory and gives it back."""

    size: int

    def open(self) -> str:
        return "memory"

    def turn(self) -> Turn:
        assert len(b"1" * self.size) == self.size
        return Turn()


def refuse(text: str) -> None:
    """Raises an error of the user's making."""
    raise OptionError(f"{text} is no number")
