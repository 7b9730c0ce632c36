"""A clip played as a camera would deliver it: in real time, and only the newest frame waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Self

from ..buffered import Channel, ChannelClosed
from ..frame import Frame, StreamInfo


class PacedSource:
    """Delivers ``frames`` at ``rate``, dropping the ones that come too late.

    Args:
        frames: in order; decoded in a thread of this source, as a camera's would be.
        info: of the frames.
        rate: frames per second.
        clock: of the times below, in seconds.

    Attributes:
        taken_at: the time at which each frame was there, by its index.
    """

    def __init__(
        self,
        frames: Iterable[Frame],
        info: StreamInfo,
        rate: Fraction,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.info = replace(info, rate=rate, is_live=True)
        self.taken_at: dict[int, float] = {}
        self._frames = frames
        self._interval = float(1 / rate)
        self._clock = clock
        self._channel: Channel[Frame] = Channel(1, drop_oldest=True)
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)

    @property
    def dropped(self) -> int:
        """Frames that were never delivered, since a newer one had come."""
        return self._channel.dropped

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame whenever one is asked for.

        Raises:
            SourceError: decoding failed.
        """
        self._thread.start()
        while True:
            try:
                frame = self._channel.get()
            except ChannelClosed:
                break
            yield frame
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        due = self._clock()
        try:
            for frame in self._frames:
                if self._closing.wait(max(0.0, due - self._clock())):
                    return
                due += self._interval
                self.taken_at[frame.index] = self._clock()
                self._channel.put(frame)
        except ChannelClosed:
            pass
        except BaseException as error:  # raised again in the consumer
            self._error = error
        finally:
            self._channel.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._channel.close()
        if self._thread.ident is not None:
            self._thread.join()
