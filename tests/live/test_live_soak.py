"""Many frames through the live loop, as fast as they come, with everything changing all the time.

``STYLECAM_SOAK_FRAMES=100000 pytest -m slow tests/live/test_live_soak.py`` takes as many as you
like; with ``--log-cli-level=INFO`` it tells what has grown in the end.
"""

from __future__ import annotations

import random
import shutil
import time
from contextlib import contextmanager
from fractions import Fraction

import media
import mjpeg_server
import numpy as np
import pytest
from usage import NEEDS_LINUX, SOAK_FRAMES, Usage

from realtime.bench.live import CameraClip
from realtime.buffered import workers_left
from realtime.engine import OnnxStylizer
from realtime.frame import Frame, StreamInfo
from realtime.live.controls import Controls
from realtime.live.outputs import Output
from realtime.live.painter import Painter
from realtime.live.recorder import Recorder, Recording
from realtime.live.session import Limits, Session, wishes_of
from realtime.live.sizing import WorkingSize
from realtime.sinks.encoders import VideoOptions
from realtime.sinks.null import NullSink
from realtime.sinks.serve import ServeSink
from realtime.sinks.window import Key
from realtime.sizes import parse_size
from realtime.sources import open_live
from realtime.sources.file import VideoFileSource
from realtime.sources.paced import PacedSource
from realtime.stabilizer import TemporalStabilizer

FIRST = 1500
"""Frames after which everything has been loaded and every buffer made."""
RATE = Fraction(2000)
"""Frames per second that a source delivers if it can: far more than can be painted."""
SIZES = ((64, 48), (96, 64), (64, 80), (128, 72))
BITS = 10
"""Of a frame's number, which is below 1000 in each session."""
KEYS = ("1", "2", "left", "right", "up", "down", "-", "+", "[", "]", ",", ".", "t", "v", "c", "m",
        "space", "i", "h", "f", "x")  # fmt: skip
RARE_KEYS = ("r", "s")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + SOAK_FRAMES // 10), NEEDS_LINUX]


class Numbered:
    """Pictures whose upper edge tells their number, in binary, and whose size changes."""

    def __init__(self, count, chance):
        self.warnings, self.damaged = [], False
        self._count, self._chance = count, chance
        self._size = chance.choice(SIZES)
        self.info = StreamInfo(*self._size, rate=RATE)

    def __iter__(self):
        for index in range(self._count):
            if self._chance.random() < 0.01:
                self._size = self._chance.choice(SIZES)
                time.sleep(0.08)  # long enough for the last one to be painted again, otherwise
            image = np.full((self._size[1], self._size[0], 3), 90, np.uint8)
            for bit in range(BITS):
                image[:8, 6 * bit : 6 * bit + 6] = 255 * (index >> bit & 1)
            image[20:30, index % 30 : index % 30 + 10] = 200
            yield Frame(image, index / RATE, index, 1 / RATE)

    def close(self):
        pass


class CheckingPainter(Painter):
    """Checks that frames come in order, and where they are numbered that they are what they say."""

    def __init__(self, *arguments, is_numbered):
        super().__init__(*arguments)
        self._is_numbered = is_numbered
        self.last = self.number = -1

    def __call__(self, frame):
        # A frame that is painted again, otherwise, comes a second time.
        assert frame.index in (self.last, self.last + 1)
        if self._is_numbered and frame.index > self.last:
            bits = frame.image[4, 3 : 6 * BITS : 6, 0] > 127
            number = sum(int(bit) << place for place, bit in enumerate(bits))
            assert number > self.number
            self.number = number
        self.last = frame.index
        return super().__call__(frame)


class InOrder(NullSink):
    """Checks that no moment comes twice, or before another that has gone by."""

    def __init__(self):
        super().__init__()
        self.last = (Fraction(-1), -1)

    def write(self, frame):
        super().write(frame)
        assert frame.pts > self.last[0]
        assert frame.index > self.last[1]
        self.last = (frame.pts, frame.index)


class Restless:
    """A user who presses keys all the time; asked whether to stop, which they never do."""

    def __init__(self, chance):
        self.session = None
        self._chance = chance

    def __call__(self):
        if self._chance.random() < 0.2:
            keys = RARE_KEYS if self._chance.random() < 0.03 else KEYS
            self.session.handle(Key(self._chance.choice(keys)))
        return False


@contextmanager
def some_source(chance, folder):
    """A live source, and how many frames it has (None: who knows)."""
    kind, count = chance.choice(("numbered", "numbered", "file", "camera")), chance.randint(1, 999)
    if kind == "numbered":
        yield PacedSource(lambda: Numbered(count, chance)), count, True
    elif kind == "file":
        clip = folder / "clip.mp4"
        yield PacedSource(lambda: CameraClip(VideoFileSource(clip), count, RATE)), None, False
    else:
        with mjpeg_server.serve(count, pause=0.001, size=chance.choice(SIZES)) as address:
            yield open_live(address), None, False


def watch(chance, stylizer, folder):
    """One session; returns how many frames came."""
    controls = Controls(stylizer.description, temporal=chance.choice((0.0, 0.5, 0.9)))
    sizing = WorkingSize(None, parse_size(chance.choice(("32", "48", "source"))))
    user = Restless(chance)
    recordings = folder / "recordings"
    recordings.mkdir()
    encoding = VideoOptions(preset="ultrafast", threads=1)
    recorder = Recorder(Recording(recordings, options=encoding))
    with some_source(chance, folder) as (source, count, is_numbered):
        assert source.start(60)
        painter = CheckingPainter(
            *(stylizer, wishes_of(controls), sizing, TemporalStabilizer()), is_numbered=is_numbered
        )
        outputs = [Output("in order", InOrder(), capacity=3)]
        if chance.random() < 0.3:
            outputs.append(Output("server", ServeSink(0)))
        limits = Limits(frames=chance.choice((None, None, 50)))
        session = user.session = Session(
            source, painter, controls, recorder, outputs=tuple(outputs), limits=limits
        )
        session.run(user)
    assert [str(error) for _, error in session.failures] == []
    result = session.results[0]
    assert result.written + result.dropped == session.meter.frames
    if count is not None and limits.frames is None:
        assert session.meter.frames + session.dropped == count
    assert not workers_left()
    for path in recordings.glob("*.mp4"):
        assert media.count_frames(path) > 0
    shutil.rmtree(recordings)
    return session.meter.frames + session.dropped


def test_many_frames_with_styles_sizes_and_sources_changing(model_path, tmp_path):
    chance = random.Random(3)
    media.make_clip(tmp_path / "clip.mp4", frames=200)
    done, usage = 0, None
    with OnnxStylizer(model_path, device="cpu", threads=1, spinning=False) as stylizer:
        while done < SOAK_FRAMES:
            done += watch(chance, stylizer, tmp_path)
            if usage is None and done >= FIRST:
                usage = Usage()
        assert usage is not None
        # The camera's own threads, which are not ours, may take a moment to go.
        deadline = time.monotonic() + 30
        while usage.growth()[2] > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        usage.check(growth=24)
