import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import OptionError
from realtime.sizes import MAXIMUM_SIDE, SizeRequest, check_limits, parse_size


def test_a_number_is_a_height():
    assert parse_size("720") == SizeRequest(None, 720)


def test_both_sides():
    assert parse_size(" 1280X720 ") == SizeRequest(1280, 720)


@pytest.mark.parametrize("text", ["source", "Source"])
def test_source_leaves_the_size(text):
    assert parse_size(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-1", "0x720", "1280x0", "1280x-720", "15", "16385", "9" * 5000, "99999x99999"),
        *("", "x", "720p", "1280x", "x720", "12.5", "big", "1x2x3", "1280 x 720", "٧٢٠"),
    ],
)
def test_nonsense_is_refused_in_one_line(text):
    with pytest.raises(OptionError) as caught:
        parse_size(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("request_", "source", "expected"),
    [
        (SizeRequest(None, 360), (1280, 720), (640, 360)),
        (SizeRequest(None, 480), (1280, 720), (854, 480)),
        (SizeRequest(640, None), (1280, 720), (640, 360)),
        (SizeRequest(None, 720), (720, 1280), (404, 720)),
        (SizeRequest(100, 200), (1280, 720), (100, 200)),
        (SizeRequest(101, 201), (1280, 720), (101, 201)),
        (SizeRequest(), (321, 123), (321, 123)),
    ],
)
def test_a_missing_side_follows_from_the_aspect_ratio(request_, source, expected):
    assert request_.resolve(*source) == expected


def test_a_side_that_follows_is_checked_too():
    with pytest.raises(OptionError, match="16 to 16384"):
        SizeRequest(None, 16).resolve(100, 1000)
    with pytest.raises(OptionError, match="16 to 16384"):
        SizeRequest(None, 10_000).resolve(1920, 1080)


def test_limits():
    check_limits(16, MAXIMUM_SIDE)
    with pytest.raises(OptionError):
        check_limits(15, 100)
    with pytest.raises(OptionError):
        check_limits(100, MAXIMUM_SIDE + 1)


@given(st.integers(16, 4000), st.integers(16, 4000), st.integers(16, 2000))
def test_the_aspect_ratio_survives(width, height, wanted):
    try:
        new_width, new_height = SizeRequest(None, wanted).resolve(width, height)
    except OptionError:
        return
    assert new_height == wanted
    assert new_width % 2 == 0
    assert abs(new_width - wanted * width / height) <= 1
