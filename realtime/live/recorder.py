"""Recordings and pictures that the user asks for while watching."""

from __future__ import annotations

from collections.abc import Callable
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

    Attributes:
        output: the recording that runs, or None.
        saved: files completed so far.
    """

    def __init__(self, recording: Recording, now: Callable[[], datetime] = datetime.now) -> None:
        self.output: Output | None = None
        self.saved: list[Path] = []
        self._completed: list[OutputResult] = []
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
        return [*self._completed, *([] if self.output is None else [self.output.result])]

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

    def toggle(self, size: tuple[int, int]) -> str:
        """Begin to record, or complete the recording; returns what to tell the user."""
        if self.output is None:
            try:
                return f"recording {self.start(size)}"
            except StylecamError as error:
                return str(error)
        output = self.output
        self.close()
        return f"recorded {self._path}" if output.error is None else str(output.error)

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

    def close(self) -> None:
        """End the recording, if one runs; its failure is in the output's ``error``."""
        if self.output is None:
            return
        output = self.output
        try:
            output.close()
        finally:
            self.output = None
            self._completed.append(output.result)
            if output.error is None:
                self.saved.append(self._path)

    def _free_name(self, suffix: str) -> Path:
        stem = f"stylecam-{self._now():%Y%m%d-%H%M%S}"
        path = self._recording.folder / f"{stem}{suffix}"
        number = 2
        while path.exists():
            path = self._recording.folder / f"{stem}-{number}{suffix}"
            number += 1
        return path
