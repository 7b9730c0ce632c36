"""Whole pictures from fields: what television and camcorders record in two halves."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph

Timed = tuple[Fraction, av.VideoFrame]

_FILTER = "bwdif"
_FILTER_OPTIONS = "mode=send_frame:deint=interlaced"
"""One picture for each frame, and frames that are whole stay as they are."""


class Deinterlacer:
    """Passes frames on until the first interlaced one, and filters from there.

    The filter looks one frame ahead, so every frame comes out one frame later, at its own time.

    Attributes:
        is_used: an interlaced frame has come.
    """

    def __init__(self) -> None:
        self.is_used = False
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None
        self._waiting: list[Timed] = []

    def __call__(self, frames: Iterator[Timed]) -> Iterator[Timed]:
        """The same (time in seconds, frame) pairs, with whole pictures."""
        for time, frame in frames:
            if frame.interlaced_frame:
                self.is_used = True
            if not self.is_used:
                yield time, frame
                continue
            kind = frame.width, frame.height, frame.format.name
            if kind != self._kind:
                yield from self._drain()
                self._graph, self._kind = _make_graph(frame), kind
            assert self._graph is not None
            self._waiting.append((time, frame))
            self._graph.vpush(frame)
            yield from self._pull()
        yield from self._drain()

    def _pull(self) -> Iterator[Timed]:
        assert self._graph is not None
        while self._waiting:
            try:
                whole = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield self._waiting.pop(0)[0], whole

    def _drain(self) -> Iterator[Timed]:
        if self._graph is None:
            return
        self._graph.vpush(None)
        yield from self._pull()
        # What the filter did not give back is shown as it was.
        yield from self._waiting
        self._waiting = []
        self._graph = None


def _make_graph(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, av.time_base),
    )
    graph.link_nodes(source, graph.add(_FILTER, _FILTER_OPTIONS), graph.add("buffersink"))
    graph.configure()
    return graph
