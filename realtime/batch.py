"""Plans what is read and what is written before anything is: inputs -> list of jobs."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import OptionError, SinkError, SourceError
from .sinks import IMAGE_SUFFIXES as WRITABLE_IMAGES
from .sources import IMAGE_SUFFIXES as READABLE_IMAGES
from .sources import is_live


@dataclass(frozen=True, slots=True)
class MediaKind:
    """What a folder is searched for, and which endings its outputs may have.

    Attributes:
        name: for messages.
        suffixes: endings, in lower case and with their dot, of the files that are taken.
        writable: endings that an output keeps.
        default: the ending of an output whose input has another one.
    """

    name: str
    suffixes: frozenset[str]
    writable: frozenset[str]
    default: str


_VIDEO_SUFFIXES = (
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
    ".ogv", ".ts", ".webm", ".wmv",
)  # fmt: skip

VIDEO = MediaKind(
    "video", frozenset(_VIDEO_SUFFIXES), frozenset({".m4v", ".mkv", ".mov", ".mp4"}), ".mp4"
)
IMAGE = MediaKind("image", READABLE_IMAGES, WRITABLE_IMAGES, ".png")


@dataclass(frozen=True, slots=True)
class Job:
    """One input and the file it becomes."""

    input: str
    output: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """All jobs of one command.

    Attributes:
        jobs: in the order of the inputs; folders and patterns are in alphabetical order.
        folder: where the outputs go if they are to be collected in a folder, else None.
        new_folder: that folder does not exist yet.
        done: how many other jobs were done by an earlier run.
    """

    jobs: tuple[Job, ...]
    folder: Path | None = None
    new_folder: bool = False
    done: int = 0


def plan_jobs(
    inputs: Sequence[str],
    output: str,
    kind: MediaKind,
    *,
    overwrite: bool = False,
    is_done: Callable[[Job], bool] | None = None,
) -> Plan:
    """Decide which files are read and which are written; nothing is touched.

    Args:
        inputs: files, folders (searched one level deep) and patterns such as ``clips/*.mp4``.
        output: a file for one input file; a folder for several, a folder or a pattern.
        kind: what to look for in folders.
        overwrite: existing outputs may be replaced.
        is_done: whether the output of a job, which exists, is complete and need not be made again;
            None makes all.

    Raises:
        SourceError: an empty name, or a folder or a pattern without any such file.
        OptionError: two inputs become the same output, or an output is one of the inputs.
        SinkError: an output exists, its name is empty, or its folder is missing or not writable.
    """
    if not output:
        raise SinkError("the output has an empty name; name a file or a folder")
    files: list[str] = []
    collect = len(inputs) > 1 or output.endswith(("/", "\\")) or Path(output).is_dir()
    for entry in inputs:
        found = _expand(entry, kind)
        collect = collect or found != [entry]
        files += found
    if collect:
        plan = _plan_folder(files, Path(output), kind)
    else:
        check_folder(Path(output).parent, output)
        plan = Plan((Job(files[0], Path(output)),))
    _check_inputs_survive(plan.jobs)
    _check_distinct(plan.jobs)
    if is_done is not None:
        left = tuple(job for job in plan.jobs if not (job.output.is_file() and is_done(job)))
        plan = replace(plan, jobs=left, done=len(plan.jobs) - len(left))
        _check_complete(left, overwrite=overwrite)
    for job in plan.jobs:
        check_absent(job.output, overwrite=overwrite)
    return plan


def _check_complete(jobs: Iterable[Job], *, overwrite: bool) -> None:
    for job in jobs:
        if job.output.is_file() and not overwrite:
            raise SinkError(
                f"output {job.output} ends earlier than {job.input}, or is something else; give"
                " --overwrite as well to paint it again"
            )


def check_absent(output: Path, *, overwrite: bool) -> None:
    """Raise if writing ``output`` would replace something.

    Raises:
        SinkError: it exists and may not be overwritten, or is no regular file.
    """
    if output.is_dir():
        raise SinkError(f"output {output} is a folder; name a file")
    if output.exists() and not output.is_file():
        raise SinkError(f"output {output} is no regular file; choose another name")
    if output.is_file() and not overwrite:
        raise SinkError(f"output {output} exists; choose another name or give --overwrite")


def check_folder(folder: Path, output: str) -> None:
    """Raise unless files can be made in ``folder``.

    Raises:
        SinkError: it does not exist, is no folder, or cannot be written to.
    """
    if not folder.exists():
        raise SinkError(f"cannot write {output}: there is no folder {folder}; create it first")
    if not folder.is_dir():
        raise SinkError(f"cannot write {output}: {folder} is a file, not a folder")
    try:
        # Permissions alone do not tell: file systems can be read-only, and root may do anything.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SinkError(
            f"cannot write {output}: the folder {folder} is not writable ({error.strerror})"
        ) from error


def _expand(entry: str, kind: MediaKind) -> list[str]:
    if not entry:
        # As a path this would be the current folder.
        raise SourceError("an input has an empty name; name a file, a folder or a pattern")
    if is_live(entry):
        return [entry]
    path = Path(entry)
    if path.is_dir():
        found = sorted(
            str(file)
            for file in path.iterdir()
            if file.suffix.lower() in kind.suffixes
            and not file.name.startswith(".")
            and file.is_file()
        )
        if not found:
            raise SourceError(f"folder {entry} has no {kind.name} files")
        return found
    if glob.has_magic(entry) and not path.exists():
        # Path.glob takes no absolute pattern.
        names = glob.glob(entry, recursive=True)  # noqa: PTH207
        found = sorted(name for name in names if Path(name).is_file())
        if not found:
            raise SourceError(f"no file matches {entry}")
        return found
    return [entry]


def _plan_folder(files: Iterable[str], folder: Path, kind: MediaKind) -> Plan:
    if folder.is_dir():
        check_folder(folder, str(folder))
    elif folder.exists():
        raise SinkError(f"output {folder} is a file, but several inputs need a folder")
    elif folder.suffix.lower() in kind.suffixes:
        raise SinkError(
            f"output {folder} looks like a file, but several inputs need a folder; name a folder"
        )
    else:
        check_folder(folder.parent, str(folder))
    jobs = tuple(Job(file, folder / _output_name(file, kind)) for file in files)
    return Plan(jobs, folder, new_folder=not folder.exists())


def _output_name(file: str, kind: MediaKind) -> str:
    path = Path(file)
    return path.name if path.suffix.lower() in kind.writable else path.stem + kind.default


def _check_inputs_survive(jobs: Sequence[Job]) -> None:
    inputs = {os.path.realpath(job.input) for job in jobs}
    identities = {_identity(Path(job.input)) for job in jobs} - {None}
    for job in jobs:
        if os.path.realpath(job.output) in inputs or _identity(job.output) in identities:
            raise OptionError(
                f"output {job.output} is also an input; choose another name or another folder"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of a file: equal for two names (links) of one file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _check_distinct(jobs: Sequence[Job]) -> None:
    makers: dict[str, str] = {}
    for job in jobs:
        # Some file systems do not tell "Clip.mp4" from "clip.mp4".
        name = job.output.name.lower()
        if name in makers:
            raise OptionError(
                f"{makers[name]} and {job.input} would both become {job.output}; rename one or run"
                " them one at a time"
            )
        makers[name] = job.input
