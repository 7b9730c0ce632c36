"""Footage as cameras and editors make it, by FFmpeg's own programs, and what these see in a file.

The programs are a second opinion: stylecam reads and writes with another build of FFmpeg.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ACCURATE = "flags=bicubic+accurate_rnd+full_chroma_int"


def make(path: Path, *arguments: object) -> Path:
    """Run ``ffmpeg`` with these arguments and ``path`` as its output."""
    run("ffmpeg", "-v", "error", "-y", *arguments, path)
    return path


def source(size: str = "64x64", rate: str = "25", frames: int = 12, picture: str = "testsrc2"):
    """Arguments for a moving test picture."""
    return "-f", "lavfi", "-i", f"{picture}=size={size}:rate={rate},trim=end_frame={frames}"


def tone(seconds: float = 1, frequency: int = 440):
    """Arguments for a sound."""
    return "-f", "lavfi", "-i", f"sine=frequency={frequency}:sample_rate=48000:duration={seconds}"


def pictures(path: Path, *, size: tuple[int, int]) -> np.ndarray:
    """Every picture, upright: uint8 ``[N, H, W, 3]``, RGB; ``size`` is (width, height)."""
    where = ":in_h_chr_pos=0" if _colors_lie_left(video(path)) else ""
    done = run(
        *("ffmpeg", "-v", "error", "-i", path, "-map", "0:V:0", "-vsync", "passthrough"),
        *("-vf", f"scale={ACCURATE}{where}", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int"),
        *("-pix_fmt", "rgb24", "-f", "rawvideo", "-"),
    )
    return np.frombuffer(done, np.uint8).reshape(-1, size[1], size[0], 3)


def times(path: Path, stream: str = "v:0") -> list[Fraction]:
    """When each picture is shown, in seconds."""
    text = run(
        *("ffprobe", "-v", "error", "-select_streams", stream, "-of", "json"),
        *("-show_entries", "frame=best_effort_timestamp:stream=time_base", path),
    )
    found = json.loads(text)
    unit = Fraction(found["streams"][0]["time_base"])
    return [frame.get("best_effort_timestamp", 0) * unit for frame in found["frames"]]


def probe(path: Path) -> dict[str, Any]:
    """What ``ffprobe`` says of the file, its streams and its chapters."""
    shown = "-show_format", "-show_streams", "-show_chapters"
    return json.loads(run("ffprobe", "-v", "error", *shown, "-of", "json", path))


def video(path: Path) -> dict[str, Any]:
    """The first video stream that is no cover, as ``ffprobe`` describes it."""
    return next(
        stream
        for stream in probe(path)["streams"]
        if stream["codec_type"] == "video" and not stream["disposition"]["attached_pic"]
    )


def packets(path: Path, stream: str) -> list[tuple[Fraction, str]]:
    """(time in seconds, hash of the bytes) of every packet of a stream."""
    text = run(
        *("ffprobe", "-v", "error", "-select_streams", stream, "-of", "json"),
        *("-show_packets", "-show_data_hash", "MD5", "-show_streams", path),
    )
    found = json.loads(text)
    unit = Fraction(found["streams"][0]["time_base"])
    return [(packet.get("pts", 0) * unit, packet["data_hash"]) for packet in found["packets"]]


def clicks(path: Path) -> list[float]:
    """When the sound becomes loud after silence, in seconds as players show them."""
    data = run(*("ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "aresample=async=1"),
               *("-ac", "1", "-ar", "48000", "-f", "f32le", "-"))  # fmt: skip
    loud = np.flatnonzero(np.abs(np.frombuffer(data, np.float32)) > 0.2) / 48_000
    begins = loud[np.diff(loud, prepend=-1) > 0.1]
    first = packets(path, "a:0")[0][0]
    return [float(first) + float(time) for time in begins]


def run(program: str, *arguments: object) -> bytes:
    """Standard output of one of FFmpeg's programs, which must succeed."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def _colors_lie_left(stream: dict[str, Any]) -> bool:
    """Whether a colour sample belongs to the left of two pixels, which ``ffmpeg`` leaves to us."""
    if stream.get("chroma_location") == "left" or stream["codec_name"] in ("mpeg2video", "mpeg4"):
        return True
    return stream["codec_name"] == "h264" or (
        stream["codec_name"] == "hevc" and stream["pix_fmt"].startswith("yuv420")
    )


@functools.cache
def encoders() -> frozenset[str]:
    """The encoders of this ``ffmpeg``."""
    lines = run("ffmpeg", "-hide_banner", "-encoders").decode().splitlines()
    return frozenset(line.split()[1] for line in lines if line.startswith(" V"))
