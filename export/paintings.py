"""Who painted a style, and what it is called."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from realtime.errors import OptionError
from realtime.model import StyleInfo

PUBLIC_DOMAIN = "public domain"
_PAINTINGS = Path(__file__).with_name("paintings.toml")


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
    beside = picture.with_suffix(".toml")
    if beside.is_file():
        try:
            entry = tomllib.loads(beside.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OptionError(f"{beside} is not valid TOML ({error})") from error
    else:
        entry = _paintings().get(name, {})
        if entry:
            entry = {"license": PUBLIC_DOMAIN, **entry}
    keys = ("title", "artist", "license", "source")
    known: dict[str, Any] = {key: str(entry[key]) for key in keys if key in entry}
    known.setdefault("title", name.replace("_", " ").replace("-", " ").capitalize())
    return StyleInfo(name, **known)


def _paintings() -> dict[str, dict[str, str]]:
    return tomllib.loads(_PAINTINGS.read_text(encoding="utf-8"))
