"""The outputs of a session: what they get, and what becomes of them."""

from __future__ import annotations

import threading

import media
import mjpeg_server
import pytest
from sessions import Keeping, build, never
from waiting import wait_until

from realtime.buffered import workers_left
from realtime.live.outputs import Output
from realtime.sinks.null import NullSink
from realtime.sources import open_live


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


def test_an_interrupt_amid_one_output_still_ends_the_others(stylizer, tmp_path, monkeypatch):
    clip = media.make_clip(tmp_path / "clip.mp4", frames=4)
    session, _ = build(open_live(clip), stylizer, tmp_path, sinks=[Keeping(), Keeping(), Keeping()])
    close, closed = Output.close, []

    def interrupted(output, **how):
        close(output, **how)
        closed.append(output.name)
        if len(closed) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Output, "close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.run(never)
    assert closed == ["output 0", "output 1", "output 2"]
    assert [result.name for result in session.results] == closed


def test_outputs_get_the_painting(stylizer, tmp_path):
    sink = Keeping()
    clip = media.make_clip(tmp_path / "clip.mp4", frames=4)
    session, _ = build(open_live(clip), stylizer, tmp_path, sinks=[sink])
    session.run(never)
    # The tiny model's first style is the negative; the clip is nearly all of grey level 90.
    assert [level for _, level in sink.seen] == pytest.approx([165] * len(sink.seen), abs=12)
