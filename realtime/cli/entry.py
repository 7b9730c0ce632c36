"""The entry point: runs a command and turns what it raises into one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from ..buffered import workers_left
from .clash import find_clash
from .exit_codes import ExitCode
from .failures import explain
from .group import PROGRAM, root
from .say import say
from .settings import Settings

COMPLETION_VARIABLE = "_STYLECAM_COMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments without the program's name; those of the process if None.

    Returns:
        The exit code, see ``exit_codes.py``. Never raises and never exits.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    settings = Settings()
    try:
        clash = find_clash()
        if clash:
            return _fail(clash)
        return _run(arguments, settings)
    except BrokenPipeError:
        _discard_output()
        return ExitCode.BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _report(error, settings)


def entry_point() -> NoReturn:
    """What the ``stylecam`` script calls."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # Outside of UTF-8 the name of a painting may hold what cannot be printed.
        sys.stdout.reconfigure(errors="replace")
    code = main()
    if workers_left():
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> NoReturn:
    """End the process around a thread that is stuck, in a network that does not answer perhaps."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _run(arguments: list[str], settings: Settings) -> int:
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with root.make_context(PROGRAM, arguments, obj=settings) as context:
            code = int(root.invoke(context) or ExitCode.OK)
    except click.exceptions.Exit as request:
        code = request.exit_code
    # A reader that has gone away must show here, not while the interpreter shuts down.
    if sys.stdout is not None:  # as it is for a process that was started without one
        sys.stdout.flush()
    return code


def _report(error: Exception, settings: Settings) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return ExitCode.FAILED
    line = explain(error)
    if line is None:
        traceback.print_exc()
        return ExitCode.BUG
    if settings.verbose:
        traceback.print_exception(error)
    return _fail(line)


def _fail(line: str) -> int:
    say(f"error: {line}")
    return ExitCode.FAILED


def _discard_output() -> None:
    # Python flushes stdout at exit and would complain about the closed pipe once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
