"""Spoils files in the ways that find mistakes: bits, lengths, holes, repeats, cuts."""

from __future__ import annotations

import random
from collections.abc import Callable

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A copy with one to eight changes."""
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_MUTATIONS)(spoiled, chance)
    return bytes(spoiled)


def _place(data: bytearray, chance: random.Random) -> int:
    """A position; half of them near the ends, where headers and indices stand."""
    near = min(len(data), 600)
    if not data:
        return 0
    return chance.choice(
        (
            chance.randrange(near),
            len(data) - 1 - chance.randrange(near),
            *(2 * [chance.randrange(len(data))]),
        )
    )


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 4)):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _noise(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((1, 4, 16, 200))
    data[at : at + length] = chance.randbytes(len(data[at : at + length]))


def _extreme(data: bytearray, chance: random.Random) -> None:
    at, size = _place(data, chance), chance.choice((1, 2, 4))
    value = chance.choice(_EXTREMES) & (256**size - 1)
    data[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))


def _hole(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 50, 1000))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((1, 4, 50, 1000))
    data[at:at] = data[at : at + length]


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _swap(data: bytearray, chance: random.Random) -> None:
    a, b, length = _place(data, chance), _place(data, chance), chance.choice((4, 30, 300))
    a, b = sorted((a, b))
    if a + length <= b <= len(data) - length:
        data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]


_MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _noise, _extreme, _extreme, _hole, _repeat, _cut, _swap,
)  # fmt: skip
