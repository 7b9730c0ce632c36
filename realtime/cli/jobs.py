"""Runs the jobs of a plan one after another, and sums up how they went."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..batch import Job, Plan
from .exit_codes import ExitCode
from .failures import explain, one_line
from .interrupt import StopOnSignal
from .progress import Reporter

if TYPE_CHECKING:
    from ..metrics import RunStats


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one job went.

    Attributes:
        job: what was to be done.
        stats: None if it failed.
        size: (width, height) of the output in pixels; None if it failed.
        warnings: what the user should know.
        damaged: frames were lost because the input is damaged.
        error: why it failed; None if it did not.
        is_bug: the failure is nothing that the user could mend.
    """

    job: Job
    stats: RunStats | None = None
    size: tuple[int, int] | None = None
    warnings: Sequence[str] = ()
    damaged: bool = False
    error: str | None = None
    is_bug: bool = False


DISCARDED = "interrupted; the unfinished output was removed"

Convert = Callable[[Job, StopOnSignal, Reporter], Outcome]


def run_jobs(plan: Plan, convert: Convert, reporter: Reporter) -> tuple[list[Outcome], int]:
    """Do every job of a plan; one that fails does not stop the others.

    Args:
        plan: what to do.
        convert: does one job.
        reporter: already entered.

    Returns:
        The outcomes of the jobs that were begun, and the exit code.

    Raises:
        StylecamError: the only job failed.
    """
    outcomes: list[Outcome] = []
    discarded = False
    alone = len(plan.jobs) + plan.done == 1

    def announce() -> None:
        reporter.say("stopping: the file is being finished; press Ctrl-C again to discard it")

    with ExitStack() as stack:
        stop = stack.enter_context(StopOnSignal(announce))
        if plan.folder is not None and plan.new_folder:
            plan.folder.mkdir(exist_ok=True)
            stack.callback(_remove_if_empty, plan)
        for job in plan.jobs:
            if stop():
                break
            try:
                outcomes.append(_run_one(job, convert, stop, reporter, alone=alone))
            except KeyboardInterrupt:
                reporter.say(DISCARDED)
                outcomes.append(Outcome(job, error=DISCARDED))
                discarded = True
                break
    _say_warnings(outcomes, reporter)
    if len(plan.jobs) > 1 or plan.done:
        _say_summary(plan, outcomes, reporter)
    if discarded or stop():
        return outcomes, stop.exit_code
    return outcomes, _exit_code(outcomes)


def _run_one(
    job: Job, convert: Convert, stop: StopOnSignal, reporter: Reporter, *, alone: bool
) -> Outcome:
    try:
        return convert(job, stop, reporter)
    except Exception as error:
        if alone:
            raise
        line = explain(error)
        is_bug = line is None
        if line is None:
            line = one_line(f"{type(error).__name__}: {error}")
            # The other files shall not have to wait until it is mended.
            reporter.finish()
            traceback.print_exception(error)
        else:
            logger.info("%s failed", job.input, exc_info=error)
        where = "" if job.input in line else f"{job.input}: "
        reporter.say(f"error: {where}{line}")
        return Outcome(job, error=line, is_bug=is_bug)
    finally:
        reporter.finish()


def _say_warnings(outcomes: Sequence[Outcome], reporter: Reporter) -> None:
    for outcome in outcomes:
        # What explains an exit code other than 0 is said even when quiet.
        tell = reporter.say if outcome.damaged else reporter.note
        for warning in outcome.warnings:
            tell(f"warning: {warning}")


def _say_summary(plan: Plan, outcomes: Sequence[Outcome], reporter: Reporter) -> None:
    planned = len(plan.jobs)
    failed = sum(outcome.error is not None for outcome in outcomes)
    damaged = sum(outcome.damaged for outcome in outcomes)
    parts = [f"{len(outcomes) - failed} of {planned} files done"] if planned else []
    if damaged:
        parts.append(f"{damaged} of them damaged")
    if failed:
        parts.append(f"{failed} failed")
    if len(outcomes) < planned:
        parts.append(f"{planned - len(outcomes)} not started")
    if plan.done:
        parts.append(f"{plan.done} done before")
    reporter.note(", ".join(parts))


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    if any(outcome.is_bug for outcome in outcomes):
        return ExitCode.BUG
    if any(outcome.error is not None for outcome in outcomes):
        return ExitCode.FAILED
    if any(outcome.damaged for outcome in outcomes):
        return ExitCode.DAMAGED
    return ExitCode.OK


def _remove_if_empty(plan: Plan) -> None:
    assert plan.folder is not None
    if plan.folder.is_dir() and not any(plan.folder.iterdir()):
        plan.folder.rmdir()
