from __future__ import annotations

import os
import sys

import pytest

from realtime import cores
from realtime.cores import available_cores


def test_there_is_at_least_one_and_no_more_than_the_machine_has():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs CPU affinity")
def test_a_process_bound_to_one_processor_has_one_core():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's files")
@pytest.mark.parametrize(
    ("siblings", "cores_found"),
    [
        (["0", "1", "2", "3"], 4),
        (["0,2", "1,3", "0,2", "1,3"], 2),
        (["0-3", "0-3", "0-3", "0-3"], 1),
        ([None, None, None, None], 4),
    ],
)
def test_hardware_threads_of_one_core_count_once(tmp_path, monkeypatch, siblings, cores_found):
    for cpu, text in enumerate(siblings):
        if text is not None:
            (tmp_path / f"cpu{cpu}" / "topology").mkdir(parents=True)
            (tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list").write_text(text + "\n")
    monkeypatch.setattr(cores, "_CPU_FOLDER", tmp_path)
    monkeypatch.setattr(cores, "_QUOTA_FILE", tmp_path / "none")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert available_cores() == cores_found


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's files")
@pytest.mark.parametrize(
    ("text", "cores_found"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 8),
     ("", 8), ("900000 100000", 8)],
)  # fmt: skip
def test_a_container_may_have_less(tmp_path, monkeypatch, text, cores_found):
    (tmp_path / "cpu.max").write_text(text + "\n")
    monkeypatch.setattr(cores, "_CPU_FOLDER", tmp_path)
    monkeypatch.setattr(cores, "_QUOTA_FILE", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert available_cores() == cores_found
