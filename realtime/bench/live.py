"""A live session as ``stylecam live`` runs it: a camera, and a user who changes the style."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .clips import Clip
from .contenders import ModelSettings, Turn

# Nothing heavy may be imported here: what a model needs belongs to its cold start.
if TYPE_CHECKING:
    from ..engine import OnnxStylizer
    from ..frame import Frame
    from ..interfaces import Source
    from ..live.controls import Controls
    from ..live.session import Session
    from ..sinks.window import Window

LIVE_RATE = Fraction(30)
"""Frames per second of the camera that is played."""
_FIRST_SWITCH_SECONDS = 0.5
_SWITCH_SECONDS = 1.0


@dataclass(slots=True)
class LiveContender:
    """How old is a frame when it is shown, and how soon is an answer seen?

    Attributes:
        settings: of the model.
        clip: what the camera shows, at ``LIVE_RATE``.
        temporal: strength of the temporal stabilizer, 0..1; 0 leaves it out.
        window: show it in a window; without one a frame counts as shown once it is painted.
    """

    settings: ModelSettings
    clip: Clip
    temporal: float = 0.0
    window: bool = False
    _stylizer: OnnxStylizer | None = field(default=None, init=False, repr=False)

    def open(self) -> str:
        """Open the model and paint one picture."""
        if self.window:
            from ..sinks.window_libraries import load_first

            load_first()
        self._stylizer = self.settings.open(spinning=False)
        self._stylizer.warm_up(self.clip.width, self.clip.height)
        return self._stylizer.provider

    def turn(self) -> Turn:
        """Play the clip once.

        Raises:
            SinkError: the user closed the window.
            SourceError: the clip cannot be decoded.
        """
        from ..errors import SinkError
        from ..live.painter import Painter
        from ..live.recorder import Recorder, Recording
        from ..live.session import Session, wishes_of
        from ..live.sizing import WorkingSize
        from ..sources.paced import PacedSource
        from ..stabilizer import TemporalStabilizer

        assert self._stylizer is not None
        controls = self._make_controls(self._stylizer)
        # Always at full size: smaller pictures would hide what they cost.
        painter = Painter(
            self._stylizer, wishes_of(controls), WorkingSize(None), TemporalStabilizer()
        )
        with ExitStack() as stack:
            window = stack.enter_context(self._open_window()) if self.window else None
            source = PacedSource(lambda: CameraClip(self.clip.open(), self.clip.frames, LIVE_RATE))
            session = Session(source, painter, controls, Recorder(Recording(Path())), window=window)
            session.run(_User(session))
        if session.left:
            raise SinkError(
                "the window was closed before all was measured; leave it open, or leave --window"
                " out"
            )
        meter = session.meter
        return Turn(
            times_ms=meter.latencies.milliseconds(),
            answers_ms=meter.answers.milliseconds(),
            frames=meter.frames,
            seconds=meter.last - meter.first,
            dropped=session.dropped,
        )

    def _make_controls(self, stylizer: OnnxStylizer) -> Controls:
        from ..live.controls import Controls
        from ..styles import parse_style

        controls = Controls(stylizer.description, temporal=self.temporal)
        if self.settings.style is not None:
            controls.start_with(parse_style(self.settings.style, controls.description))
        return controls

    def _open_window(self) -> Window:
        from ..sinks.window import Window

        return Window("stylecam bench", (self.clip.width, self.clip.height))


class _User:
    """Chooses the next style once in a second, while the session asks whether to stop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._next = time.monotonic() + _FIRST_SWITCH_SECONDS

    def __call__(self) -> bool:
        from ..sinks.window import Key

        if time.monotonic() >= self._next:
            self._next += _SWITCH_SECONDS
            self._session.handle(Key("right"))
        return False


class CameraClip:
    """The first frames of a clip, at the rate of a camera.

    Args:
        source: the clip; closed with this.
        frames: how many.
        rate: frames per second.
    """

    def __init__(self, source: Source, frames: int, rate: Fraction) -> None:
        self.info = replace(source.info, rate=rate)
        self.warnings = source.warnings
        self.damaged = False
        self._source = source
        self._frames = frames
        self._rate = rate

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            SourceError: decoding failed.
        """
        for index, frame in enumerate(islice(self._source, self._frames)):
            yield replace(frame, pts=index / self._rate, duration=1 / self._rate)
        self.damaged = self._source.damaged

    def close(self) -> None:
        """Close the clip."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
