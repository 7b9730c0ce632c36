"""The seams of the pipeline, on one page.

    source -> frame -> stylizer -> temporal stabilizer -> sink

Every part below can be replaced by anything with the same methods; tests run the pipeline on
plain lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .frame import Frame, Image, StreamInfo

Flow: TypeAlias = NDArray[np.float32]
"""Optical flow: float32 ``[H, W, 2]``, (x, y) displacement in pixels."""


class Source(Protocol):
    """Where frames come from. Iterate once; close always (or use ``with``).

    ``warnings`` collects what the user should be told when the run is over: a damaged tail,
    an interlaced picture. ``damaged`` is true when frames were lost to damage.
    """

    info: StreamInfo
    warnings: list[str]
    damaged: bool

    def __iter__(self) -> Iterator[Frame]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class LiveSource(Source, Protocol):
    """A source that does not wait: each frame comes when it comes, and only the newest is kept.

    It may still be connecting: ``start`` waits up to ``timeout`` seconds and is true once ``info``
    and ``origin_ns`` hold. The timestamps count from ``origin_ns``, a moment of
    ``time.monotonic_ns``; so the age of a frame can be told. ``dropped`` counts the frames that a
    newer one replaced before anybody took them; ``trouble`` is one line for the user while no
    frames come, else None. ``ticking`` delivers the same frames as iterating does, and None
    whenever there was no new one for so many seconds. ``close`` may be called from another thread
    and ends the iteration.
    """

    origin_ns: int

    def start(self, timeout: float) -> bool: ...
    def ticking(self, seconds: float | None) -> Iterator[Frame | None]: ...
    @property
    def dropped(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...


class Stylizer(Protocol):
    """Paints one picture: uint8 ``[H, W, 3]`` RGB in, the same shape out."""

    def __call__(self, image: Image) -> Image: ...


class Scaler(Protocol):
    """Lets a painting be made, and steadied, at another size than that of the frame.

    ``reduce`` gives the picture to paint; ``enlarge(painted, image)`` brings its painting to the
    size of ``image``, the frame that it was made of.
    """

    def reduce(self, image: Image) -> Image: ...
    def enlarge(self, painted: Image, image: Image) -> Image: ...


class FlowEstimator(Protocol):
    """Optical flow between two pictures of one size.

    Returns ``flow`` of shape ``[H, W, 2]`` such that the pixel at ``p`` of ``previous`` is found
    at ``p + flow[p]`` of ``current``.
    """

    def __call__(self, previous: Image, current: Image) -> Flow: ...


class Sink(Protocol):
    """Where frames go.

    ``close`` completes the output under its final name; ``abort`` leaves nothing behind and never
    touches what was there before. After either one the sink takes no more frames. As a context
    manager a sink closes on success and aborts on any exception.
    """

    warnings: list[str]

    def write(self, frame: Frame) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
