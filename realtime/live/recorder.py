"""Recordings and pictures that the user asks for while watching."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from ..errors import StylecamError
from ..frame import Frame, StreamInfo
from ..sinks.encoders import VideoOptions
from ..sinks.images import ImageSink
from ..sinks.video import VideoFileSink
from .outputs import Output, OutputResult

_UNIT = Fraction(1, 90_000)
"""Clock of a recording, in seconds: fine enough for any camera, and what players expect."""
_BACKLOG = 16
"""Frames that may wait for the encoder; more are dropped rather than shown late."""
_PATIENCE_SECONDS = 300.0
"""A long recording is copied once more when it is completed, on a slow disk perhaps."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How to record.

    Attributes:
        folder: for recordings and pictures that have no name of their own.
        path: of the first recording, or None; later ones are named by the time.
        options: of the encoder.
        rate: frames per second to expect; the real times are kept whatever comes.
    """

    folder: Path
    path: Path | None = None
    options: VideoOptions = field(default_factory=VideoOptions)
    rate: Fraction | None = None


class Recorder:
    """Starts and ends recordings, and saves pictures.

    A recording that has been ended is completed meanwhile: that takes a while for a long one, and
    the picture must not stand still for it.

    Attributes:
        output: the recording that runs, or None.
        saved: files completed so far.
        failures: (name, error) of each recording that ended early.
    """

    def __init__(self, recording: Recording, now: Callable[[], datetime] = datetime.now) -> None:
        self.output: Output | None = None
        self.saved: list[Path] = []
        self.failures: list[tuple[str, BaseException]] = []
        self._ended: list[OutputResult] = []
        self._completing: dict[Path, Output] = {}
        self._recording = recording
        self._next_path = recording.path
        self._now = now
        self._path = recording.folder

    @property
    def seconds(self) -> float | None:
        """Length of the recording that runs; None if none does."""
        return None if self.output is None else self.output.seconds

    @property
    def results(self) -> list[OutputResult]:
        """What became of every recording so far."""
        going_on = [*self._completing.values(), *([] if self.output is None else [self.output])]
        return [*self._ended, *(output.result for output in going_on)]

    def start(self, size: tuple[int, int]) -> Path:
        """Begin to record pictures of (width, height).

        Raises:
            SinkError: the file cannot be written, or exists.
            OptionError: its suffix is unknown.
        """
        path, options = self._next_path, self._recording.options
        self._next_path = None
        if path is None:
            path = self._free_name(".mp4")
            options = replace(options, overwrite=False)
        info = StreamInfo(*size, rate=self._recording.rate, time_base=_UNIT)
        sink = VideoFileSink(path, info, options)
        self.output = Output(
            f"recording {path}", sink, size=size, capacity=_BACKLOG, patience=_PATIENCE_SECONDS
        )
        self._path = path
        return path

    def stop(self) -> None:
        """End the recording, if one runs, and complete it meanwhile; see `check`."""
        if self.output is not None:
            self.output.finish()
            self._completing[self._path] = self.output
            self.output = None

    def toggle(self, size: tuple[int, int]) -> str:
        """Begin to record, or end the recording; returns what to tell the user."""
        if self.output is not None:
            self.stop()
            return self.completing
        try:
            return f"recording {self.start(size)}"
        except StylecamError as error:
            return str(error)

    def check(self) -> list[str]:
        """Look after the recordings; returns what to tell the user of those that have ended."""
        if self.output is not None:
            self.output.check()
            if self.output.error is not None:
                self.stop()
        for output in self._completing.values():
            output.check()
        return self._conclude()

    @property
    def completing(self) -> str:
        """What to tell the user while recordings are completed; empty if none is."""
        return f"completing {', '.join(map(str, self._completing))}" if self._completing else ""

    def wait(self, seconds: float) -> bool:
        """Wait up to so many seconds for recordings that were ended; true when none is left."""
        for output in self._completing.values():
            if not output.wait_ended(seconds):
                break
        self.check()
        return not self._completing

    def save(self, frame: Frame) -> str:
        """Save a picture; returns what to tell the user."""
        path = self._free_name(".png")
        try:
            with ImageSink(path) as sink:
                sink.write(frame)
        except StylecamError as error:
            return str(error)
        self.saved.append(path)
        return f"saved {path}"

    def close(self, *, wait: bool = True) -> None:
        """End the recording, if one runs, and wait until all are completed.

        Args:
            wait: false gives those up that are not completed within three seconds.
        """
        self.stop()

        def close(output: Output) -> None:
            nonlocal wait
            try:
                output.close(wait=wait)
            except KeyboardInterrupt:
                wait = False  # the others are closed as well, and hurry
                raise

        with ExitStack() as stack:
            stack.callback(self._conclude)
            for output in reversed(self._completing.values()):
                stack.callback(close, output)

    def _conclude(self) -> list[str]:
        ended = [(path, output) for path, output in self._completing.items() if output.ended]
        return [self._end(path, output) for path, output in ended]

    def _end(self, path: Path, output: Output) -> str:
        del self._completing[path]
        self._ended.append(output.result)
        if output.error is None:
            self.saved.append(path)
            return f"recorded {path}"
        # One that was ended before its first frame is no failure, unless its file was asked for.
        if not output.is_empty or path == self._recording.path:
            self.failures.append((output.name, output.error))
        return f"{output.name} has ended: {output.error}"

    def _free_name(self, suffix: str) -> Path:
        stem = f"stylecam-{self._now():%Y%m%d-%H%M%S}"
        path = self._recording.folder / f"{stem}{suffix}"
        number = 2
        while path.exists() or path in self._completing:
            path = self._recording.folder / f"{stem}-{number}{suffix}"
            number += 1
        return path
