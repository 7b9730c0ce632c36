"""The report of ``stylecam live``."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..batch import check_absent, check_folder
from ..errors import OptionError
from ..machine import library_versions, peak_memory, process_age
from .live_options import LiveOptions
from .live_setup import Opened
from .painting import running_device
from .report import Report

if TYPE_CHECKING:
    from ..live.measuring import Latencies, Meter
    from ..live.session import Session
    from ..live.sizing import WorkingSize


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
    """Describe a session that has ended, or that the user left before its first picture."""
    session = opened.session
    return {
        "source": opened.source,
        **(_NOTHING if session is None else _what_happened(session, opened.sizing)),
        "window": given.window,
        "device": running_device(opened.stylizer),
        "provider": opened.stylizer.provider,
        "model": str(opened.stylizer.path),
        "style": opened.controls.title,
        "strength": opened.controls.strength,
        "temporal": opened.controls.temporal_now,
        "versions": library_versions(),
    }


_NOTHING: Report = {
    "frames": 0,
    "fps": 0.0,
    "dropped": 0,
    "latency_ms": {"p50": None, "p95": None},
    "answer_ms": {"p50": None, "p95": None},
    "start_ms": None,
    "seconds": 0.0,
    "memory_mb": {"after_a_minute": None, "highest_later": None, "peak": None},
    "size": None,
    "working_size": None,
    "saved": [],
    "outputs": [],
    "failures": [],
    "warnings": [],
}
"""What happened where nothing did; the same keys as otherwise."""


def _what_happened(session: Session, sizing: WorkingSize) -> Report:
    meter = session.meter
    width, height = session.size
    return {
        "frames": meter.frames,
        "fps": round(meter.fps, 3),
        "dropped": session.dropped,
        "latency_ms": _percentiles(meter.latencies),
        "answer_ms": _percentiles(meter.answers),
        "start_ms": _start_ms(meter),
        "seconds": round(meter.last - meter.first, 3),
        "memory_mb": {
            "after_a_minute": _rounded(meter.memory.after_a_minute),
            "highest_later": _rounded(meter.memory.highest_later),
            "peak": _rounded(peak_memory()),
        },
        "size": [width, height],
        "working_size": list(sizing.size_for(width, height)),
        "saved": [str(path) for path in session.saved],
        "outputs": [asdict(result) for result in session.results],
        "failures": [f"{name}: {error}" for name, error in session.failures],
        "warnings": list(session.warnings),
    }


def _percentiles(latencies: Latencies) -> dict[str, float | None]:
    return {"p50": latencies.percentile(50), "p95": latencies.percentile(95)}


def _start_ms(meter: Meter) -> float | None:
    """From the start of the process to the first picture shown."""
    age = process_age()
    if age is None or not meter.frames:
        return None
    return round(1000 * (age - (time.monotonic() - meter.first)))


def _rounded(megabytes: float | None) -> float | None:
    return None if megabytes is None else round(megabytes, 1)
