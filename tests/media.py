"""Makes small real media files with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 12
SAMPLE_RATE = 48_000


def make_clip(
    path: Path,
    *,
    frames: int = 12,
    width: int = 64,
    height: int = 48,
    video: bool = True,
    audio: bool = True,
    codec: str = "libx264",
) -> Path:
    """A bright square that moves over a grey picture, with a tone.

    Every frame is a keyframe, so that each decodes without the others.
    """
    with av.open(str(path), "w") as container:
        picture = sound = None
        if video:
            picture = container.add_stream(codec, rate=RATE)
            picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
            picture.gop_size = 1
        if audio:
            sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        if picture is not None:
            for index in range(frames):
                frame = av.VideoFrame.from_ndarray(draw(index, width, height), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        if sound is not None:
            time = np.arange(SAMPLE_RATE * frames // RATE) / SAMPLE_RATE
            tone = (0.2 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None]
            samples = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
            samples.sample_rate, samples.pts = SAMPLE_RATE, 0
            container.mux([*sound.encode(samples), *sound.encode(None)])
    return path


def draw(index: int, width: int, height: int) -> np.ndarray:
    """The picture of frame ``index``: uint8 ``[H, W, 3]``, RGB."""
    image = np.full((height, width, 3), 90, np.uint8)
    left = 2 * index % (width - 12)
    image[8:20, left : left + 12] = (220, 60, 30)
    return image


def count_frames(path: Path) -> int:
    """How many pictures of the first video stream decode."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def mean_color(path: Path) -> tuple[float, float, float]:
    """The mean RGB of the first picture."""
    with av.open(str(path)) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    red, green, blue = image.reshape(-1, 3).mean(axis=0)
    return float(red), float(green), float(blue)


def listing(folder: Path) -> list[str]:
    """Every name in a folder, hidden ones included."""
    return sorted(path.name for path in folder.iterdir())


def size_of(path: Path) -> int:
    """The bytes in a file; 0 where it has been taken away since it was listed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def bytes_in(folder: Path) -> int:
    """The bytes in all the files of a folder, which others may be working in."""
    return sum(size_of(path) for path in folder.iterdir())
