"""A file that appears under its name only when it is complete."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import SinkError
from .leftovers import TemporaryPlace


class AtomicFile:
    """A hidden temporary file beside its target, renamed at the end.

    Args:
        path: the final name. A symbolic link is followed, so that the link survives.
        overwrite: whether an existing file may be replaced.
        inputs: files that are being read, which the target must not be.

    Attributes:
        temporary: where to write; an empty file until then.

    Raises:
        SinkError: the target exists, is an input or a folder, or cannot be created.
    """

    def __init__(self, path: Path, *, overwrite: bool = False, inputs: Iterable[Path] = ()) -> None:
        self.path = path
        self._overwrite = overwrite
        self._open = False
        try:
            self._target = path.resolve()
            self._check(inputs)
            # The suffix stays, for what recognises formats by it.
            self._place = TemporaryPlace(
                self._target.parent, lambda new: new.touch(exist_ok=False), path.suffix
            )
            self.temporary = self._place.path
        except (OSError, ValueError, RuntimeError) as error:
            raise SinkError(f"cannot write {path}: {reason(error)}") from error
        self._open = True

    def _check(self, inputs: Iterable[Path]) -> None:
        folder = self._target.parent
        if self._target.is_dir():
            raise SinkError(f"{self.path} is a folder; give the name of a file in it")
        if not folder.is_dir():
            raise SinkError(f"cannot write {self.path}: there is no folder {folder}; create it")
        if self._target.exists():
            for other in inputs:
                if other.exists() and self._target.samefile(other):
                    raise SinkError(f"the output {self.path} is the input; give it another name")
            if not self._overwrite:
                raise SinkError(f"{self.path} exists; give another name or --overwrite")
            if not os.access(self._target, os.W_OK):
                raise SinkError(f"cannot write {self.path}: the file is write-protected")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise SinkError(f"cannot write {self.path}: no permission for the folder {folder}")

    def commit(self) -> None:
        """Give the file its name.

        Raises:
            SinkError: it cannot be renamed; the temporary file is removed, or, if somebody else
                created the target meanwhile, kept under a name that the message tells.
        """
        if not self._open:
            return
        self._open = False
        try:
            self._take_name()
        finally:
            self._place.release()

    def _take_name(self) -> None:
        try:
            if self._overwrite:
                self.temporary.replace(self._target)
            else:
                self._rename_to_new()
        except FileExistsError as error:
            rescued = self._target.with_name(
                f"{self._target.stem}-{secrets.token_hex(3)}{self._target.suffix}"
            )
            self.temporary.replace(rescued)
            raise SinkError(
                f"{self.path} was created by something else meanwhile; the output is {rescued}"
            ) from error
        except OSError as error:
            self._remove()
            raise SinkError(f"cannot write {self.path}: {reason(error)}") from error

    def discard(self) -> None:
        """Remove the temporary file; harmless when repeated or after `commit`."""
        if self._open:
            self._open = False
            self._remove()
            self._place.release()

    def _rename_to_new(self) -> None:
        try:
            # A hard link, unlike a rename, never replaces what appeared in the meantime.
            os.link(self.temporary, self._target)
        except FileExistsError:
            raise
        except OSError:
            if self._target.exists():
                raise FileExistsError(errno.EEXIST, "exists") from None
            self.temporary.replace(self._target)
        else:
            self._remove()

    def _remove(self) -> None:
        with suppress(OSError):
            self.temporary.unlink(missing_ok=True)


def reason(error: BaseException) -> str:
    """Why the operating system refused, in a few words."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return "the disk is full; free some space or write elsewhere"
    if number == errno.EFBIG:
        return "the file became larger than the system allows; write elsewhere"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
