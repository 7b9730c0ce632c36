"""The file that ``--report`` writes: what really ran, for programs to read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..batch import Plan, check_absent, check_folder
from ..errors import OptionError, SinkError
from ..machine import library_versions
from ..sinks.atomic import AtomicFile, reason
from .jobs import Outcome
from .painting import PaintOptions, running_device

if TYPE_CHECKING:
    from ..engine import OnnxStylizer

Report = dict[str, Any]


def check_report(path: Path, plan: Plan, model: str | None, *, overwrite: bool) -> None:
    """Raise unless the report can be written without harm.

    Raises:
        SinkError: it exists, or its folder is missing or not writable.
        OptionError: it is one of the inputs or outputs, or the model.
    """
    taken = {os.path.realpath(job.input) for job in plan.jobs}
    taken |= {os.path.realpath(job.output) for job in plan.jobs}
    if os.path.realpath(path) in taken:
        raise OptionError(f"report {path} is also an input or an output; choose another name")
    if model is not None and os.path.realpath(path) == os.path.realpath(model):
        raise OptionError(f"report {path} is also the model; choose another name")
    check_folder(path.parent, str(path))
    check_absent(path, overwrite=overwrite)


def make_report(
    outcomes: Sequence[Outcome], stylizer: OnnxStylizer, paint: PaintOptions, *, single: bool
) -> Report:
    """Describe a run.

    Args:
        outcomes: of the jobs that were begun.
        stylizer: what they ran on.
        paint: how they were painted.
        single: there was one job: its values stand at the top. Otherwise ``files`` lists each, and
            the top has the totals: the sum of the frames, and means over all frames.
    """
    files = [_file(outcome) for outcome in outcomes]
    report = files[0] if single else {**_totals(outcomes), "files": files}
    return report | {
        "device": running_device(stylizer),
        "provider": stylizer.provider,
        "model": str(stylizer.path),
        "style": paint.style_name(stylizer),
        "strength": paint.strength,
        "versions": library_versions(),
    }


def write_report(report: Report, path: Path) -> None:
    """Write the report under a temporary name and rename it.

    Raises:
        SinkError: it cannot be written.
    """
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    # A file name that is no UTF-8 becomes an escape, which JSON reads back as the same name.
    write_bytes(text.encode(errors="backslashreplace"), path)


def write_bytes(data: bytes, path: Path) -> None:
    """Write a file under a temporary name and rename it; an existing one is replaced.

    Raises:
        SinkError: it cannot be written.
    """
    file = AtomicFile(path, overwrite=True)
    try:
        file.temporary.write_bytes(data)
        file.commit()
    except OSError as error:
        raise SinkError(f"cannot write {path}: {reason(error)}") from error
    finally:
        file.discard()


def _file(outcome: Outcome) -> Report:
    report: Report = {"input": outcome.job.input, "output": str(outcome.job.output)}
    if outcome.stats is None or outcome.size is None:
        return report | {"error": outcome.error}
    return report | {
        "frames": outcome.stats.frames,
        "fps": round(outcome.stats.fps, 3),
        "seconds": round(outcome.stats.seconds, 3),
        "stages_ms": {stage: round(ms, 3) for stage, ms in outcome.stats.stages_ms.items()},
        "size": list(outcome.size),
        "interrupted": outcome.stats.interrupted,
        "damaged": outcome.damaged,
        "warnings": list(outcome.warnings),
    }


def _totals(outcomes: Sequence[Outcome]) -> Report:
    done = [outcome.stats for outcome in outcomes if outcome.stats is not None]
    frames = sum(stats.frames for stats in done)
    seconds = sum(stats.seconds for stats in done)
    stages = dict.fromkeys(stage for stats in done for stage in stats.stages_ms)
    return {
        "frames": frames,
        "fps": round(frames / seconds, 3) if seconds else 0.0,
        "seconds": round(seconds, 3),
        "stages_ms": {
            stage: round(
                sum(stats.stages_ms.get(stage, 0.0) * stats.frames for stats in done) / frames, 3
            )
            for stage in stages
        },
    }
