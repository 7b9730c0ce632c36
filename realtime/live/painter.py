"""Paints the newest frame, in a thread of its own, as the controls wish it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ..buffered import Channel, ChannelClosed, Worker
from ..compose import keep_colors
from ..frame import Frame, Image
from .fade import Fade
from .sizing import WorkingSize


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What a picture is to be painted with; see ``Controls``.

    Attributes:
        weights: float32 ``[S]``.
        strength: 0..1.
        temporal: 0..1; 0 paints every frame for itself.
        keep_colors: take the colours from the original.
        mirror: left and right changed over.
        frozen: paint the same frame again and again.
        since: when the user wished so, in seconds of ``time.monotonic``; 0 for the beginning.
    """

    weights: NDArray[np.float32]
    strength: float = 1.0
    temporal: float = 0.0
    keep_colors: bool = False
    mirror: bool = False
    frozen: bool = False
    since: float = 0.0

    def paints_like(self, other: Wishes) -> bool:
        """Whether a picture comes out the same, whenever it was wished for."""
        return np.array_equal(self.weights, other.weights) and all(
            getattr(self, name) == getattr(other, name)
            for name in ("strength", "temporal", "keep_colors", "mirror", "frozen")
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame and its painting.

    Attributes:
        frame: the original, mirrored if that was wished.
        painted: uint8 ``[h, w, 3]``, RGB, of the working size.
        since: of the wishes that it was painted with.
        is_repeat: the frame was painted before, in another way.
    """

    frame: Frame
    painted: Image
    since: float = 0.0
    is_repeat: bool = False


class StyleModel(Protocol):
    """The part of ``OnnxStylizer`` that is needed here."""

    strength: float

    def set_style(self, weights: NDArray[np.float32]) -> None:
        """Paint with these mixing weights from now on."""
        ...

    def __call__(self, image: Image) -> Image:
        """Paint a picture."""
        ...


class Stabilizer(Protocol):
    """Holds flicker down: ``(frame, painted) -> painted``, given every frame in order."""

    strength: float

    def __call__(self, frame: Frame, stylized: Image) -> Image:
        """The painting without its flicker."""
        ...

    def reset(self) -> None:
        """Forget what came before."""
        ...


class Painter:
    """Turns a frame into a shot: in one thread, while another may set ``wishes``.

    Args:
        stylizer: paints one picture.
        wishes: to begin with.
        sizing: chooses the working size.
        stabilizer: None where flicker is not held down.

    Attributes:
        wishes: hold from the next frame on.
    """

    def __init__(
        self,
        stylizer: StyleModel,
        wishes: Wishes,
        sizing: WorkingSize,
        stabilizer: Stabilizer | None = None,
    ) -> None:
        self.wishes = wishes
        self._stylizer = stylizer
        self._sizing = sizing
        self._stabilizer = stabilizer
        self._fade = Fade(wishes.weights)
        self._held: Frame | None = None
        self._newest: Frame | None = None
        self._done: Wishes | None = None
        self._painted_as: tuple[object, ...] = ()

    def repeat(self) -> Shot | None:
        """Paint the newest frame again if that is wished otherwise by now; None if it is not."""
        if self._newest is None or self._done is self.wishes:
            return None
        return replace(self(self._newest), is_repeat=True)

    def __call__(self, frame: Frame) -> Shot:
        """Paint one frame.

        Raises:
            OptionError: it is too small to paint.
        """
        wishes = self.wishes
        self._newest = frame
        frame = self._prepare(frame, wishes)
        height, width = frame.image.shape[:2]
        small = _resize(frame.image, self._sizing.size_for(width, height))
        start = time.perf_counter()
        weights = self._fade.weights(wishes.weights, start)
        # While a fade runs its last step is yet to be painted.
        self._done = None if self._fade.is_moving(start) else wishes
        self._stylizer.set_style(weights)
        self._stylizer.strength = wishes.strength
        painted = self._stylizer(small)
        if self._stabilizer is not None:
            painted = self._steady(frame.with_image(small), painted, wishes, start)
        if wishes.keep_colors:
            painted = keep_colors(small, painted)
        now = time.perf_counter()
        self._sizing.took(now - start, now)
        return Shot(frame, painted, wishes.since)

    def _prepare(self, frame: Frame, wishes: Wishes) -> Frame:
        """The frame to paint, or the one that is held at the new frame's time; mirrored."""
        if wishes.frozen and self._held is not None:
            frame = frame.with_image(self._held.image)
        else:
            self._held = frame
        if not wishes.mirror:
            return frame
        return frame.with_image(np.ascontiguousarray(cv2.flip(frame.image, 1), np.uint8))

    def _steady(self, frame: Frame, painted: Image, wishes: Wishes, now: float) -> Image:
        assert self._stabilizer is not None
        painted_as = (frame.image.shape, wishes.strength, wishes.mirror)
        # What was painted otherwise must not shine through: a change has to show at once.
        if painted_as != self._painted_as or self._fade.is_moving(now):
            self._painted_as = painted_as
            self._stabilizer.reset()
        if wishes.temporal == 0:
            self._painted_as = ()
            return painted
        self._stabilizer.strength = wishes.temporal
        return self._stabilizer(frame, painted)


class PaintThread:
    """Paints the newest of ``frames`` all the time and keeps only the newest shot.

    Where None stands in ``frames``, there is no new one: then ``repeat`` may paint the last again.
    The thread waits in ``frames``; whoever closes their source must do so before leaving the
    ``with`` block.

    Attributes:
        dropped: number of frames whose shot was replaced by that of a newer one before it was
            taken.
    """

    def __init__(
        self,
        frames: Iterable[Frame | None],
        paint: Callable[[Frame], Shot],
        repeat: Callable[[], Shot | None] = lambda: None,
    ) -> None:
        self._frames = frames
        self._paint = paint
        self._repeat = repeat
        self._shots: Channel[Shot] = Channel(1)
        self.dropped = 0
        self._error: BaseException | None = None
        self._thread = Worker(self._work, "painter")

    def take(self, timeout: float) -> Shot | None:
        """The newest shot, waiting up to ``timeout`` seconds for one; None if none came.

        Raises:
            ChannelClosed: the frames have ended.
            Exception: whatever ended the frames or the painting.
        """
        try:
            return self._shots.get(timeout)
        except TimeoutError:
            return None
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
        self._shots.close()
        self._thread.wait_to_the_end()

    def _work(self) -> None:
        try:
            for frame in self._frames:
                shot = self._repeat() if frame is None else self._paint(frame)
                if shot is not None:
                    self._put(shot)
        except ChannelClosed:
            pass
        except BaseException as error:  # raised again in the session
            self._error = error
        finally:
            self._shots.finish()

    def _put(self, shot: Shot) -> None:
        """Let a shot take the place of the one that nobody has taken yet."""
        waiting = self._shots.withdraw()
        if waiting is not None and not waiting.is_repeat:
            if shot.is_repeat:
                # Its frame is not dropped: this is the first that is seen of it.
                shot = replace(shot, is_repeat=False)
            else:
                self.dropped += 1
        self._shots.put(shot)


def _resize(image: Image, size: tuple[int, int]) -> Image:
    """``image`` at (width, height)."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
