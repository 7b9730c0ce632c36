from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from realtime.bench.live import PacedSource
from realtime.errors import SourceError
from realtime.frame import Frame, StreamInfo

INFO = StreamInfo(4, 4, Fraction(25))


def frames(count):
    for index in range(count):
        yield Frame(np.zeros((4, 4, 3), np.uint8), Fraction(index), index)


def test_a_consumer_that_keeps_up_gets_every_frame():
    with PacedSource(frames(5), INFO, Fraction(50)) as source:
        assert (source.info.rate, source.info.is_live) == (50, True)
        assert [frame.index for frame in source] == [0, 1, 2, 3, 4]
    assert source.dropped == 0
    times = [source.taken_at[index] for index in range(5)]
    assert np.diff(times).min() > 0
    assert times[-1] - times[0] >= 4 * 0.02 - 0.001, "never faster than asked for"


def test_a_slow_consumer_gets_the_newest_and_the_rest_is_counted():
    with PacedSource(frames(30), INFO, Fraction(1000)) as source:
        arrived = iter(source)
        first = next(arrived).index
        source._thread.join()  # all have come by now
        rest = [frame.index for frame in arrived]
    assert rest == [29]
    assert source.dropped == 30 - 2
    assert first < 29


def test_errors_of_the_decoder_arrive():
    def broken():
        yield from frames(2)
        raise SourceError("the file is damaged")

    with (
        PacedSource(broken(), INFO, Fraction(100)) as source,
        pytest.raises(SourceError, match="damaged"),
    ):
        list(source)


def test_leaving_early_ends_the_thread():
    with PacedSource(frames(10_000), INFO, Fraction(10)) as source:
        assert next(iter(source)).index == 0
    assert not source._thread.is_alive()


def test_a_source_that_was_never_asked_has_no_thread():
    with PacedSource(frames(1), INFO, Fraction(10)) as source:
        pass
    assert source.taken_at == {}
