"""Where else the pictures go: each output in a thread of its own, so that none holds up another."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from ..buffered import Channel, ChannelClosed, Worker
from ..frame import Frame, Image
from ..interfaces import Sink


class Output:
    """Feeds a sink without ever waiting for it: what it cannot take in time is dropped.

    Args:
        name: for messages.
        sink: already open; it is closed by this output.
        size: (width, height) that the sink expects; None takes pictures as they come.
        capacity: frames that may wait. A recording bridges a hiccup with some; what is watched
            live must not grow older.

    Attributes:
        name: the same.
        error: what ended it early; then it takes no more frames.
        written: number of frames that the sink took.
    """

    def __init__(
        self,
        name: str,
        sink: Sink,
        *,
        size: tuple[int, int] | None = None,
        capacity: int = 1,
    ) -> None:
        self.name = name
        self.error: BaseException | None = None
        self.written = 0
        self._sink = sink
        self._size = size
        self._first: Fraction | None = None
        self._seconds = 0.0
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

    def offer(self, frame: Frame) -> None:
        """Hand over a frame; never waits."""
        if self._first is None:
            self._first = frame.pts
        self._seconds = float(frame.pts - self._first)
        with suppress(ChannelClosed):  # then it has failed; ``error`` says why
            self._frames.put(replace(frame, pts=frame.pts - self._first))

    def close(self) -> None:
        """Write what waits and complete the output; its failure is in ``error``."""
        self._frames.finish()
        self._thread.wait_to_the_end()
        try:
            if self.error is None:
                self._sink.close()
        except Exception as error:
            self.error = error

    def _work(self) -> None:
        try:
            while True:
                frame = self._frames.get()
                if self._size is not None:
                    frame = frame.with_image(fit(frame.image, self._size))
                self._sink.write(frame)
                self.written += 1
        except ChannelClosed:
            pass
        except Exception as error:
            self.error = error
            self._frames.close()
            self._sink.abort()


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
