"""The size a user asks for, and what it means for a given picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from .errors import OptionError, SourceError
from .model import MINIMUM_SIDE

MAXIMUM_SIDE = 16384
"""Largest height and width that is accepted, in pixels: the limit of common encoders."""

MAXIMUM_PIXELS = 150_000_000
"""Most pixels of an input's picture that are decoded without being allowed to: half a gigabyte. A
small damaged or malicious file can promise billions."""

_SIZE = re.compile(r"(?:(?P<width>[0-9]+)x)?(?P<height>[0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SizeRequest:
    """Width and height in pixels; the one that is None follows from the aspect ratio.

    With neither, pictures keep their size.
    """

    width: int | None = None
    height: int | None = None

    def resolve(self, width: int, height: int) -> tuple[int, int]:
        """The (width, height) that a picture of ``width`` x ``height`` pixels is brought to.

        A side that follows from the other is rounded to an even number: the usual video formats
        store colour for blocks of 2 x 2 pixels.

        Raises:
            OptionError: a resulting side is too small or too large.
        """
        if self.width is None and self.height is None:
            size = (width, height)
        elif self.height is None:
            assert self.width is not None
            size = (self.width, _even(Fraction(self.width * height, width)))
        elif self.width is None:
            size = (_even(Fraction(self.height * width, height)), self.height)
        else:
            size = (self.width, self.height)
        check_limits(*size)
        return size


def parse_size(text: str) -> SizeRequest | None:
    """Read ``720`` (a height), ``1280x720``, or ``source`` (None: as it comes).

    Raises:
        OptionError: zero, negative, absurdly large or small, or no size at all.
    """
    text = text.strip()
    if text.lower() == "source":
        return None
    match = _SIZE.fullmatch(text)
    # More digits than the limit has are absurd, and long ones cost quadratic time to convert.
    if match is None or len(text) > 20:
        raise OptionError(
            f"size {text[:40]!r} is not understood; write a height (720), a width and a height"
            " (1280x720), or 'source'"
        )
    width, height = match["width"], match["height"]
    request = SizeRequest(None if width is None else int(width), int(height))
    for side in (request.width, request.height):
        if side is not None:
            _check_side(side, text)
    return request


def check_limits(width: int, height: int) -> None:
    """Raise unless pictures of ``width`` x ``height`` pixels can be processed.

    Raises:
        OptionError: a side is below 16 or above 16384 pixels.
    """
    for side in (width, height):
        _check_side(side, f"{width}x{height}")


def check_pixels(width: int, height: int, most: int, where: object) -> None:
    """Raise if an input's pictures are larger than what may be decoded.

    Args:
        width: in pixels.
        height: in pixels.
        most: pixels that a picture may have.
        where: the input, for the message.

    Raises:
        SourceError: they are.
    """
    if width * height > most:
        raise SourceError(
            f"{where} has pictures of {width}x{height} pixels, more than the {most} that are"
            " decoded; if you trust it, raise the limit with --max-pixels"
        )


def _check_side(side: int, size: str) -> None:
    if not MINIMUM_SIDE <= side <= MAXIMUM_SIDE:
        raise OptionError(
            f"size {size} is out of range; each side must have {MINIMUM_SIDE} to {MAXIMUM_SIDE}"
            " pixels"
        )


def _even(value: Fraction) -> int:
    return max(2, 2 * round(value / 2))
