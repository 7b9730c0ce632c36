"""Spoils small videos, pictures and models at random, and looks how ``stylecam`` takes it.

    python tests/fuzz/run.py media --cases 5000 --seed 7

A call must end with exit code 0, 1 (damaged, which is said) or 2 (one line on the standard error),
without a traceback, within a minute and a few gigabytes, and leave no temporary file. Anything else
is a finding; a case is made again from its seed and its number. Needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
KINDS = ("media", "image", "model")
CODECS = {
    "a.avi": "mpeg4",
    "b.webm": "libvpx-vp9",
    "c.mkv": "ffv1",
    "d.mov": "prores_ks",
    "e.ts": "mpeg2video",
    "f.mkv": "libx265",
}


@dataclass
class Findings:
    """How the cases ended.

    Attributes:
        codes: number of cases by exit code.
        bad: a description of each case that ended as none may.
    """

    codes: collections.Counter[int] = field(default_factory=collections.Counter)
    bad: list[str] = field(default_factory=list)


def make_seeds(folder: Path) -> None:
    """Small healthy files to spoil."""
    import clips
    import cv2
    import media
    import numpy as np
    import tiny_model

    from realtime.model_files import default_model

    for kind in KINDS:
        (folder / kind).mkdir()
    films = folder / "media"
    for suffix in ("mp4", "mkv", "ts", "mov"):
        clips.write_clip(
            films / f"h264.{suffix}", frames=8, options={"bf": "1"}, languages=("eng",),
            subtitles={"mp4": "mov_text", "mkv": "subrip"}.get(suffix),
            chapters=suffix != "ts", rotation=90 if suffix == "mov" else None,
        )  # fmt: skip
    for name, codec in CODECS.items():
        pixels = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        times = list(range(6)) if codec in ("mpeg4", "mpeg2video") else None
        unit = clips.Fraction(1, 25) if times else clips.UNIT
        clips.write_clip(films / name, frames=6, codec=codec, pixel_format=pixels, options=quiet,
                         times=times, unit=unit)  # fmt: skip
    picture = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
    for suffix in ("png", "jpg", "webp", "tiff", "bmp", "ppm", "avif", "jp2"):
        cv2.imwrite(str(folder / "image" / f"p.{suffix}"), picture)
    cv2.imwrite(str(folder / "picture.png"), picture)
    media.make_clip(films / "g.mp4", frames=4)
    tiny_model.save(folder / "tiny.onnx")
    tiny_model.save(folder / "model" / "tiny.onnx")
    shutil.copy(default_model(), folder / "model" / "shipped.onnx")


def fuzz(kind: str, cases: int, seed: int, folder: Path) -> Findings:
    """Try ``cases`` spoiled files; a worker that dies is replaced by another."""
    findings, done = Findings(), 0
    while done < cases:
        done = _work(kind, folder, seed, done, cases, findings)
    return findings


def _work(kind: str, folder: Path, seed: int, first: int, last: int, findings: Findings) -> int:
    """Run one worker; returns the number of the next case."""
    command = [sys.executable, HERE / "worker.py", kind, folder, seed, first, last]
    current = first
    with subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        assert worker.stderr is not None
        for line in worker.stdout:
            told = json.loads(line)
            current = told["case"]
            if "code" in told:
                findings.codes[told["code"]] += 1
                problem = judge(told)
                if problem:
                    findings.bad.append(f"{kind} seed {seed} case {current}: {problem}")
                current += 1
        rest = worker.stderr.read()
    if worker.returncode == 0 and current == last:
        return last
    findings.bad.append(
        f"{kind} seed {seed} case {current}: the interpreter ended with {worker.returncode}:"
        f" {rest[-2000:]}"
    )
    return current + 1


def judge(told: dict) -> str | None:
    """What is wrong with how a case ended, or None."""
    said = told["said"]
    if told["code"] not in (0, 1, 2):
        return f"exit code {told['code']}: {said}"
    if "Traceback" in said:
        return said
    if any(name.startswith(".") for name in told["left"]):
        return f"left {told['left']}: {said}"
    if told["code"] == 2 and len([x for x in said.splitlines() if ": error: " in x]) != 1:
        return f"no single line: {said}"
    if told["code"] == 1 and "damaged" not in said:
        return f"exit code 1 without a word: {said}"
    return None


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    with tempfile.TemporaryDirectory() as name:
        make_seeds(Path(name))
        findings = fuzz(arguments.kind, arguments.cases, arguments.seed, Path(name))
    lines = [f"exit codes: {dict(sorted(findings.codes.items()))}", *findings.bad]
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(findings.bad)


if __name__ == "__main__":
    sys.exit(main())
