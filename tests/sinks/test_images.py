from __future__ import annotations

import stat
import sys
from fractions import Fraction

import media
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sinks import IMAGE_SUFFIXES
from realtime.sinks.images import ImageFolderSink, ImageSink
from realtime.sinks.null import NullSink
from realtime.sources.images import ImageSource, read_image


def frame(image, index=0):
    return Frame(image, Fraction(index), index)


@pytest.fixture
def smooth():
    """A gradient, which lossy formats keep well."""
    y, x = np.mgrid[:40, :60]
    return np.stack((4 * x, 6 * y, 200 - 2 * x), axis=-1).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".tif", ".tiff", ".bmp"])
def test_lossless_formats_are_exact(tmp_path, picture, suffix):
    path = tmp_path / f"out{suffix}"
    with ImageSink(path) as sink:
        sink.write(frame(picture))
    np.testing.assert_array_equal(read_image(path), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_formats_are_of_high_quality(tmp_path, smooth, suffix):
    path = tmp_path / f"out{suffix}"
    with ImageSink(path) as sink:
        sink.write(frame(smooth))
    assert np.abs(read_image(path).astype(int) - smooth).mean() < 2


def test_every_format_offered_is_written(tmp_path, smooth):
    for suffix in IMAGE_SUFFIXES:
        with ImageSink(tmp_path / f"out{suffix}") as sink:
            sink.write(frame(smooth))
    assert len(media.listing(tmp_path)) == len(IMAGE_SUFFIXES)


def test_names_in_any_script(tmp_path, picture):
    path = tmp_path / "картина 絵.png"
    with ImageSink(path) as sink:
        sink.write(frame(picture))
    np.testing.assert_array_equal(read_image(path), picture)


def test_a_second_picture_is_refused_and_nothing_is_left(tmp_path, picture):
    sink = ImageSink(tmp_path / "out.png")
    sink.write(frame(picture))
    with pytest.raises(SinkError, match="holds one picture"), sink:
        sink.write(frame(picture, 1))
    assert media.listing(tmp_path) == []


@pytest.mark.parametrize("suffix", [".webp", ".jpg"])
def test_a_picture_too_large_for_the_format(tmp_path, suffix, capfd):
    wide = np.zeros((1, 70_000, 3), np.uint8)
    sink = ImageSink(tmp_path / f"out{suffix}")
    with pytest.raises(SinkError, match=r"70000x1 pixels; use \.png"), sink:
        sink.write(frame(wide))
    assert media.listing(tmp_path) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("kind", [ImageSink, ImageFolderSink])
def test_a_file_that_cannot_grow_is_one_clear_error(tmp_path, picture, kind):
    import resource

    sink = kind(tmp_path / "out.png")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SinkError, match=r"cannot write .*out\.png"), sink:
            sink.write(frame(picture))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert media.listing(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_file_has_the_usual_permissions(tmp_path, picture):
    (tmp_path / "usual").touch()
    with ImageSink(tmp_path / "o.png") as sink:
        sink.write(frame(picture))
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "o.png")}
    assert len(modes) == 1


def test_a_folder_gives_the_pictures_back_in_order(tmp_path, picture):
    with ImageFolderSink(tmp_path / "out") as sink:
        for index in range(12):
            sink.write(frame(picture + np.uint8(index), index))
    with ImageSource(tmp_path / "out") as source:
        for index, read in enumerate(source):
            np.testing.assert_array_equal(read.image, picture + np.uint8(index))
        assert index == 11


def test_a_folder_with_other_things_keeps_them(tmp_path, picture):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with ImageFolderSink(out, overwrite=True) as sink:
        sink.write(frame(picture))
    assert media.listing(out) == ["frame_000000.png", "notes.txt"]
    assert (out / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path, picture):
    with ImageFolderSink(tmp_path) as sink:
        sink.write(frame(picture))
    assert media.listing(tmp_path) == ["frame_000000.png"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(SinkError, match="is a file"):
        ImageFolderSink(tmp_path / "out", overwrite=True)


def test_the_null_sink_counts(picture):
    with NullSink() as sink:
        for index in range(3):
            sink.write(frame(picture, index))
    assert sink.frames == 3
