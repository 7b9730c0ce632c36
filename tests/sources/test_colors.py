"""Any pixel format becomes the right RGB."""

from __future__ import annotations

from fractions import Fraction

import av
import clips
import numpy as np
import pytest
from pictures import assert_same_patches, read, still

from realtime.color import SMPTE170M, matrix_of, output_tags
from realtime.frame import ColorTags

RGB_FORMATS = ("bgr0", "gbrp10le", "bgra", "rgb24", "rgba")


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
def test_tagged_colors_are_right(tmp_path, matrix, full_range):
    path = clips.write_clip(
        tmp_path / "tagged.mkv",
        frames=1,
        matrix=matrix,
        full_range=full_range,
        pixel_format="yuv444p",
        draw=still,
    )
    (frame,), source = read(path)
    assert_same_patches(frame.image, still(0, 64, 48))
    assert source.info.color.matrix == matrix
    assert source.info.color.full_range == full_range


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), 6), ((1280, 64), 1), ((64, 592), 1)])
def test_untagged_colors_are_guessed_by_size(tmp_path, size, matrix):
    width, height = size
    path = tmp_path / "untagged.mkv"

    def draw(index, width, height):
        return clips.patches(index, width, height)

    # The pictures use the matrix, but the file does not name it.
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = width, height, "yuv444p"
        frame = clips.to_frame(draw(0, width, height), "yuv444p", matrix, full_range=False)
        frame.pts, frame.time_base, frame.colorspace = 0, Fraction(1, 25), 2
        container.mux([*video.encode(frame), *video.encode(None)])
    (frame,), source = read(path)
    assert source.info.color.matrix is None
    centres = [(y * height // 4, x * width // 4) for y in (1, 3) for x in (1, 3)]
    assert_same_patches(frame.image, draw(0, width, height), centres=centres)


def test_wide_gamut_primaries_imply_their_matrix():
    assert matrix_of(ColorTags(primaries=9), 64, 48) == 9
    assert matrix_of(ColorTags(matrix=8), 64, 48) == SMPTE170M


def test_output_tags_are_complete_and_never_hdr():
    assert output_tags(ColorTags(), 1920, 1080) == ColorTags(1, 1, 1, full_range=False)
    assert output_tags(ColorTags(), 640, 480) == ColorTags(6, 6, 6, full_range=False)
    kept = ColorTags(5, 5, 6, full_range=True)
    assert output_tags(kept, 1920, 1080) == ColorTags(5, 5, 6, full_range=False)
    assert output_tags(ColorTags(9, 9, 16), 64, 48).transfer == 14


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("libx264", "yuv420p10le"),
        ("libx265", "yuv420p10le"),
        ("libx264", "yuv422p"),
        ("ffv1", "bgr0"),
        ("ffv1", "gbrp10le"),
        ("libx264rgb", "rgb24"),
        ("ffv1", "bgra"),
        ("png", "rgb24"),
        ("png", "rgba"),
        ("prores_ks", "yuva444p10le"),
    ],
)
def test_any_pixel_format(tmp_path, codec, pixel_format):
    # Without B-frames: for clips shorter than its lookahead, x265 may give decoding timestamps that
    # no container takes, depending on how its threads happen to run.
    lossless = {"x265-params": "log-level=none:lossless=1:bframes=0"}
    options = lossless if codec == "libx265" else {}
    path = clips.write_clip(
        tmp_path / ("clip.mov" if codec in ("png", "prores_ks") else "clip.mkv"),
        frames=2,
        codec=codec,
        pixel_format=pixel_format,
        options=options,
        matrix=None if pixel_format in RGB_FORMATS else 6,
        draw=still,
    )
    frames, _ = read(path)
    assert len(frames) == 2
    assert_same_patches(frames[1].image, still(0, 64, 48), tolerance=3)


@pytest.mark.parametrize(("codec", "value"), [("png", 77), ("libx264", 16 + 77 * 219 // 255)])
def test_grey_pictures(tmp_path, codec, value):
    path = tmp_path / "grey.mov"
    with av.open(str(path), "w") as container:
        options = {"qp": "0"} if codec == "libx264" else {}
        video = container.add_stream(codec, rate=25, width=64, height=48, options=options)
        video.pix_fmt = "gray"
        picture = av.VideoFrame.from_ndarray(np.full((48, 64), value, np.uint8), "gray")
        container.mux([*video.encode(picture), *video.encode(None)])
    (frame,), _ = read(path)
    assert np.abs(frame.image.astype(int) - 77).max() <= 1


def test_transparency_lies_on_black(tmp_path):
    path = tmp_path / "alpha.mov"
    image = np.zeros((16, 16, 4), np.uint8)
    image[:, :8] = (200, 100, 50, 255)
    image[:, 8:] = (200, 100, 50, 128)
    image[8:] = (255, 255, 255, 0)
    with av.open(str(path), "w") as container:
        video = container.add_stream("png", rate=25)
        video.width = video.height = 16
        video.pix_fmt = "rgba"
        container.mux([*video.encode(av.VideoFrame.from_ndarray(image, "rgba"))])
        container.mux(video.encode(None))
    (frame,), _ = read(path)
    assert frame.image[2, 2].tolist() == [200, 100, 50]
    assert frame.image[2, 12].tolist() == [100, 50, 25]
    assert frame.image[12, 2].tolist() == [0, 0, 0]
