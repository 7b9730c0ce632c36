"""Small helpers for messages of one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_LONGEST = 200
_ORT_PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'this'?"`` for the known word nearest to ``word``, or nothing."""
    nearest = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


def one_line(error: BaseException) -> str:
    """The text of a library's error on one line, without its prefix, cut where it rambles."""
    text = _ORT_PREFIX.sub("", " ".join(str(error).split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
