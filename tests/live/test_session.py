"""The whole session without a window, on a real network camera and the real ONNX Runtime."""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import contextmanager
from fractions import Fraction

import cv2
import media
import mjpeg_server
import numpy as np
import pytest

from realtime.buffered import workers_left
from realtime.engine import OnnxStylizer
from realtime.errors import SourceError
from realtime.frame import Frame, StreamInfo
from realtime.live import outputs
from realtime.live.controls import Controls
from realtime.live.outputs import Output
from realtime.live.painter import Painter
from realtime.live.recorder import Recorder, Recording
from realtime.live.session import Limits, Session, wishes_of
from realtime.live.sizing import WorkingSize
from realtime.sinks.null import NullSink
from realtime.sinks.stream import StreamSink
from realtime.sinks.video import VideoFileSink
from realtime.sinks.window import Key
from realtime.sources import capture, open_live


@pytest.fixture(scope="module")
def stylizer(model_path):
    with OnnxStylizer(model_path, device="cpu", threads=1) as stylizer:
        yield stylizer


class Keeping(NullSink):
    """Keeps the mean brightness and the size of every frame."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def write(self, frame):
        super().write(frame)
        self.seen.append((frame.image.shape, float(frame.image.mean())))


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


def test_every_frame_is_shown_or_counted_as_dropped(stylizer, tmp_path):
    with mjpeg_server.serve(60) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.run(never)
    # The decoder may swallow the last one, for which no boundary follows in time.
    assert session.meter.frames + session.dropped in (59, 60)
    assert session.failures == []


@pytest.mark.parametrize(("key", "answers"), [("h", 0), ("[", 1)])
def test_only_a_key_that_changes_the_painting_has_an_answer(stylizer, tmp_path, key, answers):
    with mjpeg_server.serve(20) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.handle(Key(key))
        session.run(never)
    assert len(session.meter.answers.milliseconds()) == answers


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


def test_an_answer_counts_from_the_key_until_it_is_drawn(stylizer, tmp_path):
    window = SlowWindow()
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path, window=window)
        session.run(lambda: bool(session.meter.answers.milliseconds()))
    (answer,) = session.meter.answers.milliseconds()
    # The drawing that it was pressed in, and the drawing that shows the answer.
    assert answer > 200
    assert window.closed


def test_what_is_being_completed_is_said(stylizer, tmp_path, monkeypatch):
    close = VideoFileSink.close

    said, told = [], threading.Event()

    def slowly(sink):
        assert told.wait(60)
        close(sink)

    def announce(text):
        said.append(text)
        told.set()

    monkeypatch.setattr(VideoFileSink, "close", slowly)
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path, announce=announce)
        path = recorder.start((64, 48))
        session.run(lambda: session.meter.frames >= 3)
    assert said == [f"completing {path}"]
    assert session.saved == [path]
    assert media.count_frames(path) > 0


def test_an_interrupt_does_not_wait_for_what_is_being_completed(stylizer, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "_HURRY_SECONDS", 0.1)
    is_waited_for, may_go_on = threading.Event(), threading.Event()

    def interrupted(sink):
        assert is_waited_for.wait(60)
        signal.raise_signal(signal.SIGINT)
        assert may_go_on.wait(60)
        sink.abort()

    monkeypatch.setattr(VideoFileSink, "close", interrupted)
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path)
        wait = recorder.wait
        monkeypatch.setattr(recorder, "wait", lambda s: is_waited_for.set() or wait(s))
        recorder.start((64, 48))
        with pytest.raises(KeyboardInterrupt):
            session.run(lambda: session.meter.frames >= 3)
    assert "interrupted" in str(session.failures[0][1])
    may_go_on.set()
    wait_until(lambda: not workers_left())


@pytest.mark.parametrize(
    ("where", "error", "is_waited_for"),
    [
        ("stop", KeyboardInterrupt, False),
        ("window", KeyboardInterrupt, False),
        ("window", cv2.error, True),
    ],
)
def test_the_recording_outlives_what_goes_wrong_while_the_session_ends(
    stylizer, tmp_path, monkeypatch, where, error, is_waited_for
):
    def fail():
        raise error

    monkeypatch.setattr(outputs, "_HURRY_SECONDS", 60)
    waited = []
    window = SlowWindow()
    with mjpeg_server.serve(100_000) as address:
        session, recorder = build(open_live(address), stylizer, tmp_path, window=window)
        stop, close = recorder.stop, recorder.close

        def close_all(*, wait):
            waited.append(wait)
            monkeypatch.setattr(recorder, "stop", stop)
            close(wait=wait)

        monkeypatch.setattr(recorder, "close", close_all)
        monkeypatch.setattr(*((recorder, "stop") if where == "stop" else (window, "close")), fail)
        path = recorder.start((64, 48))
        with pytest.raises(error):
            session.run(lambda: session.meter.frames >= 3)
    assert waited == [is_waited_for]
    assert session.saved == [path]
    assert media.count_frames(path) > 0


def test_a_slow_painter_drops_frames_and_stays_close_to_the_present(stylizer, tmp_path):
    class Slow(Painter):
        def __call__(self, frame):
            time.sleep(0.1)
            return super().__call__(frame)

    slow = Slow(stylizer, wishes_of(Controls(stylizer.description)), WorkingSize(None))
    with mjpeg_server.serve(200, pause=0.01) as address:
        source = open_live(address)
        session, _ = build(source, stylizer, tmp_path, paint=slow)
        session.run(never)
    assert session.dropped > session.meter.frames
    assert session.meter.frames + session.dropped in (199, 200)
    # Two frames can wait: one before the painter, one being painted. A queue of all that were
    # dropped would have made the last one older than the whole run without them.
    longest = session.meter.latencies.percentile(100)
    seconds = session.meter.last - session.meter.first
    assert longest < 1000 * seconds / 2
    period = seconds / (session.meter.frames - 1)
    assert session.meter.latencies.percentile(50) < 5 * 1000 * period


def test_a_camera_that_is_killed_and_comes_back(stylizer, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = Keeping()
    ended = []
    with mjpeg_server.serve(100_000, port=port) as address:
        source = open_live(address, patience=60)
        session, recorder = build(source, stylizer, tmp_path, sinks=[sink])
        path = recorder.start((64, 48))
        thread = threading.Thread(target=session.run, args=(lambda: bool(ended),))
        thread.start()
        wait_until(lambda: session.meter.frames > 3)
    wait_until(lambda: source.trouble is not None)
    assert "has gone; trying again" in source.trouble
    with mjpeg_server.serve(100_000, port=port, size=(96, 80)):
        before = session.meter.frames
        wait_until(lambda: session.meter.frames > before + 5)
        assert source.trouble is None
        ended.append(True)
        thread.join()
    assert {shape for shape, _ in sink.seen} == {(48, 64, 3), (80, 96, 3)}
    assert session.size == (96, 80)
    assert media.count_frames(path) > 5
    assert session.failures == []


@contextmanager
def sending(address):
    """A network camera that sends MPEG-TS until it is killed."""
    stop = threading.Event()

    def send():
        info = StreamInfo(64, 48, rate=Fraction(25))
        with StreamSink(address, info) as sink:
            index = 0
            while not stop.wait(0.02):
                picture = np.full((48, 64, 3), 90 + index % 8, np.uint8)
                sink.write(Frame(picture, Fraction(index, 25), index))
                index += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
def test_a_stream_over_udp_that_stops_and_comes_back(stylizer, tmp_path, monkeypatch):
    monkeypatch.setattr(capture, "_READ_SECONDS", 1.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{probe.getsockname()[1]}"
    ended, said = [], []
    source = open_live(address, patience=60)
    with sending(address):
        session, recorder = build(source, stylizer, tmp_path, announce=said.append)
        path = recorder.start((64, 48))
        thread = threading.Thread(target=session.run, args=(lambda: bool(ended),))
        thread.start()
        wait_until(lambda: session.meter.frames > 3)
    wait_until(lambda: source.trouble is not None)
    with sending(address):
        before = session.meter.frames
        wait_until(lambda: session.meter.frames > before + 5)
        ended.append(True)
        thread.join()
    assert said == [f"stream {address} has gone; trying again", "the picture is back"]
    assert media.count_frames(path) > 8


def test_a_camera_that_stays_away_ends_the_session_with_the_recording_kept(stylizer, tmp_path):
    with mjpeg_server.serve(20) as address:
        source = open_live(address, patience=0.2)
        session, recorder = build(source, stylizer, tmp_path)
        path = recorder.start((64, 48))
    with pytest.raises(SourceError, match="did not come back"):
        session.run(never)
    assert media.count_frames(path) > 0
    assert media.listing(tmp_path) == [path.name]


def test_limits_end_it(stylizer, tmp_path):
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path, limits=Limits(frames=7))
        session.run(never)
        assert session.meter.frames == 7
        session, _ = build(open_live(address), stylizer, tmp_path, limits=Limits(seconds=0.2))
        session.run(never)


def test_it_stops_when_asked(stylizer, tmp_path):
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path)
        session.run(lambda: session.meter.frames >= 3)
    assert session.meter.frames >= 3


def test_an_output_that_fails_does_not_end_the_others(stylizer, tmp_path):
    class Broken(NullSink):
        def write(self, _):
            raise OSError("the cable was pulled")

    good = Keeping()
    with mjpeg_server.serve(100_000) as address:
        session, _ = build(open_live(address), stylizer, tmp_path, sinks=[Broken(), good])
        session.run(lambda: session.meter.frames >= 5 and bool(session.failures))
    assert [name for name, _ in session.failures] == ["output 0"]
    assert good.frames > 0


def test_an_output_that_hangs_is_given_up_and_the_session_goes_on(stylizer, tmp_path):
    may_go_on = threading.Event()

    class Stuck(NullSink):
        def write(self, _):
            assert may_go_on.wait(60)

    with mjpeg_server.serve(100_000) as address:
        source = open_live(address)
        session, _ = build(source, stylizer, tmp_path, outputs=[Output("s", Stuck(), patience=0.3)])
        session.run(lambda: bool(session.failures) and session.meter.frames > 5)
    assert "nothing was taken" in str(session.failures[0][1])
    assert [result.name for result in session.results] == ["s"]
    may_go_on.set()
    wait_until(lambda: not workers_left())


def test_what_became_of_outputs_and_recordings_is_kept(stylizer, tmp_path):
    class Odd(NullSink):
        def close(self):
            self.warnings.append("odd to the end")
            super().close()

    class Broken(NullSink):
        def write(self, _):
            raise OSError("the cable was pulled")

    with mjpeg_server.serve(100_000) as address:
        source = open_live(address)
        session, recorder = build(source, stylizer, tmp_path, sinks=[Odd(), Broken()])
        recorder.start((63, 47))
        session.run(lambda: session.meter.frames >= 5 and bool(session.failures))
    results = {result.name.split()[0]: result for result in session.results}
    assert len(session.results) == 3
    assert {result.error for result in session.results} == {None, "the cable was pulled"}
    assert results["recording"].written > 0
    assert "odd to the end" in session.warnings
    assert any("63x47 became 64x48" in warning for warning in session.warnings)


def test_what_happens_is_announced_where_there_is_no_window(stylizer, tmp_path):
    class Broken(NullSink):
        def write(self, _):
            raise OSError("the cable was pulled")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said, ended = [], []
    with mjpeg_server.serve(100_000, port=port) as address:
        source = open_live(address, patience=60)
        session, _ = build(source, stylizer, tmp_path, sinks=[Broken()], announce=said.append)
        thread = threading.Thread(target=session.run, args=(lambda: bool(ended),))
        thread.start()
        wait_until(lambda: session.meter.frames > 3 and session.failures)
    wait_until(lambda: any("has gone" in line for line in said))
    with mjpeg_server.serve(100_000, port=port, size=(96, 80)):
        wait_until(lambda: any("now delivers" in line for line in said))
        ended.append(True)
        thread.join()
    assert said == [
        "output 0 has ended: the cable was pulled",
        f"stream {address} has gone; trying again",
        *sorted(["the picture is back", "the source now delivers 96x80"], key=said.index),
    ]


class Dictated(WorkingSize):
    """Steps down to half the size at the third picture."""

    def size_for(self, width, height):
        return (width // 2, height // 2) if self.changed else (width, height)

    def took(self, *_):
        self.pictures = getattr(self, "pictures", 0) + 1
        self.changed = int(self.pictures >= 3)


def test_a_new_working_size_is_announced_once(stylizer, tmp_path):
    said = []
    painter = Painter(stylizer, wishes_of(Controls(stylizer.description)), Dictated(None))
    with mjpeg_server.serve(100_000) as address:
        source = open_live(address)
        session, _ = build(source, stylizer, tmp_path, paint=painter, announce=said.append)
        session.run(lambda: session.meter.frames >= 8)
    assert said == ["painting at 32x24"]


def test_outputs_get_the_painting(stylizer, tmp_path):
    sink = Keeping()
    clip = media.make_clip(tmp_path / "clip.mp4", frames=4)
    session, _ = build(open_live(clip), stylizer, tmp_path, sinks=[sink])
    session.run(never)
    # The tiny model's first style is the negative; the clip is nearly all of grey level 90.
    assert [level for _, level in sink.seen] == pytest.approx([165] * len(sink.seen), abs=12)


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_latency_is_the_age_of_the_frame(stylizer, tmp_path):
    clip = media.make_clip(tmp_path / "clip.mp4", frames=8)
    session, _ = build(open_live(clip), stylizer, tmp_path)
    start = time.monotonic()
    session.run(never)
    elapsed = 1000 * (time.monotonic() - start)
    assert 0 < session.meter.latencies.percentile(50) < elapsed
    assert np.isfinite(session.meter.fps)
