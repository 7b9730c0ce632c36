"""Turns an exception of the user's making into one line."""

from __future__ import annotations

import errno

import click

from ..errors import StylecamError
from ..messages import install_extra

EXTRAS = {
    "jinja2": "train",
    "torch": "train",
    "onnx": "train",
    "onnxscript": "train",
    "torchvision": "torchvision",
}
"""Which extra of the distribution installs a package that may be missing."""

_OPENCV_NO_MEMORY = -4
"""OpenCV's Error::StsNoMem."""
_FILE_ERRORS = {
    getattr(errno, "EDQUOT", errno.ENOSPC): "the disk quota is used up",  # Windows has none
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "the file would grow beyond the size allowed here",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENAMETOOLONG: "a file name is too long",
}


def explain(error: Exception) -> str | None:
    """One line that says what is wrong and what to do, or None if the error is a bug."""
    if isinstance(error, StylecamError):
        return one_line(str(error))
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing_extra(error)
    if isinstance(error, MemoryError) or _is_opencv_out_of_memory(error):
        return "there is not enough memory; choose a smaller --size"
    if isinstance(error, OSError) and error.errno in _FILE_ERRORS:
        where = f" ({error.filename})" if error.filename else ""
        return _FILE_ERRORS[error.errno] + where
    return None


def _is_opencv_out_of_memory(error: Exception) -> bool:
    # By name, since only commands that work with pictures load OpenCV.
    return type(error).__module__ == "cv2" and getattr(error, "code", None) == _OPENCV_NO_MEMORY


def one_line(text: str) -> str:
    """``text`` with its line breaks and control characters made harmless."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _usage(error: click.ClickException) -> str:
    line = one_line(error.format_message()).rstrip(".")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        separator = " " if line.endswith("?") else "; "
        line += f"{separator}see '{error.ctx.command_path} --help'"
    return line


def _missing_extra(error: ModuleNotFoundError) -> str | None:
    package = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(package)
    if extra is None:
        return None
    return f"this command needs {package}; install it with: {install_extra(extra)}"
