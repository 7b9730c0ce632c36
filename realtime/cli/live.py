"""``stylecam live``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .exit_codes import ExitCode
from .live_options import LiveOptions, live_options

if TYPE_CHECKING:
    from ..live.session import Session
    from .interrupt import StopOnSignal
    from .progress import Reporter


@click.command(short_help="Paint a camera while you watch.")
@click.argument("source", metavar="[SOURCE]", default="0")
@live_options
@options.verbosity
@click.pass_context
def live(context: click.Context, *, source: str, given: LiveOptions) -> int:
    """Paint a camera, a stream or a file while you watch.

    SOURCE is a camera's number (0 if not given; 'stylecam cameras' lists them), a video file, which
    plays at its own speed, an address (http, rtsp, rtmp, udp), or 'synthetic', a moving test
    picture. In the window, h shows the keys.
    """
    from ..sinks.window_libraries import load_first

    if given.window:
        load_first()
    from .interrupt import StopOnSignal
    from .live_report import check_live_report, make_live_report
    from .live_setup import check_options, open_session
    from .progress import Reporter
    from .report import write_report

    check_options(given)
    report = None if given.report is None else Path(given.report)
    if report is not None:
        check_live_report(report, source, given)
    with ExitStack() as stack:
        reporter = stack.enter_context(Reporter(context.obj))
        stop = stack.enter_context(StopOnSignal(lambda: reporter.say("stopping")))
        opened = open_session(source, given, reporter, stack, stop)
        try:
            if opened.session is not None:
                opened.session.run(stop)
        finally:
            if opened.session is not None:
                _tell(opened.session, reporter)
            if report is not None:
                write_report(make_live_report(opened, given), report)
        return _exit_code(opened.session, stop)


def _tell(session: Session, reporter: Reporter) -> None:
    for warning in session.warnings:
        reporter.note(f"warning: {warning}")
    for path in session.saved:
        reporter.note(f"saved {path}")
    for name, error in session.failures:
        reporter.say(f"error: {name}: {error}")
    for result in session.results:
        reporter.note(str(result))
    meter = session.meter
    if meter.frames:
        p95 = meter.latencies.percentile(95)
        reporter.note(
            f"{meter.frames} frames at {meter.fps:.1f} fps, {session.dropped} dropped,"
            f" 95% within {p95:.0f} ms"
        )


def _exit_code(session: Session | None, stop: StopOnSignal) -> int:
    if session is not None and session.failures:
        return ExitCode.FAILED
    if stop():
        return stop.exit_code
    return ExitCode.DAMAGED if session is not None and session.damaged else ExitCode.OK
