"""Ctrl-C, SIGTERM and a closed terminal: the first finishes the file, the second gives up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Windows has no SIGHUP, which tells that the terminal was closed."""


class StopOnSignal:
    """While entered, notes the first signal and raises KeyboardInterrupt at the second.

    Call it to ask whether to stop.

    Args:
        announce: told at the first signal, from the signal handler.
    """

    def __init__(self, announce: Callable[[], None]) -> None:
        self._announce = announce
        self._previous: dict[signal.Signals, Any] = {}
        self.signal: int | None = None

    def __call__(self) -> bool:
        """Whether a signal has come."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """By the shells' convention: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP."""
        return 128 + (self.signal or signal.SIGINT)

    def __enter__(self) -> Self:
        # Python takes signals in the main thread only; elsewhere the caller's handlers stay.
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # nohup, and shells for what runs in the background, have a signal ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        self._announce()
