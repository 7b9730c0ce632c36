"""The report of ``stylecam live``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from ..batch import check_absent, check_folder
from ..errors import OptionError
from ..machine import library_versions
from .live_options import LiveOptions
from .live_setup import Opened
from .painting import running_device
from .report import Report


def check_live_report(path: Path, source: str, given: LiveOptions) -> None:
    """Raise unless the report can be written without harm.

    Raises:
        SinkError: it exists, or its folder is missing or not writable.
        OptionError: it is the source, the recording or the model.
    """
    others = (source, given.record, given.model)
    if os.path.realpath(path) in {os.path.realpath(other) for other in others if other}:
        raise OptionError(
            f"report {path} is also the source, the recording or the model; choose another name"
        )
    check_folder(path.parent, str(path))
    check_absent(path, overwrite=given.overwrite)


def make_live_report(opened: Opened, given: LiveOptions) -> Report:
    """Describe a session that has ended."""
    session, meter = opened.session, opened.session.meter
    width, height = session.size
    return {
        "source": opened.source,
        "frames": meter.frames,
        "fps": round(meter.fps, 3),
        "dropped": session.dropped,
        "latency_ms": {
            "p50": meter.latencies.percentile(50),
            "p95": meter.latencies.percentile(95),
        },
        "seconds": round(meter.last - meter.first, 3),
        "size": [width, height],
        "working_size": list(opened.sizing.size_for(width, height)),
        "window": given.window,
        "saved": [str(path) for path in session.saved],
        "outputs": [asdict(result) for result in session.results],
        "failures": [f"{name}: {error}" for name, error in session.failures],
        "warnings": list(session.warnings),
        "device": running_device(opened.stylizer),
        "provider": opened.stylizer.provider,
        "model": str(opened.stylizer.path),
        "style": opened.controls.title,
        "strength": opened.controls.strength,
        "temporal": opened.controls.temporal_now,
        "versions": library_versions(),
    }
