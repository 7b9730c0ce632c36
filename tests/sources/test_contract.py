"""What every source promises."""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from itertools import islice, pairwise

import cv2
import media
import mjpeg_server
import numpy as np
import pytest
from usage import held_open

from realtime.buffered import workers_left
from realtime.frame import Frame, StreamInfo
from realtime.sources import open_source

COUNT = 5


def write_pictures(folder, count):
    for index in range(count):
        cv2.imwrite(str(folder / f"p{index}.png"), np.full((48, 64, 3), 40 * index, np.uint8))


@contextmanager
def open_kind(kind, tmp_path):
    if kind == "camera":
        with mjpeg_server.serve(20) as address, open_source(address) as source:
            yield source
        return
    if kind == "file":
        spec = media.make_clip(tmp_path / "clip.mp4", frames=COUNT)
    elif kind == "image":
        write_pictures(tmp_path, 1)
        spec = tmp_path / "p0.png"
    elif kind == "folder":
        write_pictures(tmp_path, COUNT)
        spec = tmp_path
    else:
        spec = "synthetic"
    with open_source(spec) as source:
        yield source


@pytest.fixture(params=["file", "image", "folder", "synthetic", "camera"])
def kind(request):
    return request.param


@pytest.fixture
def source(kind, tmp_path):
    with open_kind(kind, tmp_path) as source:
        yield source


def take(source, count=COUNT):
    frames = []
    for frame in source:
        frames.append(frame)
        if len(frames) == count:
            break
    return frames


def test_info_is_known_before_the_first_frame(source):
    info = source.info
    assert isinstance(info, StreamInfo)
    assert info.width >= 16
    assert info.height >= 16
    assert info.rate is None or (isinstance(info.rate, Fraction) and info.rate > 0)
    assert info.time_base is None or (isinstance(info.time_base, Fraction) and info.time_base > 0)


def test_frames_are_as_announced(source):
    frames = take(source)
    assert frames
    for frame in frames:
        assert isinstance(frame, Frame)
        assert frame.image.shape == (source.info.height, source.info.width, 3)


def test_frames_are_numbered_from_0_and_time_moves_forward(source):
    frames = take(source)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times = [frame.pts for frame in frames]
    assert all(isinstance(time, Fraction) for time in times)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[0] >= 0


def test_the_time_base_measures_every_timestamp(source):
    if source.info.time_base is None:
        pytest.fail("every source of this project has a time base")
    for frame in take(source):
        assert (frame.pts / source.info.time_base).denominator == 1


def test_every_frame_has_its_own_memory(source):
    frames = take(source)
    copies = [frame.image.copy() for frame in frames]
    for frame, copy in zip(frames, copies, strict=True):
        np.testing.assert_array_equal(frame.image, copy)
    assert len({frame.image.ctypes.data for frame in frames}) == len(frames)


def test_the_frame_count_is_right(source):
    count = source.info.frame_count
    if count is not None:
        assert len(take(source, count + 1)) == count
        assert source.info.duration is None or source.info.duration > 0
    else:
        assert len(take(source)) == COUNT


def test_a_whole_source_has_no_warnings(source):
    take(source)
    assert source.warnings == []
    assert source.damaged is False


def assert_released(frames, folder):
    """Neither a file nor a thread is held, and nothing is delivered any more."""
    assert held_open(folder) == []
    assert not workers_left()
    assert list(islice(frames, 1)) == []


def test_closing_is_allowed_at_any_time_and_twice(source, tmp_path):
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    assert_released(frames, tmp_path)


def test_closing_without_reading(source, tmp_path):
    source.close()
    assert_released(iter(source), tmp_path)


def test_with_gives_the_source_itself(source):
    with source as entered:
        assert entered is source


def test_only_a_camera_is_live(source, kind):
    assert source.info.is_live == (kind == "camera")
