"""Fixtures for every test, and two rules that hold for all of them."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
from contextlib import ExitStack

import numpy as np
import pytest
import tiny_model
from hypothesis import HealthCheck, settings

# A busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def _signals_arrive():
    """Also where the tests run in the background, for which shells have Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def model_path(tmp_path_factory):
    """A small model with the styles ``negative`` and ``swapped``, and an identity."""
    return tiny_model.save(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture
def picture():
    """A random picture of odd size."""
    return np.random.default_rng(1).integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.fixture
def launch():
    """Starts programs, none of which outlives the test, however that ends."""
    with ExitStack() as programs:

        def start(command, *, stderr=subprocess.PIPE, **options):
            process = subprocess.Popen(command, stderr=stderr, text=True, **options)
            programs.enter_context(process)
            programs.callback(process.kill)
            return process

        yield start


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = set(threading.enumerate())
    yield
    ours = {"read-ahead", "write-behind", "camera", "painter", "output", "serve"}
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.name in ours]
    assert not left


@pytest.fixture(autouse=True)
def _no_error_is_logged(caplog):
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors
