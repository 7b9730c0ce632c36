"""Small helpers for messages of one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

_LONGEST = 200
_ORT_PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'this'?"`` for the known word nearest to ``word``, or nothing."""
    nearest = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


def install_extra(extra: str, checkout: Path | None = None) -> str:
    """The command that installs what an extra of stylecam needs: it is on no package index.

    Args:
        extra: its name in ``pyproject.toml``.
        checkout: where a clone of the repository would be; None for where this file lies.
    """
    root = Path(__file__).absolute().parents[1] if checkout is None else checkout
    if (root / "pyproject.toml").is_file():
        return f"pip install '{root}[{extra}]'"
    try:
        needed = requires("stylecam") or []
    except PackageNotFoundError:
        needed = []
    marker = re.compile(rf"""extra\s*==\s*["']{re.escape(extra)}["']""")
    packages = [line.partition(";")[0].strip() for line in needed if marker.search(line)]
    if not packages:
        return f"pip install '.[{extra}]' in a clone of stylecam's repository"
    return "pip install " + " ".join(f"'{package}'" for package in packages)


def one_line(error: BaseException) -> str:
    """The text of a library's error on one line, without its prefix, cut where it rambles."""
    text = _ORT_PREFIX.sub("", " ".join(str(error).split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
