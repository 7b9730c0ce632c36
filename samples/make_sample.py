"""Cut the sample clip out of the longer recording it comes from, and give it a sound of its own.

    python samples/make_sample.py cityCC0.mpg samples/city_night.mp4

The picture is 4.4 seconds of the recording at 640x360. The sound is synthesized here (three soft
notes over filtered noise), so that the clip carries nothing whose licence is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
START, SECONDS = Fraction(12, 5), Fraction(22, 5)  # 2.2 s on either side of the recording's cut
SAMPLE_RATE = 48_000
NOTES_HZ = (110.0, 164.81, 220.0)  # a fifth and an octave
LOUDNESS = 0.12  # of full scale


def soft_chord(seconds: float) -> NDArray[np.float32]:
    """A slow chord over low-pass noise.

    Returns:
        float32 ``[2, N]``, -1..1, at ``SAMPLE_RATE``; it begins and ends in silence.
    """
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    random = np.random.default_rng(0)
    channels = []
    for side in (-1, 1):
        # A slightly detuned copy in each ear makes the sound wide and shows a swap of channels.
        chord = sum(
            np.sin(2 * np.pi * (note + 0.3 * side) * time) / (i + 1)
            for i, note in enumerate(NOTES_HZ)
        )
        noise = np.convolve(random.normal(size=count), np.ones(400) / 20, mode="same")
        channels.append(chord + 0.4 * noise)
    sound = np.stack(channels) * np.sin(np.pi * time / seconds)
    sound *= LOUDNESS / np.abs(sound).max()
    return np.asarray(sound, np.float32)


def cut(source: str) -> Iterator[VideoFrame]:
    """The frames of the wanted stretch, scaled, numbered from zero."""
    with av.open(source) as recording:
        stream = recording.streams.video[0]
        rate = stream.average_rate or Fraction(25)
        wanted = range(round(START * rate), round((START + SECONDS) * rate))
        for number, frame in enumerate(recording.decode(stream)):
            if number >= wanted.stop:
                return
            if number in wanted:
                small = frame.reformat(WIDTH, HEIGHT, "yuv420p", interpolation="LANCZOS")
                small.pts, small.time_base = number - wanted.start, 1 / rate
                yield small


def make_sample(source: str, target: str) -> None:
    """Write the sample clip (H.264 and AAC in MP4) to ``target``."""
    with av.open(target, "w", options={"movflags": "+faststart"}) as clip:
        frames = cut(source)
        first = next(frames)
        picture = clip.add_stream("libx264", rate=round(1 / (first.time_base or Fraction(1, 25))))
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.options = {"crf": "25", "preset": "veryslow"}
        sound = clip.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        sound.bit_rate = 96_000
        samples = av.AudioFrame.from_ndarray(soft_chord(float(SECONDS)), "fltp", "stereo")
        samples.sample_rate, samples.pts = SAMPLE_RATE, 0
        clip.mux([*sound.encode(samples), *sound.encode(None)])
        for frame in chain([first], frames):
            clip.mux(picture.encode(frame))
        clip.mux(picture.encode(None))


if __name__ == "__main__":
    if len(sys.argv) != 3 or not Path(sys.argv[1]).is_file():
        sys.exit(f"usage: {sys.argv[0]} RECORDING TARGET.mp4")
    make_sample(sys.argv[1], sys.argv[2])
