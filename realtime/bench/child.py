"""One process around one contender."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from .. import errors
from ..machine import peak_memory
from .contenders import Contender, Turn

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a contender started.

    Attributes:
        runs_on: the ONNX Runtime provider, or the framework and the device.
        cold_start_ms: from the first import to the first result, in a new process.
        warnings: what was logged meanwhile, e.g. that a device does not run.
    """

    runs_on: str
    cold_start_ms: float
    warnings: tuple[str, ...] = ()


class Child:
    """A new process that does what it is told, one call at a time.

    Use it as a context manager.
    """

    def __init__(self) -> None:
        # Not forked: threads and libraries of this process would come along.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)

    def call(
        self, function: Callable[Parameters, Result], *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:  # fmt: skip
        """Call ``function`` in the child.

        Raises:
            StylecamError: as the function raises it, or because the child died.
        """
        try:
            guarded = partial(_guarded, function)
            return self._pool.submit(guarded, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise errors.StylecamError(
                "a process that was being measured died, perhaps for want of memory; close other"
                " programs or measure a smaller --size"
            ) from error

    def open(self, contender: Contender) -> Opening:
        """Send a contender to the child and have it get ready."""
        return self.call(_open, contender)

    def turn(self) -> Turn:
        """Let the contender take its turn."""
        return self.call(_turn)

    def peak_memory(self) -> float | None:
        """The most memory that the child ever held, in MB; None where nobody knows."""
        return self.call(peak_memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _guarded(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call a function so that its errors survive the way to the parent.

    An exception is sent as its class and arguments, which fails where a class makes its message of
    something else; the parent would see the child break instead.
    """
    try:
        return function(*args, **kwargs)
    except errors.StylecamError as error:
        public = next(c for c in type(error).__mro__ if c.__module__ == errors.__name__)
        raise public(str(error)) from None


class _Listener(logging.Handler):
    """Collects what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


# The state of a child.
_contenders: list[Contender] = []


def _begin() -> None:
    # Ctrl-C goes to all processes of a terminal; the parent decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and a pool's process would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _open(contender: Contender) -> Opening:
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    began = time.perf_counter()
    runs_on = contender.open()
    cold_start_ms = 1000 * (time.perf_counter() - began)
    logging.getLogger().removeHandler(listener)
    _contenders.append(contender)
    return Opening(runs_on, cold_start_ms, tuple(listener.lines))


def _turn() -> Turn:
    return _contenders[-1].turn()
