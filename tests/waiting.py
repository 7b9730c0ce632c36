"""Waits for what others do, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import pytest

from realtime.buffered import Worker


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait until ``condition`` holds; fails after a time that no machine should need."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited for {seconds} s"
        time.sleep(0.005)


def set_once_waited_for(monkeypatch: pytest.MonkeyPatch, name: str, event: Event) -> None:
    """Set an event as soon as somebody waits for the end of the worker ``name``.

    By then it has been told to end. A while, however long, could be over before that.
    """
    wait = Worker.wait_to_the_end

    def set_and_wait(worker: Worker, limit: float | None = None) -> bool:
        if worker.name == name:
            event.set()
        return wait(worker, limit)

    monkeypatch.setattr(Worker, "wait_to_the_end", set_and_wait)
