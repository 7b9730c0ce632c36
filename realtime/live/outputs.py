"""Where else the pictures go: each output in a thread of its own, so that none holds up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from ..buffered import Channel, ChannelClosed, Worker
from ..errors import SinkError
from ..frame import Frame, Image
from ..interfaces import Sink

PATIENCE_SECONDS = 10.0
"""A sink that is busy with one thing for so long will not come back."""
_HURRY_SECONDS = 3.0
"""For what is nearly completed, when the user does not want to wait."""


@dataclass(frozen=True, slots=True)
class OutputResult:
    """What became of an output.

    Attributes:
        name: for people.
        written: number of frames that it took.
        dropped: number of frames that it was too slow for.
        error: what ended it early, in words; None if nothing did.
        warnings: one line for each thing the user should know.
    """

    name: str
    written: int
    dropped: int
    error: str | None
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        frames = "1 frame" if self.written == 1 else f"{self.written} frames"
        return f"{self.name}: {frames}, {self.dropped} dropped"


class Output:
    """Feeds a sink without ever waiting for it: what it cannot take in time is dropped.

    Everything that the sink does happens in the output's thread, opening and completing too. If one
    of these takes longer than ``patience``, the output has failed, and its thread is left behind.

    Args:
        name: for messages.
        sink: already open, or what opens it.
        size: (width, height) that the sink expects; None takes pictures as they come.
        capacity: frames that may wait. A recording bridges a hiccup with some; what is watched
            live must not grow older.
        patience: seconds that the sink may take for one thing.

    Attributes:
        name: the same.
        error: what ended it early; then it takes no more frames.
        written: number of frames that the sink took.
    """

    def __init__(
        self,
        name: str,
        sink: Sink | Callable[[], Sink],
        *,
        size: tuple[int, int] | None = None,
        capacity: int = 1,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.name = name
        self.error: BaseException | None = None
        self.written = 0
        self._given = sink
        self._given_up = False
        self._sink: Sink | None = None
        self._size = size
        self._patience = patience
        self._first: Fraction | None = None
        self._seconds = 0.0
        self._opened = threading.Event()
        if not callable(sink):
            self._opened.set()
        self._busy_since: float | None = time.monotonic()
        self._frames: Channel[Frame] = Channel(capacity, drop_oldest=True)
        self._thread = Worker(self._work, "output")
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Number of frames that the sink was too slow for."""
        return self._frames.dropped

    @property
    def seconds(self) -> float:
        """From the first frame to the newest, in seconds."""
        return self._seconds

    @property
    def result(self) -> OutputResult:
        """What became of it so far."""
        return OutputResult(
            self.name,
            self.written,
            self.dropped,
            None if self.error is None else str(self.error),
            () if self._sink is None else tuple(self._sink.warnings),
        )

    def wait_open(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds; true once the sink is open.

        Raises:
            Exception: it cannot be opened.
        """
        opened = self._opened.wait(timeout)
        self.check()
        if self.error is not None:
            raise self.error
        return opened

    def offer(self, frame: Frame) -> None:
        """Hand over a frame; never waits."""
        if self._first is None:
            self._first = frame.pts
        self._seconds = float(frame.pts - self._first)
        with suppress(ChannelClosed):  # then it has failed; ``error`` says why
            self._frames.put(replace(frame, pts=frame.pts - self._first))

    @property
    def is_empty(self) -> bool:
        """Whether it was offered no frame yet."""
        return self._first is None

    @property
    def ended(self) -> bool:
        """Whether the sink is completed, or has failed, and nothing is left to wait for."""
        return self._given_up or self._thread.ended.is_set()

    def wait_ended(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds; true once `ended`."""
        return self._given_up or self._thread.ended.wait(timeout)

    def finish(self) -> None:
        """Take no more frames, and complete the output meanwhile; never waits."""
        self._frames.finish()

    def check(self) -> None:
        """Give the sink up if it has been busy with one thing for too long."""
        since = self._busy_since
        if since is not None and time.monotonic() - since > self._patience:
            self._give_up()

    def close(self, *, wait: bool = True) -> None:
        """Write what waits and complete the output; its failure is in ``error``.

        One that is not even open is not waited for.

        Args:
            wait: false gives it up if it is not completed within three seconds.
        """
        self.finish()
        is_waited_for = self._opened.is_set() and not self._given_up
        patience = self._patience if wait else min(_HURRY_SECONDS, self._patience)
        is_interrupted = not wait
        try:
            self._thread.wait_to_the_end(patience if is_waited_for else 0)
        except KeyboardInterrupt:
            is_interrupted = True
            raise
        finally:
            if not self._thread.ended.is_set():
                if is_interrupted and self.error is None:
                    self.error = SinkError("it was interrupted while it was being completed")
                self._give_up()

    def _give_up(self) -> None:
        self._given_up = True
        if self.error is None:
            self.error = SinkError(
                f"nothing was taken for {self._patience:.0f} s; check the receiver, the network or"
                " the disk"
            )
        self._frames.close()

    def _work(self) -> None:
        try:
            self._sink = self._given() if callable(self._given) else self._given
            self._opened.set()
            self._feed(self._sink)
        except Exception as error:
            if self.error is None:
                self.error = error
            self._frames.close()
        finally:
            self._busy_since = None
            self._opened.set()

    def _feed(self, sink: Sink) -> None:
        try:
            while True:
                self._busy_since = None
                frame = self._frames.get()
                self._busy_since = time.monotonic()
                if self._size is not None:
                    frame = frame.with_image(fit(frame.image, self._size))
                sink.write(frame)
                self.written += 1
        except ChannelClosed:
            self._busy_since = time.monotonic()
            sink.close()
        except Exception:
            sink.abort()
            raise


def fit(image: Image, size: tuple[int, int]) -> Image:
    """``image`` brought to (width, height), with black bars where the shape differs."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    result = np.zeros((size[1], size[0], 3), np.uint8)
    result[top : top + inner[1], left : left + inner[0]] = cv2.resize(
        image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return result
