"""Interlaced videos come out whole: no combs, every frame at its time."""

from __future__ import annotations

from fractions import Fraction

import clips
import numpy as np
import pytest
from pictures import read

TFF = {"x264-params": "tff=1", "crf": "1"}


def combed(index, width, height):
    """A bright bar that moves between the two fields of a frame."""
    image = np.full((height, width, 3), 40, np.uint8)
    for field in (0, 1):
        left = 4 * (2 * index + field) % (width - 16)
        image[field::2, left : left + 16] = 200
    return image


def combs(image):
    """How much a row differs from its neighbours where these agree with each other."""
    rows = image[..., 1].astype(int)
    between = np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:])
    return np.where(np.abs(rows[:-2] - rows[2:]) < 10, between, 0).mean()


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".avi"])
def test_combs_are_gone_and_it_is_said(tmp_path, suffix):
    path = clips.write_clip(tmp_path / f"in{suffix}", options={**TFF, "bf": "0"}, draw=combed)
    frames, source = read(path)
    assert len(frames) == 12
    assert combs(combed(3, 64, 48)) > 10
    assert max(combs(frame.image) for frame in frames[1:-1]) < 3
    assert [frame.pts - frames[0].pts for frame in frames] == [Fraction(i, 25) for i in range(12)]
    assert [line for line in source.warnings if "interlaced" in line]
    assert not source.damaged


def test_whole_frames_stay_as_they_are(tmp_path):
    """Marked as interlaced, but nothing moves."""
    still = {"draw": lambda _index, width, height: clips.patches(0, width, height)}
    plain, _ = read(clips.write_clip(tmp_path / "a.mkv", **still))
    marked, _ = read(clips.write_clip(tmp_path / "b.mkv", options=TFF, **still))
    for a, b in zip(plain[2:-2], marked[2:-2], strict=True):
        assert np.abs(a.image.astype(int) - b.image)[2:-2].mean() < 1


def test_a_cut_of_an_interlaced_video(tmp_path):
    path = clips.write_clip(tmp_path / "in.mkv", frames=30, options={**TFF, "g": "5"}, draw=combed)
    frames, source = read(path, start=Fraction(2, 5), end=Fraction(4, 5))
    assert [frame.pts for frame in frames] == [Fraction(i, 25) for i in range(10, 20)]
    assert max(combs(frame.image) for frame in frames[1:-1]) < 3
    assert not source.damaged


def test_a_turned_interlaced_video_stands_upright(tmp_path):
    path = clips.write_clip(
        tmp_path / "in.mp4", frames=6, options=TFF, draw=combed, rotation=90, pixel_format="yuv444p"
    )
    frames, source = read(path)
    assert (source.info.width, source.info.height) == (48, 64)
    assert "deinterlaced" in source.warnings[0]
    # Combs lie across the columns now.
    assert max(combs(np.rot90(frame.image, -1)) for frame in frames[1:-1]) < 3
