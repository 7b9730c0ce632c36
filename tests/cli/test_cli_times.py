from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.cli.times import parse_range, parse_time
from realtime.errors import OptionError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("83", 83),
        ("83.5", Fraction(167, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1:02.5", Fraction(125, 2)),
        ("1:23", 83),
        ("0:01:23.040", Fraction(8304, 100)),
        ("2:00:00", 7200),
        (" 5 ", 5),
    ],
)
def test_times_are_exact(text, seconds):
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "-1",
        "1:60",
        "1:60:00",
        "1:2:3:4",
        "1.2.3",
        "1e3",
        "nan",
        ":5",
        ".",
        "1:.",
        "9" * 50,
    ],
)
def test_nonsense_is_refused(text):
    with pytest.raises(OptionError, match="is not understood"):
        parse_time(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_every_clock_time_is_read(hours, minutes, seconds, milliseconds):
    expected = hours * 3600 + minutes * 60 + seconds + Fraction(milliseconds, 1000)
    assert parse_time(f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}") == expected


@given(st.text(max_size=30))
def test_no_text_does_anything_but_parse_or_be_refused(text):
    with contextlib.suppress(OptionError):
        assert parse_time(text) >= 0


def test_range():
    assert parse_range(None, None) == (None, None)
    assert parse_range("1", "1.5") == (1, Fraction(3, 2))
    assert parse_range(None, "2") == (None, 2)


@pytest.mark.parametrize(("start", "end"), [("2", "2"), ("2", "1"), (None, "0")])
def test_empty_range(start, end):
    with pytest.raises(OptionError, match="does not come after"):
        parse_range(start, end)
