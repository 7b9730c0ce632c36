from __future__ import annotations

import threading
import time
from datetime import datetime
from fractions import Fraction

import av
import media
import numpy as np
import pytest
from waiting import wait_until

from realtime.buffered import Worker, workers_left
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.live import outputs
from realtime.live.outputs import Output, fit
from realtime.live.recorder import Recorder, Recording
from realtime.sinks.encoders import VideoOptions
from realtime.sinks.null import NullSink
from realtime.sinks.video import VideoFileSink

SIZE = (64, 48)


def frame(index, image=None, start=0):
    image = np.full((48, 64, 3), 10 * index % 256, np.uint8) if image is None else image
    return Frame(image, start + Fraction(index, 30), index)


class Blocked(NullSink):
    """Takes a frame only when it is allowed to."""

    def __init__(self):
        super().__init__()
        self.may_go_on = threading.Event()
        self.times = []

    def write(self, frame):
        assert self.may_go_on.wait(30)
        self.times.append(frame.pts)
        super().write(frame)


class Broken(NullSink):
    """A disk that is full."""

    def __init__(self):
        super().__init__()
        self.was_aborted = False

    def write(self, frame):
        raise SinkError(f"cannot write frame {frame.index}: the disk is full")

    def abort(self):
        self.was_aborted = True


def test_a_slow_sink_holds_nobody_up_and_gets_the_newest():
    sink = Blocked()
    output = Output("slow", sink)
    for index in range(100):
        output.offer(frame(index))
    sink.may_go_on.set()
    output.close()
    assert output.written + output.dropped == 100
    assert sink.times[-1] == Fraction(99, 30)
    assert output.written <= 2


def test_a_queue_bridges_a_hiccup():
    sink = Blocked()
    output = Output("recording", sink, capacity=16)
    for index in range(10):
        output.offer(frame(index))
    sink.may_go_on.set()
    output.close()
    assert (output.written, output.dropped) == (10, 0)
    assert sink.times == [Fraction(index, 30) for index in range(10)]


def test_the_first_frame_is_at_zero():
    sink = Blocked()
    sink.may_go_on.set()
    output = Output("recording", sink, capacity=4)
    for index in range(3):
        output.offer(frame(index, start=Fraction(1234)))
    output.close()
    assert sink.times[0] == 0
    assert output.seconds == pytest.approx(2 / 30)


def test_a_sink_that_fails_is_told_of_and_aborted():
    sink = Broken()
    output = Output("recording", sink)
    output.offer(frame(0))
    wait_until(lambda: output.error is not None)
    output.offer(frame(1))
    output.close()
    assert "disk is full" in str(output.error)
    assert sink.was_aborted


def test_a_sink_may_be_opened_in_the_thread():
    sink = Blocked()
    sink.may_go_on.set()
    output = Output("late", lambda: sink)
    assert output.wait_open(30)
    output.offer(frame(0))
    output.close()
    assert output.written == 1


def test_a_sink_that_cannot_be_opened_says_why():
    def fail():
        raise SinkError("nobody is there")

    output = Output("late", fail)
    with pytest.raises(SinkError, match="nobody is there"):
        output.wait_open(60)
    output.close()


def test_a_sink_that_hangs_is_given_up_while_it_runs():
    sink = Blocked()
    output = Output("stuck", sink, patience=0.2)
    output.offer(frame(0))
    wait_until(lambda: output.check() or output.error is not None)
    assert "nothing was taken for 0 s" in str(output.error)
    output.close()  # does not wait any more
    output.offer(frame(1))
    assert workers_left()
    come_loose(sink)


def test_a_sink_that_hangs_does_not_hold_up_the_end():
    sink = Blocked()
    output = Output("stuck", sink, patience=0.2)
    output.offer(frame(0))
    output.close()
    assert isinstance(output.error, SinkError)
    come_loose(sink)


def test_one_that_hangs_while_it_opens_is_not_waited_for():
    sink = Blocked()
    output = Output("stuck", lambda: sink.may_go_on.wait(60) and sink, patience=3600)
    assert not output.wait_open(0.05)
    output.close()
    come_loose(sink)


def test_one_that_nobody_wants_to_wait_for_is_given_up(monkeypatch):
    monkeypatch.setattr(outputs, "_HURRY_SECONDS", 0.1)
    sink = Blocked()
    output = Output("slow", sink, patience=3600)
    output.offer(frame(0))
    output.finish()
    assert not output.wait_ended(0.05)
    output.close(wait=False)
    assert str(output.error) == "it was interrupted while it was being completed"
    assert output.ended
    assert output.wait_ended(3600)
    come_loose(sink)


def test_one_whose_completing_is_interrupted_says_so(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    sink = Blocked()
    output = Output("slow", sink, patience=3600)
    output.offer(frame(0))
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "wait_to_the_end", interrupted)
        with pytest.raises(KeyboardInterrupt):
            output.close()
    assert str(output.error) == "it was interrupted while it was being completed"
    assert output.ended
    come_loose(sink)


def come_loose(sink):
    """So that the thread ends after all."""
    sink.may_go_on.set()
    wait_until(lambda: not workers_left())


def test_what_became_of_it_is_told():
    sink = Blocked()
    sink.warnings.append("the picture is odd")
    sink.may_go_on.set()
    output = Output("good", sink, capacity=2)
    output.offer(frame(0))
    output.close()
    result = output.result
    assert (result.name, result.written, result.dropped, result.error) == ("good", 1, 0, None)
    assert result.warnings == ("the picture is odd",)
    assert str(result) == "good: 1 frame, 0 dropped"


@pytest.mark.parametrize(
    ("size", "bars"),
    [((64, 48), 0), ((128, 96), 0), ((128, 48), 0.5), ((64, 96), 0.5), ((32, 24), 0)],
)
def test_pictures_of_another_shape_get_bars(size, bars):
    fitted = fit(np.full((48, 64, 3), 200, np.uint8), size)
    assert fitted.shape == (size[1], size[0], 3)
    assert (fitted == 0).mean() == pytest.approx(bars)
    assert (fitted[size[1] // 2, size[0] // 2] == 200).all()


@pytest.fixture
def recorder(tmp_path):
    moments = iter(datetime(2026, 5, 17, 12, 30, second) for second in range(60))
    return Recorder(Recording(tmp_path, rate=Fraction(30)), lambda: next(moments))


def completed(recorder):
    """What is told of the recordings once all of them are completed."""
    said = []
    deadline = time.monotonic() + 60
    while len(recorder.results) > len(said):
        assert time.monotonic() < deadline
        said += recorder.check()
    return said


def record(recorder, count=10, size=SIZE):
    """Frames with a pause in the middle."""
    for index in range(count):
        picture = np.full((size[1], size[0], 3), 20 * index % 256, np.uint8)
        recorder.output.offer(
            Frame(picture, Fraction(100) + Fraction(index + (index > 4) * 15, 30), index)
        )


def test_a_recording_keeps_its_times(recorder, tmp_path):
    assert recorder.seconds is None
    path = tmp_path / "stylecam-20260517-123000.mp4"
    assert recorder.toggle(SIZE) == f"recording {path}"
    record(recorder)
    assert recorder.seconds == pytest.approx(24 / 30)
    assert recorder.toggle(SIZE) == f"completing {path}"
    assert completed(recorder) == [f"recorded {path}"]
    assert recorder.saved == [path]
    with av.open(str(path)) as container:
        times = [float(f.pts * f.time_base) for f in container.decode(video=0)]
    expected = [(index + (index > 4) * 15) / 30 for index in range(10)]
    assert times == pytest.approx(expected, abs=1e-4)


def test_the_first_recording_may_have_a_name_and_the_next_gets_one(tmp_path):
    recorder = Recorder(Recording(tmp_path, tmp_path / "mine.mkv"))
    recorder.start(SIZE)
    record(recorder)
    recorder.toggle(SIZE)
    recorder.toggle(SIZE)
    record(recorder)
    recorder.close()
    first, second = recorder.saved
    assert first.name == "mine.mkv"
    assert second.name.startswith("stylecam-")
    assert media.listing(tmp_path) == sorted([first.name, second.name])
    assert media.count_frames(second) == 10


def test_another_size_in_the_middle_is_fitted(recorder):
    recorder.toggle(SIZE)
    record(recorder, 5)
    record(recorder, 5, size=(100, 100))
    recorder.close()
    assert media.count_frames(recorder.saved[0]) == 10


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "mine.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(SinkError, match="exists"):
        Recorder(Recording(tmp_path, path)).start(SIZE)
    assert path.read_bytes() == b"precious"
    recorder = Recorder(Recording(tmp_path, path, VideoOptions(overwrite=True)))
    recorder.start(SIZE)
    record(recorder)
    recorder.close()
    assert media.count_frames(path) == 10


def test_names_of_one_second_differ(tmp_path):
    now = datetime(2026, 5, 17)
    recorder = Recorder(Recording(tmp_path), lambda: now)
    for _ in range(3):
        recorder.save(frame(1))
    assert media.listing(tmp_path) == [
        "stylecam-20260517-000000-2.png",
        "stylecam-20260517-000000-3.png",
        "stylecam-20260517-000000.png",
    ]


def test_what_cannot_be_written_is_a_message(tmp_path):
    recorder = Recorder(Recording(tmp_path / "gone"))
    assert "there is no folder" in recorder.save(frame(1))
    assert "there is no folder" in recorder.toggle(SIZE)
    assert recorder.output is None


def test_a_recording_that_was_asked_for_and_got_no_frame_is_a_failure(tmp_path):
    recorder = Recorder(Recording(tmp_path, path=tmp_path / "asked.mp4"))
    recorder.start(SIZE)
    recorder.close()
    (failure,) = recorder.failures
    assert "there are no frames" in str(failure[1])
    assert media.listing(tmp_path) == []


def test_a_recording_without_a_frame_leaves_nothing(recorder, tmp_path):
    recorder.toggle(SIZE)
    recorder.toggle(SIZE)
    assert "there are no frames" in completed(recorder)[0]
    assert recorder.failures == []
    assert media.listing(tmp_path) == []


def test_the_next_recording_may_begin_before_the_last_is_completed(tmp_path):
    now = datetime(2026, 5, 17)
    recorder = Recorder(Recording(tmp_path), lambda: now)
    for _ in range(3):
        recorder.toggle(SIZE)
        record(recorder)
        recorder.toggle(SIZE)
    recorder.close()
    assert sorted(path.name for path in recorder.saved) == media.listing(tmp_path)
    assert len(recorder.saved) == 3
    assert [result.written for result in recorder.results] == [10, 10, 10]


def test_an_interrupt_amid_one_recording_still_completes_the_others(recorder, monkeypatch):
    for _ in range(3):
        recorder.toggle(SIZE)
        record(recorder)
        recorder.toggle(SIZE)
    close, closed = Output.close, []

    def interrupted(output, **how):
        closed.append(how["wait"])
        close(output, **how)
        if len(closed) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Output, "close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorder.close()
    assert closed == [True, False, False]
    assert [result.written for result in recorder.results] == [10, 10, 10]
    assert len(recorder.saved) == 3


def test_recordings_are_waited_for_in_steps(recorder, monkeypatch):
    may_close = threading.Event()
    close = VideoFileSink.close

    def slowly(sink):
        assert may_close.wait(60)
        close(sink)

    monkeypatch.setattr(VideoFileSink, "close", slowly)
    assert recorder.completing == ""
    assert recorder.wait(0.01)
    path = recorder.start(SIZE)
    record(recorder, 3)
    recorder.stop()
    assert recorder.completing == f"completing {path}"
    assert not recorder.wait(0.01)
    may_close.set()
    assert recorder.wait(60)
    assert (recorder.completing, recorder.saved) == ("", [path])


def test_a_recording_that_fails_is_told_of_once(tmp_path, monkeypatch):
    def fail(*_):
        raise SinkError("the disk is full")

    monkeypatch.setattr(VideoFileSink, "write", fail)
    recorder = Recorder(Recording(tmp_path))
    recorder.start(SIZE)
    record(recorder, 1)
    assert ["the disk is full" in line for line in completed(recorder)] == [True]
    assert [str(error) for _, error in recorder.failures] == ["the disk is full"]
    assert recorder.output is None
    assert media.listing(tmp_path) == []
