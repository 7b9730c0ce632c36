"""Streams through the machine's own network, for the sinks that send and the source that reads."""

from __future__ import annotations

import socket
import threading
from fractions import Fraction

import numpy as np

from realtime.frame import Frame, StreamInfo
from realtime.sources.camera import CameraSource

INFO = StreamInfo(64, 48, rate=Fraction(25))
COLOR = (200, 40, 120)


def frame(index):
    """One colour with a line that wanders."""
    image = np.full((48, 64, 3), COLOR, np.uint8)
    image[:, index % 64] = 255
    return Frame(image, Fraction(index, 25), index)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def color_through_our_camera(open_sink):
    """The colour that our own camera sees of what a sink sends over UDP, after some frames."""
    address = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    stop = threading.Event()

    def send():
        with open_sink(address, INFO) as sink:
            index = 0
            while not stop.wait(0.02):
                sink.write(frame(index))
                index += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        with CameraSource(f"{address}?fifo_size=100000", patience=60) as source:
            *_, last = (shot for _, shot in zip(range(5), source, strict=False))
    finally:
        stop.set()
        sender.join()
    return np.median(last.image, axis=(0, 1))
