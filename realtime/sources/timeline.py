"""Exact times of a video stream: where it begins, how long it lasts, how fast it runs."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from .opening import is_cover

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_INDEXED_FORMATS = frozenset(("mov", "mp4", "avi"))
"""Containers whose index lists every packet."""


def presentation_start(container: InputContainer) -> Fraction:
    """The moment that players show as 0:00: the earliest start of picture or sound, in seconds."""
    times = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.start_time is not None and stream.time_base is not None and not is_cover(stream)
    ]
    return min(times, default=Fraction(0))


def stream_duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """How long the video lasts, in seconds, as far as the container says."""
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    tagged = tagged_duration(stream)
    if tagged is not None:
        return tagged
    if container.duration:
        return Fraction(container.duration, av.time_base)
    return None


def tagged_duration(stream: VideoStream) -> Fraction | None:
    """What Matroska writers note for each stream, in seconds."""
    for key, value in stream.metadata.items():
        match = _CLOCK.match(value) if key.upper().split("-")[0] == "DURATION" else None
        if match:
            hours, minutes, seconds = match.groups()
            return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    return None


def average_rate(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Average frames per second, or None where unknown."""
    # AVI counts the fields of H.264, which doubles the average.
    if container.format.name == "avi":
        return stream.guessed_rate or stream.average_rate or None
    return stream.average_rate or stream.guessed_rate or None


def last_indexed_dts(container: InputContainer, stream: VideoStream) -> int | None:
    """Decoding timestamp of the last packet the container's index lists; None without one."""
    names = set(container.format.name.split(","))
    if not names & _INDEXED_FORMATS or not len(stream.index_entries):
        return None
    return stream.index_entries[-1].timestamp
