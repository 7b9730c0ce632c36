"""Many frames: memory, handles and threads stay as they are, and no frame is lost or swapped.

``STYLECAM_SOAK_FRAMES=100000 pytest -m slow tests/test_soak.py`` takes as many as you like.
"""

from __future__ import annotations

import random
from fractions import Fraction

import cv2
import media
import numpy as np
import pytest
from usage import NEEDS_LINUX, SOAK_FRAMES, Usage

from realtime.engine import OnnxStylizer
from realtime.frame import Frame, StreamInfo
from realtime.pipeline import run
from realtime.sinks import open_sink
from realtime.sinks.video import VideoOptions
from realtime.sources import open_source
from realtime.stabilizer import TemporalStabilizer

FIRST = 1000
"""Frames after which everything has been loaded and every buffer made."""
SIZES = ((64, 48), (96, 64), (56, 80), (128, 72))
BITS = 9
"""Of a frame's number, which is below 400 in each run."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60 + SOAK_FRAMES // 20),
    NEEDS_LINUX,
]


class Numbered:
    """Pictures of one size whose upper edge tells their number, in binary."""

    def __init__(self, count: int, size: tuple[int, int]) -> None:
        self.info = StreamInfo(*size, rate=Fraction(25))
        self._count = count
        self._base = np.full((size[1], size[0], 3), 90, np.uint8)

    def __iter__(self):
        for index in range(self._count):
            image = self._base.copy()
            for bit in range(BITS):
                image[:8, 6 * bit : 6 * bit + 6] = 255 * (index >> bit & 1)
            image[20:30, index % 30 : index % 30 + 10] = 200
            yield Frame(image, Fraction(index, 25), index)


class Numbers:
    """Takes frames, and checks that they come in order and are the ones that were sent.

    Args:
        is_exact: nothing of the frame before shows in a frame.
    """

    def __init__(self, *, is_exact: bool) -> None:
        self.count = 0
        self._is_exact = is_exact

    def write(self, frame: Frame) -> None:
        assert frame.index == self.count
        if self._is_exact:
            bits = frame.image[4, 3 : 6 * BITS : 6, 0] > 127
            assert sum(int(bit) << place for place, bit in enumerate(bits)) == self.count
        self.count += 1


def test_many_frames_with_changing_styles_sizes_and_strengths(model_path):
    chance = random.Random(1)
    stylizer = OnnxStylizer(model_path, device="cpu", threads=1)
    stabilizer = TemporalStabilizer(0.9)
    done, usage = 0, None
    with stylizer:
        while done < SOAK_FRAMES:
            count = min(chance.randint(1, 400), SOAK_FRAMES - done)
            weights = np.zeros(3, np.float32)
            # The style "swapped", or none, keep black and white as they are.
            weights[1] = chance.random()
            weights[2] = 1 - weights[1]
            stylizer.set_style(weights)
            stylizer.strength = chance.choice((0.0, 0.1, 0.6, 1.0))
            stabilize = chance.choice((None, stabilizer))
            sink = Numbers(is_exact=stabilize is None)
            stats = run(
                Numbered(count, chance.choice(SIZES)),
                stylizer,
                sink,
                stabilize=stabilize,
                painters=chance.choice((1, 2)),
                threaded=chance.random() < 0.8,
            )
            stabilizer.reset()
            assert sink.count == stats.frames == count
            done += count
            if usage is None and done >= FIRST:
                usage = Usage()
    assert usage is not None
    usage.check(growth=24)


def test_many_files_one_after_another(model_path, tmp_path):
    """Videos, pictures and folders, opened and closed; some of them stop in the middle."""
    chance = random.Random(2)
    clip = media.make_clip(tmp_path / "clip.mp4", frames=20)
    bad = tmp_path / "bad.mkv"
    bad.write_bytes(media.make_clip(tmp_path / "whole.mkv", frames=20).read_bytes()[:-3000])
    cv2.imwrite(str(tmp_path / "a.png"), media.draw(0, 64, 48))
    usage = None
    turns = max(40, SOAK_FRAMES // 60)
    with OnnxStylizer(model_path, device="cpu", threads=1) as stylizer:
        for turn in range(turns):
            source = open_source(chance.choice((clip, bad, tmp_path / "a.png")))
            suffix = chance.choice((".mp4", ".mkv", ".ts", ".avi"))
            target = tmp_path / f"out{suffix}"
            options = VideoOptions(preset="ultrafast", overwrite=True, threads=1)
            left = chance.choice((3, 1000, 1000))
            budget = iter(range(left))
            with source, open_sink(target, source.info, options, copy_from=source) as sink:
                run(source, stylizer, sink, stop=lambda b=budget: next(b, None) is None)
            assert media.count_frames(target) > 0
            if turn == turns // 3:
                usage = Usage()
    assert usage is not None
    usage.check(growth=40)
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
