"""The loop of the interactive session: newest frame, window, keys, outputs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..buffered import ChannelClosed
from ..frame import Frame, Image
from ..interfaces import LiveSource
from ..sinks.window import Event, Key
from .controls import Controls
from .keys import Command, apply, command_of
from .measuring import Meter
from .outputs import Output, OutputResult
from .painter import Painter, PaintThread, Shot, Wishes
from .recorder import Recorder
from .screen import Screen
from .sizing import WorkingSize
from .view import compose
from .waiting import WaitingRoom

if TYPE_CHECKING:
    from ..sinks.window import Window

_WAIT_SECONDS = 0.008
"""Longest wait for a shot before the window's events are looked at again."""
_REDRAW_SECONDS = 0.1
"""How often the window is drawn anew while no frames come."""
_MESSAGE_SECONDS = 4.0
_TICK_SECONDS = 0.03
"""How soon a change of the controls is painted where no new frame brings it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to end of one's own accord; None means never.

    Attributes:
        frames: after so many were shown.
        seconds: so long after the first.
    """

    frames: int | None = None
    seconds: float | None = None


class Session:
    """Shows a live source painted, until the user, a limit or the source ends it.

    Args:
        source: delivers the newest frame; has started; closed by `run`.
        painter: paints it.
        controls: what the user has set; changed by keys and mouse.
        recorder: records and saves pictures.
        outputs: where the pictures go besides; closed by `run`.
        window: None runs without one.
        sizing: told how fast pictures are shown.
        announce: told one line when something happens; not with a window, which shows it.
        device: the device that paints, for the overlay.
        limits: when to end.

    Attributes:
        meter: what was shown, and how late.
    """

    def __init__(
        self,
        source: LiveSource,
        painter: Painter,
        controls: Controls,
        recorder: Recorder,
        *,
        outputs: tuple[Output, ...] = (),
        window: Window | None = None,
        sizing: WorkingSize | None = None,
        announce: Callable[[str], None] | None = None,
        device: str = "",
        limits: Limits = Limits(),
    ) -> None:
        self.meter = Meter()
        self._source = source
        self._painter = painter
        self._controls = controls
        self._recorder = recorder
        self._outputs = list(outputs)
        self._results: list[OutputResult] = []
        self._failures: list[tuple[str, BaseException]] = []
        self._screen = None if window is None else Screen(window, device)
        self._sizing = sizing
        self._announce = announce
        self._limits = limits
        self._paint_thread = PaintThread(source.ticking(_TICK_SECONDS), painter, painter.repeat)
        self._message: tuple[str, float] | None = None
        self._trouble: tuple[str, float] | None = None
        self._working_size: tuple[int, int] | None = None
        self._size = (source.info.width, source.info.height)
        self._latest: Shot | None = None
        self._answered = 0.0
        self._dirty = True
        self._drawn = 0.0
        self._looked = 0.0
        self._quit = False

    @property
    def left(self) -> bool:
        """Whether the user has quit, or closed the window."""
        return self._quit

    @property
    def dropped(self) -> int:
        """Number of frames that were captured and not shown, for a newer one was there."""
        return self._source.dropped + self._paint_thread.dropped

    @property
    def saved(self) -> list[Path]:
        """Recordings and pictures that were completed."""
        return self._recorder.saved

    @property
    def failures(self) -> list[tuple[str, BaseException]]:
        """(name, error) of each output and recording that ended early."""
        return [*self._failures, *self._recorder.failures]

    @property
    def warnings(self) -> list[str]:
        """What the user should be told when the session is over."""
        warnings = list(self._source.warnings)
        for result in self.results:
            warnings += result.warnings
        dropped = sum(result.dropped for result in self._recorder.results)
        if dropped:
            warnings.append(
                f"{dropped} frames are missing in recordings: the encoder was too slow; choose a"
                " smaller --camera-size"
            )
        return warnings

    @property
    def results(self) -> list[OutputResult]:
        """What became of every output and recording so far."""
        running = [output.result for output in self._outputs]
        return [*self._results, *running, *self._recorder.results]

    @property
    def damaged(self) -> bool:
        """Whether frames of a file were lost to damage."""
        return self._source.damaged

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames as they came last, in pixels."""
        return self._size

    def run(self, stop: Callable[[], bool]) -> None:
        """Run until ``stop`` says so, the user quits, a limit is reached or the source ends.

        Every recording and output is completed on every way out.

        Raises:
            SourceError: the source has gone for good.
            StylecamError: a frame cannot be painted.
        """
        try:
            with self._paint_thread:
                try:
                    self._loop(stop)
                finally:
                    self._source.close()  # first: the paint thread waits in it
        finally:
            self._finish()

    def _loop(self, stop: Callable[[], bool]) -> None:
        self._looked = time.monotonic()
        while not (stop() or self._quit or self._at_limit()):
            try:
                shot = self._paint_thread.take(_WAIT_SECONDS)
            except ChannelClosed:
                return
            if shot is not None:
                self._take(shot)
            self._watch_source()
            self._update_window(shot)
            self._watch_outputs()

    def _take(self, shot: Shot) -> None:
        self._latest = shot
        height, width = shot.frame.image.shape[:2]
        if (width, height) != self._size:
            self._size = (width, height)
            self._say(f"the source now delivers {width}x{height}")
            self._working_size = None
        height, width = shot.painted.shape[:2]
        if self._working_size not in (None, (width, height)):
            self._say(f"painting at {width}x{height}")
        self._working_size = (width, height)
        if not shot.is_repeat:  # outputs have had that moment
            self._feed_outputs(shot)
        if self._screen is None:
            self._count(shot)

    def _feed_outputs(self, shot: Shot) -> None:
        takers = [output for output in self._outputs if output.error is None]
        if self._recorder.output is not None:
            takers.append(self._recorder.output)
        if takers:
            frame = self._frame(shot)
            for output in takers:
                output.offer(frame)

    def _frame(self, shot: Shot) -> Frame:
        """What recordings and streams get: the picture as it is shown, without the overlay."""
        return shot.frame.with_image(self._picture(shot))

    def _picture(self, shot: Shot) -> Image:
        return compose(shot, self._controls, self._size)

    def _count(self, shot: Shot) -> None:
        """Note that a shot is on the screen now, or on its way where there is none."""
        now = time.monotonic_ns()
        if shot.since > self._answered:
            self._answered = shot.since
            self.meter.answers.add(now / 1e6 - 1000 * shot.since)
        if shot.is_repeat:
            return
        captured = self._source.origin_ns + shot.frame.pts * 1_000_000_000
        self.meter.shown(now / 1e9, float(now - captured) / 1e6)
        if self._sizing is not None:
            self._sizing.shown(now / 1e9, self.dropped)

    def _update_window(self, shot: Shot | None) -> None:
        if self._screen is None:
            return
        # Before the drawing too: it takes a while, and the painter need not wait for it.
        self._handle_events(self._screen.window)
        now = time.monotonic()
        if shot is not None or self._dirty or now - self._drawn > _REDRAW_SECONDS:
            self._dirty = False
            self._drawn = now
            self._screen.draw(
                self._latest,
                self._size,
                self._controls,
                meter=self.meter,
                dropped=self.dropped,
                recording=self._recorder.seconds,
                message=self._current_message(now),
            )
            self._handle_events(self._screen.window)
        if shot is not None:
            self._count(shot)
        if self._screen.window.closed:
            self._quit = True

    def _handle_events(self, window: Window) -> None:
        # Nobody tells when a key was pressed: as early as just after the last look, so that an
        # answer never seems sooner than it was.
        since, self._looked = self._looked, time.monotonic()
        for event in window.poll():
            self.handle(event, since)

    def handle(self, event: Event, since: float | None = None) -> None:
        """Do what the user asks for, in the thread that runs the session.

        Args:
            event: what keys or mouse did.
            since: when, in seconds of ``time.monotonic``; None for now.
        """
        if isinstance(event, Key):
            command = command_of(event.name)
            if command is None:
                return
            if not apply(command, self._controls):
                self._do(command)
        elif self._screen is None or not self._screen.hand.handle(
            event, self._screen.layout, self._controls
        ):
            return
        self._dirty = True
        wishes = wishes_of(self._controls, time.monotonic() if since is None else since)
        # A key that changes no painting has no answer, and nothing needs to be painted again.
        if not wishes.paints_like(self._painter.wishes):
            self._painter.wishes = wishes

    def _do(self, command: Command | int) -> None:
        if command is Command.QUIT:
            self._quit = True
        elif command is Command.FULLSCREEN and self._screen is not None:
            self._screen.window.fullscreen = not self._screen.window.fullscreen
        elif command is Command.SAVE and self._latest is not None:
            self._say(self._recorder.save(self._frame(self._latest)))
        elif command is Command.RECORD:
            self._say(self._recorder.toggle(self._size))

    def _watch_source(self) -> None:
        trouble = self._source.trouble
        if trouble == (None if self._trouble is None else self._trouble[0]):
            return
        if trouble is not None:
            self._trouble = (trouble, time.monotonic())
            if self._announce is not None:
                self._announce(trouble)
        else:
            self._trouble = None
            self._say("the picture is back")

    def _watch_outputs(self) -> None:
        for text in self._recorder.check():
            self._say(text)
        for output in self._outputs.copy():
            output.check()
            if output.error is not None:
                self._say(f"{output.name} has ended: {output.error}")
                self._end(output)

    def _end(self, output: Output) -> None:
        """Complete an output, or what is left of it, and keep what became of it."""
        try:
            output.close()
        finally:  # also where an interrupt cuts it short
            self._outputs.remove(output)
            self._results.append(output.result)
            if output.error is not None:
                self._failures.append((output.name, output.error))

    def _at_limit(self) -> bool:
        frames, seconds = self._limits.frames, self._limits.seconds
        if frames is not None and self.meter.frames >= frames:
            return True
        # Without a frame yet, the time runs from where the first one was expected.
        begun = self.meter.first or self._source.origin_ns / 1e9
        return seconds is not None and time.monotonic() - begun >= seconds

    def _say(self, text: str) -> None:
        if self._announce is not None:
            self._announce(text)
        self._message = (text, time.monotonic() + _MESSAGE_SECONDS)

    def _current_message(self, now: float) -> str | None:
        if self._trouble is not None:
            return f"{self._trouble[0]}, {now - self._trouble[1]:.0f} s"
        if self._message is None or now > self._message[1]:
            return None
        return self._message[0]

    def _finish(self) -> None:
        with ExitStack() as stack:  # an interrupt amid one still ends the others
            for output in reversed(self._outputs):
                stack.callback(self._end, output)
            # The recording first: it must not wait for a receiver that has gone.
            self._complete_recordings()

    def _complete_recordings(self) -> None:
        """Wait until all are completed; the window says so as long as the user leaves it open.

        A first Ctrl-C asks for no more than this, after ``q`` too; the second hurries it.
        """
        window = None if self._screen is None else self._screen.window
        recorder, wait = self._recorder, True
        try:
            recorder.stop()
            room = WaitingRoom(window, lambda: False, self._announce or (lambda _: None))
            room.wait(recorder.wait, lambda: recorder.completing)
        except KeyboardInterrupt:
            wait = False
            raise
        finally:
            try:
                # What follows may take a while too, and a window would stand still meanwhile.
                if window is not None:
                    window.close()
            except KeyboardInterrupt:
                wait = False
                raise
            finally:
                recorder.close(wait=wait)


def wishes_of(controls: Controls, since: float = 0.0) -> Wishes:
    """What the painter is to do for these controls, as they are ``since`` then."""
    return Wishes(
        weights=controls.weights,
        strength=controls.strength,
        temporal=controls.temporal_now,
        keep_colors=controls.keep_colors,
        mirror=controls.mirror,
        frozen=controls.frozen,
        since=since,
    )
