"""A camera or a network stream: the newest frame wins, so that the delay stays bounded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from ..buffered import Channel, ChannelClosed, Worker
from ..errors import SourceError
from ..frame import Frame, Image, StreamInfo
from .capture import AbsentError, CameraCapture, Capture, StreamCapture

logger = logging.getLogger(__name__)

_NANOSECOND = Fraction(1, 1_000_000_000)
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_CLOSE_SECONDS = 5.0
"""A picture that is being read may take so long; a stream that stands still gives up before."""
_ABANDON_SECONDS = 0.5
"""Opening cannot be interrupted and may take much longer; then it is left to end by itself."""


class CameraSource:
    """Frames of a camera or a network stream, in a reader thread that keeps only the newest.

    The timestamps are times of capture, counted from the first frame. The reader thread also
    connects, so that nobody has to wait in a call that cannot be interrupted.

    Args:
        device: number of a camera, path of its device, or an address (``rtsp://...``).
        size: (width, height) to ask a camera for, in pixels; it may deliver another.
        rate: frames per second to ask a camera for.
        patience: seconds to wait for one that is not there to come, or to come back; with 0 it
            fails where it is missing at the start, and ends where it goes later.
        resizable: deliver pictures of another size than announced, if that is what comes (after a
            reconnection, for instance), instead of ending with an error.
        lazy: return at once; `start` waits for the first picture.

    Attributes:
        info: of the first picture; from then on.
        origin_ns: ``time.monotonic_ns`` at timestamp 0; from the first picture on.

    Raises:
        SourceError: it cannot be opened, or delivers no picture; from `start` if lazy.
    """

    info: StreamInfo
    origin_ns: int

    def __init__(
        self,
        device: int | Path | str,
        *,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
        patience: float = 0.0,
        resizable: bool = False,
        lazy: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self.damaged = False
        self._device = device
        self._size = size
        self._rate = rate
        self._patience = patience
        self._resizable = resizable
        self._capture: Capture | None = None
        self._error: Exception | None = None
        self._trouble: str | None = f"waiting for {self._name}"
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._newest: Channel[tuple[Image, int]] = Channel(1, drop_oldest=True)
        self._thread = Worker(self._work, "camera")
        self._thread.start()
        if not lazy:
            try:
                while not self.start(1.0):
                    pass
            except BaseException:
                self.close()
                raise

    def start(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the first picture; true once it is there.

        Raises:
            SourceError: it will not come.
        """
        started = self._started.wait(timeout)
        if not hasattr(self, "info") and self._error is not None:
            raise self._error
        return started

    @property
    def dropped(self) -> int:
        """Number of frames that were replaced by a newer one before anybody took them."""
        return self._newest.dropped

    @property
    def trouble(self) -> str | None:
        """What is wrong right now, for the user to see; None while frames come."""
        return self._trouble

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame, each at most once, waiting for the next one.

        Raises:
            SourceError: it has gone and did not come back, or changed its size.
        """
        return (frame for frame in self.ticking(None) if frame is not None)

    def ticking(self, seconds: float | None) -> Iterator[Frame | None]:
        """The same frames, and None whenever there was no new one for ``seconds``."""
        index = 0
        while True:
            try:
                image, captured = self._newest.get(seconds)
            except TimeoutError:
                yield None
                continue
            except ChannelClosed:
                break
            self._check_size(image)
            yield Frame(image, (captured - self.origin_ns) * _NANOSECOND, index)
            index += 1
        if self._error is not None:
            raise self._error

    def _check_size(self, image: Image) -> None:
        if not self._resizable and image.shape[:2] != (self.info.height, self.info.width):
            raise SourceError(
                f"{self._name} changed its size from {self.info.width}x{self.info.height}"
                f" to {image.shape[1]}x{image.shape[0]} pixels; start again"
            )

    def close(self) -> None:
        """Stop the reader thread, which releases the camera.

        A thread that is connecting may be stuck in a native call: it is left to end by itself.
        """
        self._stopping.set()
        self._newest.close()
        limit = _CLOSE_SECONDS if self._trouble is None else _ABANDON_SECONDS
        if not self._thread.wait_to_the_end(limit):
            logger.info("%s is left behind while it connects", self._name)

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
        kind = "stream" if isinstance(self._device, str) else "camera"
        return f"{kind} {self._device}"

    def _work(self) -> None:
        try:
            if self._connect(self._patience, at_start=True):
                while self._read_on() and self._patience and self._reconnect():
                    pass
        except ChannelClosed:
            pass
        except Exception as error:  # raised again where the frames are taken
            self._error = error
        finally:
            self._release()
            self._newest.finish()
            self._started.set()

    def _read_on(self) -> bool:
        """Read until the camera has gone; false if the source was closed."""
        assert self._capture is not None
        while not self._stopping.is_set():
            item = self._capture.read()
            if item is None:
                return True
            self._newest.put(item)
        return False

    def _reconnect(self) -> bool:
        """Wait until pictures come again; false if the source was closed meanwhile.

        Raises:
            SourceError: patience has run out.
        """
        logger.info("%s has gone; waiting for it to come back", self._name)
        self._trouble = f"{self._name} has gone; trying again"
        self._release()
        begun = time.monotonic()
        if self._stopping.wait(_FIRST_PAUSE_SECONDS):
            return False
        try:
            return self._connect(self._patience, at_start=False)
        except SourceError as error:
            raise SourceError(
                f"{self._name} has gone and did not come back within"
                f" {time.monotonic() - begun:.0f} s; check it and start again"
            ) from error

    def _connect(self, patience: float, *, at_start: bool) -> bool:
        """Connect, within ``patience`` seconds; false if the source was closed meanwhile.

        Raises:
            SourceError: it cannot be reached; at the start also, at once, if it never will.
        """
        deadline = time.monotonic() + patience
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                self._open()
            except SourceError as error:
                logger.info("%s", error)
                is_final = at_start and not isinstance(error, AbsentError)
                if is_final or time.monotonic() >= deadline:
                    raise
                if at_start:
                    why = str(error).removeprefix(f"{self._name} ")
                    self._trouble = f"waiting for {self._name}: {why}"
                self._stopping.wait(min(pause, max(0.0, deadline - time.monotonic())))
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            else:
                self._trouble = None
                return True
        return False

    def _open(self) -> None:
        """Connect and take the first picture.

        Raises:
            SourceError: there is none.
        """
        if isinstance(self._device, str):
            self._capture = StreamCapture(self._device)
        else:
            self._capture = CameraCapture(self._device, self._size, self._rate)
        first = self._capture.read()
        if first is None:
            self._release()
            raise AbsentError(f"{self._name} delivers no picture; is another program using it?")
        if not self._started.is_set():
            self._announce(first, self._capture.rate)
        self._newest.put(first)

    def _announce(self, first: tuple[Image, int], rate: Fraction | None) -> None:
        self.origin_ns = first[1]
        self.info = StreamInfo(
            width=first[0].shape[1],
            height=first[0].shape[0],
            rate=rate,
            time_base=_NANOSECOND,
            is_live=True,
        )
        self._started.set()

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.close()
            self._capture = None
