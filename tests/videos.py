"""Writes and reads videos with the sink and the source under test."""

from __future__ import annotations

from fractions import Fraction

import clips

from realtime.frame import Frame, StreamInfo
from realtime.sinks.video import VideoFileSink, VideoOptions
from realtime.sources.file import VideoFileSource

INFO = StreamInfo(64, 48, rate=Fraction(25), time_base=Fraction(1, 25))
FAST = VideoOptions(preset="ultrafast")
MILLISECOND = Fraction(1, 1000)


def picture(index=0, *, pts=None, width=64, height=48):
    time = Fraction(index, 25) if pts is None else Fraction(pts)
    return Frame(clips.patches(0, width, height), time, index)


def convert(path, target, options=FAST, **cut):
    """Read and write; returns the sink's warnings."""
    with VideoFileSource(path, **cut) as source:
        with VideoFileSink(target, source.info, options, copy_from=source) as sink:
            for frame in source:
                sink.write(frame)
        return sink.warnings


def read(path):
    with VideoFileSource(path) as source:
        return list(source), source.info
