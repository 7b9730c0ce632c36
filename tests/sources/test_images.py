from __future__ import annotations

import base64
import sys

import cv2
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.sizes import SizeRequest
from realtime.sources.images import ImageSource, list_images, read_image

# 16 x 16 pixels of pure red ink (no cyan, no black) as a CMYK JPEG with Adobe's marker.
CMYK_RED = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAQCwwODAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3"
    "OFBtUVdfYmdoZz5NcXlwZHhcZWdj/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAAH"
    "/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAA4EQwBNAFkASwAAPwCgJ+n6gAAAAP/Z"
)


def write(path, bgr):
    path.write_bytes(cv2.imencode(path.suffix, bgr)[1].tobytes())
    return path


def mean(image):
    return image.reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".bmp", ".ppm"])
def test_lossless_formats_are_exact(tmp_path, picture, suffix):
    path = write(tmp_path / f"a{suffix}", picture[..., ::-1])
    np.testing.assert_array_equal(read_image(path), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".jp2"])
def test_lossy_formats_keep_the_colours(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", np.full((32, 32, 3), (30, 60, 220), np.uint8))
    assert mean(read_image(path)) == pytest.approx([220, 60, 30], abs=4)


def test_names_in_any_script(tmp_path, picture):
    path = write(tmp_path / "картина 絵 ü.png", picture[..., ::-1])
    np.testing.assert_array_equal(read_image(path), picture)


def test_the_suffix_does_not_decide(tmp_path, picture):
    path = write(tmp_path / "a.png", picture[..., ::-1])
    np.testing.assert_array_equal(read_image(path.rename(tmp_path / "a.jpg")), picture)


def test_grey_becomes_rgb(tmp_path, picture):
    path = write(tmp_path / "a.png", picture[..., 0])
    np.testing.assert_array_equal(read_image(path), np.repeat(picture[..., :1], 3, axis=2))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_become_8(tmp_path, picture, suffix, channels):
    deep = picture[..., :channels].astype(np.uint16) * 257
    path = write(tmp_path / f"a{suffix}", deep[..., ::-1].squeeze())
    assert np.abs(read_image(path).astype(int) - picture[..., :channels]).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparent_pictures_are_laid_on_white(tmp_path, dtype):
    top = np.iinfo(dtype).max
    bgra = np.zeros((16, 48, 4), dtype)
    bgra[..., 2] = top  # red
    bgra[:, 16:32, 3] = top
    bgra[:, 32:, 3] = top // 2
    image = read_image(write(tmp_path / "a.png", bgra))
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 20].tolist() == [255, 0, 0]
    assert image[0, 40] == pytest.approx([255, 128, 128], abs=1)


def test_cmyk(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(CMYK_RED)
    red, green, blue = mean(read_image(path))
    assert red > 200
    assert green < 60
    assert blue < 60


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.swapaxes(0, 1)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a.swapaxes(0, 1)[::-1, ::-1]),
        (8, lambda a: np.rot90(a, 1)),
    ],
)
def test_exif_orientation_is_applied(tmp_path, orientation, upright):
    blocks = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    stored = np.repeat(np.kron(blocks, np.ones((16, 16), np.uint8))[..., None], 3, axis=2)
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0" % orientation
    exif = b"Exif\0\0" + tiff
    data = cv2.imencode(".jpg", stored)[1].tobytes()
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    image = read_image(path)
    expected = upright(stored)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).max() <= 3


def test_the_result_is_contiguous(tmp_path, picture):
    for name in ("a.png", "a.jpg"):
        image = read_image(write(tmp_path / name, picture))
        assert image.flags.c_contiguous
        assert image.dtype == np.uint8


# Bad files


def refused(path, capfd):
    with pytest.raises(SourceError) as caught:
        ImageSource(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    return str(caught.value)


def test_a_missing_file(tmp_path, capfd):
    assert "does not exist" in refused(tmp_path / "none.png", capfd)


def test_an_empty_file(tmp_path, capfd):
    (tmp_path / "a.png").touch()
    assert "empty" in refused(tmp_path / "a.png", capfd)


@pytest.mark.parametrize("data", [b"hello\n" * 50, np.random.default_rng(0).bytes(5000)])
def test_text_and_noise(tmp_path, data, capfd):
    (tmp_path / "a.png").write_bytes(data)
    assert "no image" in refused(tmp_path / "a.png", capfd)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".bmp", ".avif"])
def test_a_truncated_file(tmp_path, picture, suffix, capfd):
    path = write(tmp_path / f"a{suffix}", picture)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "no image that can be decoded" in refused(path, capfd)


def test_a_header_that_promises_an_absurd_size(tmp_path, capfd):
    path = write(tmp_path / "a.bmp", np.zeros((16, 16, 3), np.uint8))
    data = bytearray(path.read_bytes())
    data[18:26] = (2**30).to_bytes(4, "little") * 2
    path.write_bytes(data)
    assert f"pictures of {2**30}x{2**30} pixels, more than" in refused(path, capfd)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_file_that_cannot_be_read(tmp_path, capfd):
    # A loop of links: unreadable even for an administrator.
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    assert "cannot be read" in refused(tmp_path / "a.png", capfd)


# Folders


def test_a_folder_is_in_natural_order(tmp_path):
    names = ["f1.png", "f2.PNG", "f10.jpg", "f010b.png", "g.webp"]
    for name in [*names, "notes.txt", ".hidden.png", "clip.mp4"]:
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert [path.name for path in list_images(tmp_path)] == names


def test_a_folder_without_images(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(SourceError, match="holds no image"):
        ImageSource(tmp_path)


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        ImageSource(tmp_path / "none")


def test_pictures_of_several_sizes_need_a_size(tmp_path):
    write(tmp_path / "a.png", np.zeros((32, 32, 3), np.uint8))
    write(tmp_path / "b.png", np.zeros((48, 32, 3), np.uint8))
    with ImageSource(tmp_path) as source, pytest.raises(SourceError, match=r"b\.png has 32x48"):
        list(source)
    with ImageSource(tmp_path, size=SizeRequest(64, 64)) as source:
        assert [frame.image.shape for frame in source] == [(64, 64, 3)] * 2


def test_a_broken_picture_in_a_folder_is_named(tmp_path):
    write(tmp_path / "a.png", np.zeros((32, 32, 3), np.uint8))
    (tmp_path / "b.png").write_bytes(b"x")
    with ImageSource(tmp_path) as source, pytest.raises(SourceError, match=r"b\.png"):
        list(source)
