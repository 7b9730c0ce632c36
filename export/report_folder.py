"""The folder of a report: checked before the work, whole or not at all after it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.errors import SinkError


def check_folder(folder: Path, report: str, *, overwrite: bool) -> None:
    """Refuse a folder for the report that cannot be used, before any work is done.

    Args:
        folder: of the report.
        report: the file that every report of this kind has.
        overwrite: an earlier report may be replaced.

    Raises:
        SinkError: it is a file, it holds something, or it cannot be made.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise SinkError(f"{folder} is a file; give a folder for the report")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise SinkError(f"{folder} is not empty; use --overwrite to replace its report")
        if not (folder / report).is_file():
            raise SinkError(f"{folder} holds something else than a report; give another folder")
    if not folder.parent.is_dir():
        raise SinkError(f"folder {folder.parent} does not exist; create it first")
    if not os.access(folder.parent, os.W_OK):
        raise SinkError(f"{folder} cannot be written: permission denied in {folder.parent}")


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder``, which takes its place when all went well.

    Raises:
        SinkError: a file cannot be written; ``folder`` is as it was.
    """
    folder = folder.absolute()
    temporary, old = (folder.with_name(f".{folder.name}.{end}") for end in ("part", "old"))
    try:
        with _errors(folder):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
        yield temporary
        with _errors(folder):
            if folder.exists():
                folder.rename(old)
            temporary.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for rest in (temporary, old):
            shutil.rmtree(rest, ignore_errors=True)


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(f"{folder} cannot be written: {error.strerror}") from error
