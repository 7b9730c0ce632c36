"""Runs ``stylecam`` on spoiled files, one after another, and tells how each call ended.

A process of its own: it may crash, hang or run out of memory, and whoever started it sees which
case did it. Run by ``run.py``.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import mutations

from realtime.cli import main

MEMORY = 4 * 2**30
"""Bytes that the process may allocate."""
SECONDS = 60
"""For one case, on a busy machine; a usual one takes some hundredths."""


def spoil(seeds: list[Path], seed: int, case: int) -> tuple[str, bytes]:
    """The suffix and the content of a case, always the same for the same numbers."""
    chance = random.Random(seed * 1_000_003 + case)
    path = seeds[case % len(seeds)]
    return path.suffix, mutations.mutate(path.read_bytes(), chance)


def call(kind: str, path: Path, out: Path, folder: Path) -> int:
    """``stylecam`` on a spoiled file of one kind."""
    model = folder / "tiny.onnx"
    if kind == "model":
        arguments = ["image", folder / "picture.png", "-o", out / "out.png", "--model", path]
    elif kind == "image":
        arguments = ["image", path, "-o", out / "out.png", "--model", model]
    else:
        arguments = [
            "video",
            path,
            "-o",
            out / "out.mkv",
            "--model",
            model,
            "--preset",
            "ultrafast",
        ]
    return main([str(argument) for argument in (*arguments, "--overwrite", "--threads", "1")])


def run_case(kind: str, path: Path, out: Path, folder: Path) -> tuple[int, str]:
    """The exit code, and what was said, also by libraries."""
    with tempfile.TemporaryFile() as said:
        saved = os.dup(1), os.dup(2)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        try:
            code = call(kind, path, out, folder)
        finally:
            sys.stderr.flush()
            for number, descriptor in enumerate(saved, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
        said.seek(0)
        return code, said.read().decode(errors="replace")


def tell(what: dict[str, object]) -> None:
    """A line of JSON on the standard output, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def work(kind: str, folder: Path, seed: int, first: int, last: int) -> None:
    """Do the cases from ``first`` to ``last``, and print a line of JSON for each."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seeds = sorted((folder / kind).iterdir())
    with tempfile.TemporaryDirectory() as name:
        for case in range(first, last):
            suffix, data = spoil(seeds, seed, case)
            path, out = Path(name) / f"case{suffix}", Path(name) / "out"
            path.write_bytes(data)
            out.mkdir(exist_ok=True)
            tell({"case": case})
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            begun = time.monotonic()
            code, said = run_case(kind, path, out, folder)
            faulthandler.cancel_dump_traceback_later()
            left = sorted(p.name for p in out.iterdir())
            seconds = round(time.monotonic() - begun, 2)
            told = {"code": code, "said": said[-4000:], "left": left, "seconds": seconds}
            tell({"case": case, **told})
            for rest in out.iterdir():
                rest.unlink()


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6]))
