"""What holds for the whole invocation, whichever command runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """Set by the options ``--verbose`` and ``--quiet`` while the arguments are parsed.

    Attributes:
        verbose: show log messages, and the causes of an error.
        quiet: show errors only.
    """

    verbose: bool = False
    quiet: bool = False
