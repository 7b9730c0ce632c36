"""Any options at all: an exit code from the list, one line, never a traceback."""

from __future__ import annotations

import contextlib
import io
import string
from fractions import Fraction
from pathlib import Path

import media
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime.cli import main
from realtime.errors import StylecamError
from realtime.frame import Frame, StreamInfo
from realtime.sinks.video import VideoFileSink, VideoOptions

WORDS = st.one_of(
    st.sampled_from(
        ["", "-", "--", "0", "-1", "1e9", "nan", "inf", "99999999999999999999", "source", "16x16"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.text(string.digits + "x:.,-", max_size=12),
    st.floats(allow_nan=True).map(str),
)
OPTIONS = st.sampled_from(
    (
        *("--strength", "--size", "--style", "--temporal", "--start", "--end", "--codec", "--crf"),
        *("--preset", "--device", "--threads", "--max-pixels", "--report", "--model"),
    )
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    # Not a video: whatever options pass the first checks, the run ends at once.
    (folder / "in.mp4").write_bytes(b"noise" * 99)
    (folder / "clip.mp4").write_bytes(media.make_clip(folder / "c.mp4", frames=2).read_bytes())
    return folder


def call(arguments):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(arguments)
    return code, said.getvalue()


@settings(max_examples=150)
@given(st.lists(st.tuples(OPTIONS, WORDS), max_size=4))
@example([("--start", "9" * 4300)])
@example([("--size", "9" * 19)])
def test_any_options(model, place, chosen):
    # Files are only named where nothing can be written.
    options = [
        part
        for name, value in chosen
        for part in (name, f"/proc/none/{value}" if name == "--report" else value)
    ]
    arguments = ["video", str(place / "in.mp4"), "-o", str(place / "out.mp4")]
    code, said = call([*arguments, "--model", str(model), *options])
    assert code == 2, said
    assert len([line for line in said.splitlines() if line.startswith("stylecam: error: ")]) == 1
    assert "Traceback" not in said
    assert not (place / "out.mp4").exists()


@settings(max_examples=80)
@given(st.lists(WORDS, max_size=4))
def test_any_arguments(chosen):
    arguments = [word for word in chosen if not word.startswith("-o")]
    for command in ("video", "image", "compare", "styles", "nonsense"):
        code, said = call([command, *arguments, "--nonsense"])
        assert code in (0, 2), said
        assert "Traceback" not in said


@settings(max_examples=40)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from([("h264", ".mp4"), ("mpeg4", ".avi"), ("mjpeg", ".mov"), ("ffv1", ".mkv")]),
    st.lists(st.fractions(-5, 5, max_denominator=1000), min_size=1, max_size=4),
)
def test_any_frame_shape_and_time(tmp_path_factory, width, height, kind, times):
    """What an encoder cannot take is one error; all else is there when it is read again."""
    codec, suffix = kind
    target = Path(tmp_path_factory.mktemp("shape")) / f"out{suffix}"
    info = StreamInfo(width, height, rate=Fraction(25), time_base=Fraction(1, 1000))
    image = np.zeros((height, width, 3), np.uint8)
    try:
        with VideoFileSink(target, info, VideoOptions(codec)) as sink:
            for index, time in enumerate(times):
                sink.write(Frame(image, time, index))
    except StylecamError:
        assert min(width, height) < 16
        assert list(target.parent.iterdir()) == []
        return
    assert media.count_frames(target) == len(times)
