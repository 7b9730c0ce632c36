"""What is drawn over the picture in the window: numbers, sliders, keys, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from ..frame import Image
from ..text import Writer
from .controls import Controls, View
from .keys import BINDINGS
from .layout import SLIDERS, Box, Layout
from .view import divider_column

Color: TypeAlias = tuple[int, int, int]

WHITE: Color = (255, 255, 255)
GREY: Color = (178, 178, 178)
ACCENT: Color = (255, 196, 84)
RED: Color = (240, 56, 56)
DIM: Color = (112, 112, 112)
_DARKEN = 0.38
_DARKEN_TEXT = 0.06
"""For what may lie over other text."""


@dataclass(frozen=True, slots=True)
class Status:
    """The numbers to show.

    Attributes:
        facts: short pieces of text, in one line.
        recording: seconds recorded; None while nothing is.
        message: something that just happened, or went wrong.
    """

    facts: tuple[str, ...] = ()
    recording: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    """Keys and what they do.

    Attributes:
        rows: (key, words) of each.
        keys: width of the keys' column, in pixels.
        width: of both columns, in pixels.
    """

    rows: list[tuple[str, str]]
    keys: int
    width: int


class Overlay:
    """Draws on canvases of any size."""

    def __init__(self) -> None:
        self._writer = Writer()

    def draw(self, canvas: Image, layout: Layout, controls: Controls, status: Status) -> None:
        """Draw over ``canvas`` (uint8 ``[H, W, 3]``, RGB), in place."""
        if controls.view is View.SPLIT and not controls.show_help:
            _draw_handle(canvas, layout, controls)
        if controls.show_help:
            self._draw_help(canvas, layout, controls)
        elif controls.show_overlay:
            self._draw_facts(canvas, layout, controls, status)
            self._draw_sliders(canvas, layout, controls)
        if status.recording is not None:
            self._draw_recording(canvas, layout, status.recording)
        if status.message:
            is_low = controls.show_help or not controls.show_overlay
            self._draw_message(canvas, layout, status.message, is_low=is_low)

    def draw_waiting(self, canvas: Image, layout: Layout, text: str, detail: str = "") -> None:
        """Draw a line in the middle of an empty canvas, and the details below it."""
        size = layout.text
        middle = layout.canvas[1] // 2
        self._write_centered(canvas, text, middle, round(1.35 * size), WHITE)
        for row, line in enumerate(self._wrapped(detail, size, layout.canvas[0] - 8 * size)):
            self._write_centered(canvas, line, middle + round((2.2 + 1.6 * row) * size), size, GREY)

    def _write_centered(self, canvas: Image, text: str, base: int, size: int, color: Color) -> None:
        shown = self._writer.shortened(text, size, canvas.shape[1] - 2 * size)
        left = (canvas.shape[1] - self._writer.width(shown, size)) // 2
        self._writer.write(canvas, shown, (left, base), size, color)

    def _wrapped(self, text: str, size: int, room: int) -> list[str]:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".lstrip()
            if lines[-1] and self._writer.width(longer, size) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        return [self._writer.shortened(line, size, room) for line in lines]

    def _draw_facts(
        self, canvas: Image, layout: Layout, controls: Controls, status: Status
    ) -> None:
        size, pad = layout.text, round(0.9 * layout.text)
        title_size = round(1.35 * size)
        writer = self._writer
        # The other corner belongs to the sign of a recording.
        room = layout.canvas[0] - 4 * pad - round(6.5 * size)
        title = writer.shortened(controls.title, title_size, room, bold=True)
        facts = "   ".join(status.facts)
        states = _states(controls)
        widths = [writer.width(title, title_size, bold=True), writer.width(facts, size)]
        lines = 2 + bool(states)
        if states:
            widths.append(writer.width(states, size))
        height = round(1.5 * title_size + (lines - 1) * 1.6 * size + 0.9 * pad)
        panel = Box(pad, pad, min(max(widths) + 2 * pad, layout.canvas[0] - 2 * pad), height)
        _darken(canvas, panel)
        left, base = pad * 2, pad + round(1.5 * title_size)
        writer.write(canvas, title, (left, base), title_size, WHITE, bold=True)
        writer.write(canvas, facts, (left, base + round(1.6 * size)), size, GREY)
        if states:
            writer.write(canvas, states, (left, base + round(3.2 * size)), size, ACCENT)

    def _draw_sliders(self, canvas: Image, layout: Layout, controls: Controls) -> None:
        _darken(canvas, layout.panel)
        size = layout.text
        for slider in SLIDERS:
            track = layout.tracks.get(slider.name)
            if track is None:
                continue
            value = float(getattr(controls, slider.name))
            active = slider.name != "temporal" or controls.steady
            base = track.top + track.height // 2 + round(0.36 * size)
            left = layout.panel.left + round(0.9 * size)
            self._writer.write(canvas, slider.label, (left, base), size, WHITE if active else DIM)
            text = f"{round(100 * value)}%" if active else "off"
            self._writer.write(
                canvas, text, (track.right + size, base), size, GREY if active else DIM
            )
            _draw_track(canvas, track, value, size, active=active)

    def _draw_recording(self, canvas: Image, layout: Layout, seconds: float) -> None:
        size = layout.text
        pad = round(0.9 * size)
        text = f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
        width = self._writer.width("00:00", size) + round(1.5 * size) + 2 * pad
        panel = Box(layout.canvas[0] - pad - width, pad, width, round(2.2 * size))
        _darken(canvas, panel)
        middle = panel.top + panel.height // 2
        _disc(canvas, (panel.left + pad + size // 2, middle), 0.5 * size, RED)
        self._writer.write(
            canvas,
            text,
            (panel.left + pad + round(1.5 * size), middle + round(0.36 * size)),
            size,
            WHITE,
        )

    def _draw_help(self, canvas: Image, layout: Layout, controls: Controls) -> None:
        # Every line has to fit, however low the window is.
        line = min(round(1.75 * layout.text), (layout.canvas[1] - 2) // (len(BINDINGS) + 2))
        size = max(6, min(layout.text, round(line / 1.5)))
        tables = [self._table([(binding.label, binding.text) for binding in BINDINGS], size)]
        styles = self._table(_style_rows(controls)[: len(BINDINGS)], size)
        gap = round(1.5 * size)
        if tables[0].width + styles.width + 3 * gap <= layout.canvas[0]:
            tables.append(styles)
        width = sum(table.width + gap for table in tables) + gap
        height = (len(BINDINGS) + 1) * line
        panel = Box(
            max(0, (layout.canvas[0] - width) // 2),
            max(0, (layout.canvas[1] - height) // 2),
            min(width, layout.canvas[0]),
            height,
        )
        _darken(canvas, panel, 0.15)
        left, base = panel.left + gap, panel.top + line + round(0.36 * size)
        for table in tables:
            self._draw_table(canvas, table, (left, base), line, size)
            left += table.width + gap

    def _table(self, rows: list[tuple[str, str]], size: int) -> _Table:
        keys = max(self._writer.width(key, size, bold=True) for key, _ in rows) + 2 * size
        words = max(self._writer.width(words, size) for _, words in rows)
        return _Table(rows, keys, keys + words)

    def _draw_table(
        self, canvas: Image, table: _Table, at: tuple[int, int], line: int, size: int
    ) -> None:
        """Write the rows, the first with its base line's left end ``at`` a point."""
        left, base = at
        for key, words in table.rows:
            self._writer.write(canvas, key, (left, base), size, ACCENT, bold=True)
            self._writer.write(canvas, words, (left + table.keys, base), size, WHITE)
            base += line

    def _draw_message(self, canvas: Image, layout: Layout, message: str, *, is_low: bool) -> None:
        size = layout.text
        pad = round(0.9 * size)
        text = self._writer.shortened(message, size, layout.canvas[0] - 4 * pad)
        width = self._writer.width(text, size) + 2 * pad
        # Above the sliders, so that neither hides the other in a narrow window.
        bottom = layout.canvas[1] if is_low else layout.panel.top
        top = bottom - round(3.0 * size)
        panel = Box(max(0, (layout.canvas[0] - width) // 2), max(0, top), width, round(2.2 * size))
        _darken(canvas, panel, _DARKEN_TEXT)
        base = panel.top + panel.height // 2 + round(0.36 * size)
        self._writer.write(canvas, text, (panel.left + pad, base), size, ACCENT)


def _style_rows(controls: Controls) -> list[tuple[str, str]]:
    """The styles, with the keys that choose them; only the arrows lead to the eleventh and on."""
    return [
        (str((number + 1) % 10) if number < 10 else "", controls.title_of(number))
        for number in range(controls.style_count)
    ]


def _states(controls: Controls) -> str:
    """What is not as usual, in words."""
    states = []
    if controls.frozen:
        states.append("frozen")
    if controls.view is not View.PAINTED:
        states.append(controls.view.value)
    if controls.keep_colors:
        states.append("own colours")
    return "   ".join(states)


def _darken(canvas: Image, box: Box, share: float = _DARKEN) -> None:
    """Let only ``share`` of the light through, in place."""
    region = canvas[max(0, box.top) : box.bottom, max(0, box.left) : box.right]
    if region.size:
        region[:] = cv2.convertScaleAbs(region, alpha=share)


def _draw_track(canvas: Image, track: Box, value: float, size: int, *, active: bool) -> None:
    middle = track.top + track.height // 2
    at = track.left + round(value * track.width)
    _bar(canvas, (track.left, middle), (track.right, middle), track.height, DIM)
    if active:
        _bar(canvas, (track.left, middle), (at, middle), track.height, ACCENT)
    _disc(canvas, (at, middle), 0.5 * size, WHITE if active else DIM)


def _draw_handle(canvas: Image, layout: Layout, controls: Controls) -> None:
    column = layout.picture.left + divider_column(controls, layout.picture.width)
    middle = layout.picture.top + layout.picture.height // 2
    radius = 1.1 * layout.text
    _disc(canvas, (column, middle), radius, WHITE)
    for side in (-1, 1):
        tip = column + side * round(0.65 * radius)
        base = column + side * round(0.2 * radius)
        reach = round(0.35 * radius)
        points = np.array([(tip, middle), (base, middle - reach), (base, middle + reach)])
        cv2.fillConvexPoly(canvas, points.astype(np.int32), (40, 40, 40), cv2.LINE_AA)


def _bar(
    canvas: Image, start: tuple[int, int], end: tuple[int, int], thickness: int, color: Color
) -> None:
    cv2.line(canvas, start, end, color, thickness, cv2.LINE_AA)


def _disc(canvas: Image, center: tuple[int, int], radius: float, color: Color) -> None:
    # Sixteenths of a pixel, or small discs have corners.
    cv2.circle(
        canvas, (center[0] * 16, center[1] * 16), round(radius * 16), color, -1, cv2.LINE_AA, 4
    )
