"""Turned and mirrored videos stand upright."""

from __future__ import annotations

from fractions import Fraction

import clips
import numpy as np
import pytest
from pictures import assert_same_patches, read, still

from realtime.sources.orientation import parse_display_matrix


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_and_mirrored_pictures_stand_upright(tmp_path, rotation, mirrored):
    path = clips.write_clip(
        tmp_path / "turned.mp4",
        frames=1,
        rotation=rotation,
        mirrored=mirrored,
        aspect=Fraction(4, 3),
        pixel_format="yuv444p",
        draw=still,
    )
    # The display turns counter-clockwise, then mirrors.
    expected = np.rot90(still(0, 64, 48), rotation // 90)
    if mirrored:
        expected = expected[:, ::-1]
    (frame,), source = read(path)
    assert frame.image.shape == expected.shape
    assert (source.info.height, source.info.width) == expected.shape[:2]
    turned = rotation in (90, 270)
    assert source.info.sample_aspect_ratio == (Fraction(3, 4) if turned else Fraction(4, 3))
    if not mirrored:
        assert source.info.rotation == rotation
    height, width = expected.shape[:2]
    centres = [(y * height // 4, x * width // 4) for y in (1, 3) for x in (1, 3)]
    assert_same_patches(frame.image, expected, centres=centres)


def test_an_odd_angle_is_said(tmp_path):
    path = clips.write_clip(tmp_path / "tilted.mp4", frames=1, rotation=30)
    _, source = read(path)
    assert "odd angle" in source.warnings[0]


def test_a_broken_display_matrix_changes_nothing():
    assert parse_display_matrix(b"\0" * 36) == parse_display_matrix(b"short")
