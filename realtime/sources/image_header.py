"""The size of a picture from the first bytes of its file, before anything is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that begin with the size."""
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_KINDS = {3: "H", 4: "I", 16: "Q"}
"""Numbers of 16, 32 and 64 bits."""
_MOST_ENTRIES = 4096
"""Of a TIFF's directory; usual are some twenty."""
_OS2_HEADER = struct.pack("<I", 12)
_JPEG2000_CODE = b"\xff\x4f\xff\x51"
"""How the code of a picture begins: with its size."""


def picture_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels that an image file promises; None where that is not clear.

    Args:
        data: the whole file.
    """
    try:
        return _read(data)
    except (struct.error, IndexError, KeyError, ValueError):
        return None


def _read(data: bytes) -> tuple[int, int] | None:
    for beginning, read in _READERS.items():
        if data.startswith(beginning):
            return read(data)
    return _pnm(data) if re.match(rb"P[1-6]\s", data) else _boxes(data)


def _unpack(layout: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, data, offset)
    return first, second


def _png(data: bytes) -> tuple[int, int]:
    return _unpack(">II", data, 16)


def _bmp(data: bytes) -> tuple[int, int]:
    if data[14:18] == _OS2_HEADER:
        return _unpack("<HH", data, 18)
    width, height = _unpack("<ii", data, 18)
    return abs(width), abs(height)


def _pnm(data: bytes) -> tuple[int, int]:
    numbers = re.findall(rb"[0-9]+", re.sub(rb"#[^\r\n]*", b"", data[2:1000]))
    return int(numbers[0]), int(numbers[1])


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            height, width = _unpack(">HH", data, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16] if data[8:12] == b"WEBP" else b""
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little")
        return width + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind != b"VP8 ":
        return None
    width, height = _unpack("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _tiff(data: bytes) -> tuple[int, int] | None:
    order = "<" if data.startswith(b"I") else ">"
    is_big = 43 in data[2:4]
    # Where the directory lies, how many entries it has, and how long an entry is.
    place, number, length, value = ("QQ", 8, 20, 12) if is_big else ("IH", 2, 12, 8)
    (at,) = struct.unpack_from(order + place[0], data, 8 if is_big else 4)
    (count,) = struct.unpack_from(order + place[1], data, at)
    if count > _MOST_ENTRIES:
        return None
    found: dict[int, int] = {}
    for entry in range(at + number, at + number + length * count, length):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT):
            layout = _TIFF_KINDS[kind]
            (side,) = struct.unpack_from(order + layout, data, entry + value)
            # One that comes twice must not hide behind a smaller one.
            found[tag] = max(side, found.get(tag, 0))
    return (found[_TIFF_WIDTH], found[_TIFF_HEIGHT]) if len(found) == 2 else None


def _boxes(data: bytes) -> tuple[int, int] | None:
    """AVIF and JPEG 2000: the largest of the sizes in their boxes and in the code itself."""
    sizes = [
        _unpack(">II", data, match.end() + 4)
        for name in (b"ispe", _JPEG2000_CODE)
        for match in re.finditer(re.escape(name), data[:100_000])
    ]
    for match in re.finditer(b"ihdr", data[:100_000]):
        height, width = _unpack(">II", data, match.end())
        sizes.append((width, height))
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


_READERS: dict[bytes, Callable[[bytes], tuple[int, int] | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8": _jpeg,
    b"BM": _bmp,
    b"RIFF": _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
}
"""By how a file begins."""
