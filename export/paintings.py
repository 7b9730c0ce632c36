"""What is known of a painting: who painted it, what it is called, and how it is best learned."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.errors import OptionError
from realtime.frame import Image
from realtime.model import StyleInfo

from .dataset import read_picture, resize_short_side

PUBLIC_DOMAIN = "public domain"
HINT_BOUNDS = (0.1, 10.0)
"""Smallest and largest scale and weight of a painting."""
SMALLEST_SIDE = 16
"""Pixels: loss networks look at no smaller picture."""
_PAINTINGS = Path(__file__).with_name("paintings.toml")


@dataclass(frozen=True)
class LearningHints:
    """How a painting is best learned, where that differs from other paintings.

    Attributes:
        scale: what the size of the painting (``--style-size``) is multiplied with: below 1 its
            shapes become finer.
        weight: what its style loss is multiplied with: above 1 it is painted more boldly.
    """

    scale: float = 1.0
    weight: float = 1.0


def describe_style(picture: Path) -> StyleInfo:
    """The style that is named after ``picture``.

    Its title, artist, license and source are read from ``NAME.toml`` beside the picture, or from
    the project's list of paintings; else the name must do.

    Raises:
        OptionError: the name has characters that a style name cannot have, or the file beside the
            picture is damaged.
    """
    name = picture.stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise OptionError(
            f"a style is named after its file, so '{picture.name}' must consist of letters,"
            " digits, '_', '-' and '.'; rename it"
        )
    entry = _entry(picture)
    keys = ("title", "artist", "license", "source")
    known: dict[str, Any] = {key: str(entry[key]) for key in keys if key in entry}
    known.setdefault("title", name.replace("_", " ").replace("-", " ").capitalize())
    return StyleInfo(name, **known)


def learning_hints(picture: Path) -> LearningHints:
    """``scale`` and ``weight`` of a painting, from where `describe_style` finds its title.

    A file beside the picture stands for all of the project's entry: what it leaves out is 1.

    Raises:
        OptionError: the file beside the picture is damaged, or one of them is not a number from
            0.1 to 10.
    """
    entry = _entry(picture)
    hints: dict[str, float] = {}
    for key in ("scale", "weight"):
        value = entry.get(key, 1.0)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not HINT_BOUNDS[0] <= value <= HINT_BOUNDS[1]:
            raise OptionError(
                f"'{key}' of {picture.name} in {picture.with_suffix('.toml').name} must be a number"
                f" from {HINT_BOUNDS[0]:g} to {HINT_BOUNDS[1]:g}, not {value!r}"
            )
        hints[key] = float(value)
    return LearningHints(**hints)


def read_painting(picture: Path, size: int) -> Image:
    """A painting at the size at which it is learned and judged.

    Args:
        picture: its file.
        size: shorter side in pixels, before the painting's own `LearningHints.scale`.

    Raises:
        OptionError: see `learning_hints`; or fewer than `SMALLEST_SIDE` pixels would be left.
        SourceError: it cannot be read.
    """
    scale = learning_hints(picture).scale
    side = round(size * scale)
    if side < SMALLEST_SIDE:
        raise OptionError(
            f"{picture.name} of {size} pixels at its scale of {scale:g} is {side} pixels small; it"
            f" needs at least {SMALLEST_SIDE}: give a larger --style-size, or a larger scale in"
            f" {picture.with_suffix('.toml').name}"
        )
    return resize_short_side(read_picture(picture), side)


def _entry(picture: Path) -> dict[str, Any]:
    """What ``NAME.toml`` beside the picture says, or the project's list."""
    beside = picture.with_suffix(".toml")
    if beside.is_file():
        try:
            return tomllib.loads(beside.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OptionError(f"{beside} is not valid TOML ({error})") from error
    entry = _paintings().get(picture.stem, {})
    return {"license": PUBLIC_DOMAIN, **entry} if entry else {}


def _paintings() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_PAINTINGS.read_text(encoding="utf-8"))
