"""What a run shows on the standard error: a bar while it runs, a line when it is done."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .failures import one_line
from .group import PROGRAM
from .say import say
from .settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

_LONGEST_NAME = 28


class Reporter:
    """Shows a progress bar on a terminal, and lines anywhere; nothing when quiet.

    Use it as a context manager around all jobs: a bar that is left takes the cursor with it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.finish()

    def begin(self, name: str, total: int | None, *, show_rate: bool = True) -> None:
        """Show the bar of one job.

        Args:
            name: what to call it.
            total: number of frames expected; None where unknown.
            show_rate: the things counted are frames, so show how many there are a second.
        """
        self.finish()
        # A process that was started without a standard error has None in its place.
        if sys.stderr is not None and sys.stderr.isatty() and not self._settings.quiet:
            self._bar = _new_bar(show_rate=show_rate)
            self._bar.add_task(name, total=total)
            self._bar.start()

    def advance(self, done: int) -> None:
        """Tell how many frames are done."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)

    def finish(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            with suppress(OSError):  # the terminal was closed
                self._bar.stop()
            self._bar = None

    def note(self, text: str) -> None:
        """A line that is not needed: hidden when quiet."""
        if not self._settings.quiet:
            self.say(text)

    def say(self, text: str) -> None:
        """A line that must be seen."""
        line = one_line(text)
        if self._bar is None:
            say(line)
            return
        with suppress(OSError):  # the terminal was closed
            self._bar.console.print(
                f"{PROGRAM}: {line}", markup=False, highlight=False, soft_wrap=True
            )


def _new_bar(*, show_rate: bool) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Frames per second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:.1f} fps", style="progress.data.speed")

    # A long name must leave room for the numbers.
    name = Column(max_width=_LONGEST_NAME, no_wrap=True, overflow="ellipsis")
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=name),
        BarColumn(),
        MofNCompleteColumn(),
        *([RateColumn(table_column=Column(no_wrap=True))] if show_rate else []),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
