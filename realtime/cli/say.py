"""Lines on the standard error."""

from __future__ import annotations

from contextlib import suppress

import click

from .group import PROGRAM


def say(line: str) -> None:
    """Print a line on the standard error, or nothing where nobody reads it any more.

    A terminal that was closed, a full disk, or ``tee`` that Ctrl-C ended first, must not cost the
    file that is being written.
    """
    # RuntimeError: a signal came while a line was being printed, and its handler prints another.
    with suppress(OSError, RuntimeError):
        click.echo(f"{PROGRAM}: {line}", err=True)
