"""Threads as decorators: read ahead of a consumer, write behind a producer.

Both hold a worker thread behind a bounded channel. Errors of the worker surface in the caller with
their original type, and leaving the ``with`` block joins the thread on every path: closing the
channel wakes a worker that waits on a full or an empty one.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")

# A wait without a timeout cannot be interrupted by Ctrl-C on Windows.
_WAIT_SECONDS = 0.2
_INTERRUPTED_SECONDS = 3.0
"""What is left of a limit after Ctrl-C."""


class ChannelClosed(Exception):  # noqa: N818 - a signal between threads, not an error
    """The other end has gone."""


class Channel(Generic[Item]):
    """A bounded queue between two threads that either end can close.

    Args:
        capacity: number of items held, at least 1.
        drop_oldest: make room by dropping the oldest item instead of waiting.
    """

    def __init__(self, capacity: int, *, drop_oldest: bool = False) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, but is {capacity}")
        self.dropped = 0
        self._capacity = capacity
        self._drop_oldest = drop_oldest
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self._closed = False

    def put(self, item: Item) -> None:
        """Append an item, waiting for room.

        Raises:
            ChannelClosed: nobody will take it.
        """
        with self._changed:
            while not self._drop_oldest and len(self._items) >= self._capacity:
                if self._closed:
                    break
                self._changed.wait(_WAIT_SECONDS)
            if self._closed:
                raise ChannelClosed
            if len(self._items) >= self._capacity:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    def get(self, timeout: float | None = None) -> Item:
        """Take the oldest item, waiting for one.

        Args:
            timeout: seconds to wait; None waits for as long as it takes.

        Raises:
            ChannelClosed: finished and empty, or closed.
            TimeoutError: nothing came in time.
        """
        with self._changed:
            waited = 0.0
            while not self._items:
                if self._finished or self._closed:
                    raise ChannelClosed
                if timeout is not None and waited >= timeout:
                    raise TimeoutError
                step = _WAIT_SECONDS if timeout is None else min(_WAIT_SECONDS, timeout - waited)
                if not self._changed.wait(step):
                    waited += step
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def withdraw(self) -> Item | None:
        """Take back the item that was put last; None if there is none that nobody has taken."""
        with self._changed:
            return self._items.pop() if self._items else None

    def finish(self) -> None:
        """No more items will be put; those inside can still be taken."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Discard what is inside and release both ends."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()


class Worker(threading.Thread):
    """A thread that tells itself when it has ended.

    In Python 3.11 a ``join`` that Ctrl-C interrupts marks a thread as ended that is not. The caller
    would go on to close the encoder or the decoder that the thread still uses.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        super().__init__(target=work, name=name, daemon=True)
        self.ended = threading.Event()

    def run(self) -> None:
        """Do the work."""
        try:
            super().run()
        finally:
            self.ended.set()

    def wait_to_the_end(self, limit: float | None = None) -> bool:
        """Wait until the thread has ended, whatever Ctrl-C says; false if it has not by then.

        Args:
            limit: seconds to wait at most, for a thread that may be stuck in a native call; Ctrl-C
                shortens it. None waits for as long as it takes.

        Raises:
            KeyboardInterrupt: one came meanwhile; raised when the waiting is over.
        """
        interrupt: KeyboardInterrupt | None = None
        deadline = math.inf if limit is None else time.monotonic() + limit
        while not self.ended.is_set() and time.monotonic() < deadline:
            try:
                self.ended.wait(min(_WAIT_SECONDS, max(0.0, deadline - time.monotonic())))
            except KeyboardInterrupt as error:
                interrupt = error
                if limit is not None:
                    deadline = min(deadline, time.monotonic() + _INTERRUPTED_SECONDS)
        ended = self.ended.is_set()
        if ended:
            self.join()
        if interrupt is not None:
            raise interrupt
        return ended


def workers_left() -> bool:
    """Whether a worker was left behind in a native call that does not return.

    Such a thread dies with the process, but taking the interpreter down around it can crash.
    """
    return any(isinstance(thread, Worker) for thread in threading.enumerate())


@dataclass(frozen=True, slots=True)
class _Made(Generic[Item]):
    """What became of one item: a result, or an error."""

    result: Item | None = None
    error: BaseException | None = None


class MapAhead(Generic[Item, Result]):
    """Iterates over ``function(item)`` for every item, worked out ahead of the consumer.

    Order is kept and nothing is lost. An error of the function or of ``items`` surfaces after
    everything that was made before it. Use it as a context manager and iterate once.

    Args:
        function: called from several threads at once if there are several.
        items: one thread at a time takes from them.
        threads: how many items are worked on at the same time, at least 1.
        capacity: how many results may wait, besides as many as are being made.
    """

    def __init__(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        threads: int = 1,
        capacity: int = 1,
        name: str = "map-ahead",
    ) -> None:
        if threads < 1:
            raise ValueError(f"threads must be at least 1, but is {threads}")
        self._function = function
        self._items = iter(items)
        # Whoever takes an item takes a place in the row with it, where the result will appear.
        self._turn = threading.Lock()
        self._row: Channel[Channel[_Made[Result]]] = Channel(capacity + threads)
        self._threads = [Worker(self._work, name) for _ in range(threads)]

    def __enter__(self) -> Self:
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:  # an interrupt, or too many threads
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def __iter__(self) -> Iterator[Result]:
        while True:
            try:
                made = self._row.get().get()
            except ChannelClosed:
                return
            if made.error is not None:
                raise made.error
            yield cast(Result, made.result)

    def _end(self) -> None:
        self._row.close()
        with ExitStack() as stack:  # an interrupt during one wait does not spare the others
            for thread in self._threads:
                if thread.ident is not None:
                    stack.callback(thread.wait_to_the_end)

    def _work(self) -> None:
        with suppress(ChannelClosed):
            while True:
                place: Channel[_Made[Result]] = Channel(1)
                try:
                    item = self._take(place)
                except ChannelClosed:
                    place.finish()
                    raise
                except BaseException as error:  # raised again in the consumer
                    place.put(_Made(error=error))
                    continue
                place.put(self._make(item))

    def _make(self, item: Item) -> _Made[Result]:
        try:
            return _Made(self._function(item))
        except BaseException as error:  # raised again in the consumer
            return _Made(error=error)

    def _take(self, place: Channel[_Made[Result]]) -> Item:
        """The next item, when ``place`` stands in the row.

        Raises:
            ChannelClosed: there is none, or the consumer has gone.
        """
        with self._turn:
            self._row.put(place)
            try:
                return next(self._items)
            except StopIteration:
                raise ChannelClosed from None


class ReadAhead(MapAhead[Item, Item]):
    """Iterates over ``items`` in a thread of its own, a few items ahead of the consumer.

    Order is kept and nothing is lost. Use it as a context manager and iterate once.
    """

    def __init__(self, items: Iterable[Item], capacity: int = 3) -> None:
        super().__init__(lambda item: item, items, capacity=capacity, name="read-ahead")


class WriteBehind(Generic[Item]):
    """Hands items to ``write`` in a thread of its own, a few items behind the producer.

    Leaving the ``with`` block normally waits until everything is written; leaving it with an
    exception discards what waits. An error of ``write`` surfaces at the next ``put`` or at the end.
    """

    def __init__(self, write: Callable[[Item], object], capacity: int = 3) -> None:
        self._write = write
        self._channel: Channel[Item] = Channel(capacity)
        self._error: BaseException | None = None
        self._thread = Worker(self._work, "write-behind")

    def put(self, item: Item) -> None:
        """Queue an item, waiting while the queue is full."""
        try:
            self._channel.put(item)
        except ChannelClosed:
            if self._error is not None:
                raise self._error from None
            raise

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._channel.finish()
            try:
                while not self._thread.ended.wait(_WAIT_SECONDS):
                    pass
            finally:
                self._channel.close()
                self._thread.wait_to_the_end()
            if self._error is not None:
                raise self._error
        else:
            self._channel.close()
            self._thread.wait_to_the_end()

    def _work(self) -> None:
        try:
            while True:
                self._write(self._channel.get())
        except ChannelClosed:
            pass
        except BaseException as error:  # raised again in the producer
            self._error = error
            self._channel.close()
