from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from realtime.machine import memory, peak_memory

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="only Linux tells all of it"
)


def test_memory_is_what_is_held_now():
    before = memory()
    ballast = b"1" * 200_000_000
    assert memory() - before == pytest.approx(200, abs=20)
    del ballast
    assert memory() - before < 100
    assert peak_memory() >= memory()


def test_the_age_counts_from_the_start_of_the_process():
    begun = time.monotonic()
    code = "import time; time.sleep(0.3); from realtime.machine import process_age as age"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(age())"], capture_output=True, check=True
    )
    assert 0.28 < float(done.stdout) <= time.monotonic() - begun + 0.02
