"""A camera or a network stream: the newest frame wins, so that the delay stays bounded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self

from ..buffered import Channel, ChannelClosed, Worker
from ..errors import SourceError
from ..frame import Frame, Image, StreamInfo
from .capture import CameraCapture, Capture, StreamCapture

logger = logging.getLogger(__name__)

_NANOSECOND = Fraction(1, 1_000_000_000)
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


class CameraSource:
    """Frames of a camera or a network stream, in a reader thread that keeps only the newest.

    The timestamps are times of capture, counted from the first frame.

    Args:
        device: number of a camera, or an address (``rtsp://...``).
        size: (width, height) to ask a camera for, in pixels; it may deliver another.
        rate: frames per second to ask a camera for.
        patience: seconds to wait for one that has gone to come back; 0 ends with it.
        resizable: deliver pictures of another size than announced, if that is what comes (after a
            reconnection, for instance), instead of ending with an error.

    Attributes:
        origin_ns: ``time.monotonic_ns`` at timestamp 0.

    Raises:
        SourceError: it cannot be opened, or delivers no picture.
    """

    def __init__(
        self,
        device: int | str,
        *,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
        patience: float = 0.0,
        resizable: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self.damaged = False
        self._device = device
        self._size = size
        self._rate = rate
        self._patience = patience
        self._resizable = resizable
        self._error: Exception | None = None
        self._gone_since: float | None = None
        self._stopping = threading.Event()
        self._newest: Channel[tuple[Image, int]] = Channel(1, drop_oldest=True)
        self._capture = self._connect()
        first = self._read()
        if first is None:
            self._capture.close()
            raise SourceError(f"{self._name} delivers no picture; is another program using it?")
        self.origin_ns = first[1]
        self._newest.put(first)
        self.info = StreamInfo(
            width=first[0].shape[1],
            height=first[0].shape[0],
            rate=self._capture.rate,
            time_base=_NANOSECOND,
            is_live=True,
        )
        self._thread = Worker(self._work, "camera")
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Number of frames that were replaced by a newer one before anybody took them."""
        return self._newest.dropped

    @property
    def trouble(self) -> str | None:
        """What is wrong right now, for the user to see; None while frames come."""
        since = self._gone_since
        if since is None:
            return None
        return f"{self._name} has gone; trying again ({time.monotonic() - since:.0f} s)"

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame, each at most once, waiting for the next one.

        Raises:
            SourceError: it has gone and did not come back, or changed its size.
        """
        index = 0
        while True:
            try:
                image, captured = self._newest.get()
            except ChannelClosed:
                break
            if not self._resizable and image.shape[:2] != (self.info.height, self.info.width):
                raise SourceError(
                    f"{self._name} changed its size from {self.info.width}x{self.info.height}"
                    f" to {image.shape[1]}x{image.shape[0]} pixels; start again"
                )
            yield Frame(image, (captured - self.origin_ns) * _NANOSECOND, index)
            index += 1
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop the reader thread and release the camera."""
        self._stopping.set()
        self._newest.close()
        self._thread.wait_to_the_end()
        self._capture.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _name(self) -> str:
        kind = "camera" if isinstance(self._device, int) else "stream"
        return f"{kind} {self._device}"

    def _connect(self) -> Capture:
        if isinstance(self._device, int):
            return CameraCapture(self._device, self._size, self._rate)
        return StreamCapture(self._device)

    def _read(self) -> tuple[Image, int] | None:
        image = self._capture.read()
        return None if image is None else (image, time.monotonic_ns())

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                item = self._read()
                if item is not None:
                    self._newest.put(item)
                elif not self._patience or not self._reconnect():
                    return
        except ChannelClosed:
            pass
        except Exception as error:  # raised again where the frames are taken
            self._error = error
        finally:
            self._newest.finish()

    def _reconnect(self) -> bool:
        """Wait until pictures come again; false if the source was closed meanwhile.

        Raises:
            SourceError: patience has run out.
        """
        logger.warning("%s has gone; waiting for it to come back", self._name)
        self._gone_since = time.monotonic()
        self._capture.close()
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.wait(pause):
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            if self._try_again():
                logger.warning("%s is back", self._name)
                self._gone_since = None
                return True
            waited = time.monotonic() - self._gone_since
            if waited >= self._patience:
                raise SourceError(
                    f"{self._name} has gone and did not come back within {waited:.0f} s;"
                    " check it and start again"
                )
        return False

    def _try_again(self) -> bool:
        try:
            self._capture = self._connect()
        except SourceError as error:
            logger.info("%s", error)
            return False
        item = self._read()
        if item is None:
            self._capture.close()
            return False
        self._newest.put(item)
        return True
