"""Times as the command line takes them."""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import OptionError

_TIME = re.compile(
    r"(?:(?:(?P<hours>[0-9]{1,4}):)?(?P<minutes>[0-9]{1,4}):)?(?P<seconds>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
)


def parse_time(text: str) -> Fraction:
    """Read ``83``, ``83.5``, ``1:23`` or ``0:01:23.5`` as exact seconds.

    Raises:
        OptionError: not a time, negative, or with more than 59 minutes or seconds after a colon.
    """
    match = _TIME.fullmatch(text.strip())
    # Very long digit strings would cost quadratic time to convert.
    if match is None or len(text) > 40:
        raise _not_a_time(text)
    hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
    seconds = Fraction(match["seconds"])
    if (match["minutes"] and seconds >= 60) or (match["hours"] and minutes >= 60):
        raise _not_a_time(text)
    return 3600 * hours + 60 * minutes + seconds


def parse_range(start: str | None, end: str | None) -> tuple[Fraction | None, Fraction | None]:
    """Read ``--start`` and ``--end``.

    Raises:
        OptionError: one is no time, or the end does not come after the start.
    """
    first = None if start is None else parse_time(start)
    last = None if end is None else parse_time(end)
    if last is not None and last <= (first or 0):
        raise OptionError(f"--end {end} does not come after --start {start or 0}")
    return first, last


def _not_a_time(text: str) -> OptionError:
    return OptionError(
        f"time {text[:40]!r} is not understood; write seconds (83.5) or hh:mm:ss (0:01:23.5)"
    )
