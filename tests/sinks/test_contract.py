"""What every sink promises."""

from __future__ import annotations

from fractions import Fraction

import av
import media
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame, StreamInfo
from realtime.sinks import open_sink
from realtime.sinks.video import VideoOptions
from realtime.sources import open_source

INFO = StreamInfo(64, 48, rate=Fraction(25), time_base=Fraction(1, 25))
KINDS = {"video": "out.mp4", "image": "out.png", "folder": "out/", "null": "null"}


def frame(index=0):
    return Frame(np.full((48, 64, 3), 20 * index, np.uint8), Fraction(index, 25), index)


def open_kind(kind, tmp_path, **options):
    target = KINDS[kind] if kind == "null" else f"{tmp_path}/{KINDS[kind]}"
    return open_sink(target, INFO, VideoOptions(**options))


def fill(sink, kind):
    for index in range(1 if kind == "image" else 3):
        sink.write(frame(index))


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if kind != "null"])
def stored(request):
    """A kind that leaves something behind."""
    return request.param


def test_closing_completes_the_output_under_its_name_alone(stored, tmp_path):
    with open_kind(stored, tmp_path) as sink:
        fill(sink, stored)
    assert media.listing(tmp_path) == [KINDS[stored].rstrip("/")]
    assert sink.warnings == []


def test_nothing_has_the_final_name_before_close(stored, tmp_path):
    sink = open_kind(stored, tmp_path)
    fill(sink, stored)
    assert not (tmp_path / KINDS[stored]).exists()
    sink.close()
    assert (tmp_path / KINDS[stored]).exists()


def test_abort_leaves_nothing(stored, tmp_path):
    sink = open_kind(stored, tmp_path)
    fill(sink, stored)
    sink.abort()
    assert media.listing(tmp_path) == []


def test_abort_before_the_first_frame(kind, tmp_path):
    open_kind(kind, tmp_path).abort()
    assert media.listing(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_in_the_with_block_aborts(stored, tmp_path, error):
    with pytest.raises(error), open_kind(stored, tmp_path) as sink:  # noqa: PT012
        fill(sink, stored)
        raise error
    assert media.listing(tmp_path) == []


def test_both_ends_may_be_repeated(kind, tmp_path):
    for first in ("close", "abort"):
        with open_kind(kind, tmp_path, overwrite=True) as sink:
            fill(sink, kind)
            getattr(sink, first)()
            before = media.listing(tmp_path)
            sink.close()
            sink.abort()
        assert media.listing(tmp_path) == before


def test_abort_after_close_keeps_the_output(stored, tmp_path):
    sink = open_kind(stored, tmp_path)
    fill(sink, stored)
    sink.close()
    sink.abort()
    assert (tmp_path / KINDS[stored]).exists()


@pytest.mark.parametrize("end", ["close", "abort"])
def test_no_frame_after_the_end(kind, tmp_path, end):
    sink = open_kind(kind, tmp_path)
    fill(sink, kind)
    getattr(sink, end)()
    with pytest.raises(ValueError, match="closed"):
        sink.write(frame(3))


def occupy(path):
    if path.suffix:
        path.write_bytes(b"precious")
        return path
    path.mkdir()
    (path / "frame_000000.png").write_bytes(b"precious")
    return path / "frame_000000.png"


def test_what_exists_is_not_touched(stored, tmp_path):
    precious = occupy(tmp_path / KINDS[stored])
    with pytest.raises(SinkError, match="--overwrite"):
        open_kind(stored, tmp_path)
    assert precious.read_bytes() == b"precious"
    assert len(media.listing(tmp_path)) == 1


def test_what_exists_is_replaced_only_when_complete(stored, tmp_path):
    precious = occupy(tmp_path / KINDS[stored])
    sink = open_kind(stored, tmp_path, overwrite=True)
    fill(sink, stored)
    assert precious.read_bytes() == b"precious"
    sink.abort()
    assert precious.read_bytes() == b"precious"
    with open_kind(stored, tmp_path, overwrite=True) as sink:
        fill(sink, stored)
    assert precious.read_bytes() != b"precious"
    assert media.listing(tmp_path) == [KINDS[stored].rstrip("/")]


def test_a_folder_that_does_not_exist_is_one_clear_error(stored, tmp_path):
    with pytest.raises(SinkError) as caught:
        open_kind(stored, tmp_path / "missing")
    assert "there is no folder" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert media.listing(tmp_path) == []


def test_an_output_without_frames_is_no_output(stored, tmp_path):
    with pytest.raises(SinkError), open_kind(stored, tmp_path):
        pass
    assert media.listing(tmp_path) == []


@pytest.mark.parametrize("name", ["out.mp4", "out.png", "out/", "null"])
def test_the_source_may_be_named_for_every_kind(tmp_path, name):
    clip = media.make_clip(tmp_path / "clip.mp4", frames=1)
    target = name if name == "null" else f"{tmp_path}/{name}"
    with (
        open_source(clip) as source,
        open_sink(target, source.info, VideoOptions(), copy_from=source) as sink,
    ):
        for each in source:
            sink.write(each)
    if name == "out.mp4":
        with av.open(str(tmp_path / name)) as container:
            assert {stream.type for stream in container.streams} == {"video", "audio"}


def test_a_source_without_sound_may_be_named(tmp_path):
    with (
        open_source("synthetic") as source,
        open_sink(tmp_path / "o.mp4", source.info, VideoOptions(), copy_from=source) as sink,
    ):
        sink.write(next(iter(source)))
    assert media.count_frames(tmp_path / "o.mp4") == 1
