"""Builds the whole session without a window, on a real source and the real ONNX Runtime."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

from realtime.live.controls import Controls
from realtime.live.outputs import Output
from realtime.live.painter import Painter
from realtime.live.recorder import Recorder, Recording
from realtime.live.session import Session, wishes_of
from realtime.live.sizing import WorkingSize
from realtime.sinks.null import NullSink
from realtime.sinks.window import Key


class Keeping(NullSink):
    """Keeps the mean brightness and the size of every frame."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def write(self, frame):
        super().write(frame)
        self.seen.append((frame.image.shape, float(frame.image.mean())))


class SlowWindow:
    """Takes a while to show a picture; a key is pressed while it shows the third."""

    size = (64, 48)
    closed = False

    def __init__(self):
        self.shown = 0
        self.keys = []

    def show(self, canvas):
        del canvas
        self.shown += 1
        if self.shown == 3:
            self.keys.append(Key("["))
        time.sleep(0.1)

    def poll(self):
        keys, self.keys = self.keys, []
        return keys

    def close(self):
        self.closed = True


def build(source, stylizer, tmp_path, *, sinks=(), outputs=(), paint=None, **options):
    assert source.start(60)
    controls = Controls(stylizer.description)
    sizing = WorkingSize(None)
    painter = Painter(stylizer, wishes_of(controls), sizing)
    outputs = (*outputs, *(Output(f"output {n}", sink) for n, sink in enumerate(sinks)))
    recorder = Recorder(Recording(tmp_path))
    session = Session(source, paint or painter, controls, recorder, outputs=outputs, **options)
    return session, recorder


def never():
    return False


@contextmanager
def running(session):
    """The session runs in a thread of its own, until the ``with`` is left."""
    leaving = threading.Event()
    thread = threading.Thread(target=session.run, args=(leaving.is_set,))
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join()
