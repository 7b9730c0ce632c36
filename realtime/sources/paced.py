"""A file played at its own speed, delivered as a camera would: the newest frame wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Self

from ..buffered import Channel, ChannelClosed, Worker
from ..frame import Frame, Image, StreamInfo
from ..interfaces import Source

_NANOSECOND = Fraction(1, 1_000_000_000)
_FALLBACK_DURATION = Fraction(1, 25)


class PacedSource:
    """Plays another source in real time, in a reader thread that keeps only the newest frame.

    The timestamps are the times at which frames were due to be shown and were there, counted from
    the first one. A source that cannot be decoded fast enough comes late; nothing is skipped for
    it before it is decoded.

    Args:
        open_source: opens it; called again for each round of a loop.
        loop: begin again at the end.

    Attributes:
        origin_ns: ``time.monotonic_ns`` at timestamp 0.

    Raises:
        SourceError: it cannot be opened.
    """

    def __init__(self, open_source: Callable[[], Source], *, loop: bool = False) -> None:
        self.warnings: list[str] = []
        self.damaged = False
        self._open_source = open_source
        self._loop = loop
        self._error: BaseException | None = None
        self._stopping = threading.Event()
        self._newest: Channel[tuple[Image, int]] = Channel(1, drop_oldest=True)
        self._playing = open_source()
        self.info: StreamInfo = replace(
            self._playing.info, is_live=True, time_base=_NANOSECOND, frame_count=None
        )
        self.origin_ns = time.monotonic_ns()
        self._thread = Worker(self._work, "camera")
        self._thread.start()

    def start(self, timeout: float) -> bool:  # noqa: ARG002 - nothing is waited for
        """Always true: a file is there once it is open."""
        return True

    @property
    def dropped(self) -> int:
        """Number of frames that were replaced by a newer one before anybody took them."""
        return self._newest.dropped

    @property
    def trouble(self) -> str | None:
        """Always None: a file does not go away."""
        return None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame, each at most once, waiting for the next one.

        Raises:
            SourceError: the file cannot be decoded any more.
        """
        return (frame for frame in self.ticking(None) if frame is not None)

    def ticking(self, seconds: float | None) -> Iterator[Frame | None]:
        """The same frames, and None whenever there was no new one for ``seconds``."""
        index = 0
        while True:
            try:
                image, shown = self._newest.get(seconds)
            except TimeoutError:
                yield None
                continue
            except ChannelClosed:
                break
            yield Frame(image, (shown - self.origin_ns) * _NANOSECOND, index)
            index += 1
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop playing."""
        self._stopping.set()
        self._newest.close()
        self._thread.wait_to_the_end()
        self._playing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _work(self) -> None:
        try:
            begin = Fraction(0)
            while True:
                begin = self._play(begin)
                self.warnings = self._playing.warnings
                self.damaged |= self._playing.damaged
                if not self._loop or self._stopping.is_set():
                    return
                self._playing.close()
                self._playing = self._open_source()
        except ChannelClosed:
            pass
        except Exception as error:  # raised again in the consumer
            self._error = error
        finally:
            self._newest.finish()

    def _play(self, begin: Fraction) -> Fraction:
        """Play one round from ``begin`` (seconds after the origin); returns when it ends."""
        shift: Fraction | None = None
        end = begin
        for frame in self._playing:
            if shift is None:
                shift = begin - frame.pts
            due = frame.pts + shift
            late = self._now() - due
            if self._stopping.wait(max(0.0, -float(late))):
                break
            self._newest.put((frame.image, time.monotonic_ns()))
            end = due + (frame.duration or _FALLBACK_DURATION)
        self._stopping.wait(max(0.0, float(end - self._now())))
        return end

    def _now(self) -> Fraction:
        return (time.monotonic_ns() - self.origin_ns) * _NANOSECOND
