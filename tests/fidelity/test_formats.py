"""Every codec, container, pixel format, colour tag and size: the same frames, times and colours.

The output is lossless, and the judge is another build of FFmpeg than the one that painted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import footage
import numpy as np
import pytest
from footage import source

X264 = "-c:v", "libx264", "-crf", "10", "-preset", "ultrafast"
X265 = "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"
VP9 = "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"
YUV = "-pix_fmt", "yuv420p"
CODECS = {
    "h264": (*X264, *YUV),
    "hevc": (*X265, *YUV),
    "vp9": (*VP9, *YUV),
    "av1": ("-c:v", "libsvtav1", "-preset", "12", *YUV),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "2", "-bf", "2"),
    "mpeg4 without reordering": ("-c:v", "mpeg4", "-q:v", "2"),
    "prores": ("-c:v", "prores_ks"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
    "mpeg2": ("-c:v", "mpeg2video", "-q:v", "2"),
    "mpeg1": ("-c:v", "mpeg1video", "-q:v", "2"),
    "theora": ("-c:v", "libtheora", "-q:v", "10"),
    "wmv": ("-c:v", "wmv2", "-q:v", "2"),
    "huffyuv": ("-c:v", "huffyuv"),
    "gif": ("-c:v", "gif"),
}
HOLD = {
    "h264": "mp4 mov mkv avi ts flv",
    "hevc": "mp4 mov mkv ts",
    "vp9": "mp4 mkv webm",
    "av1": "mp4 mkv webm",
    "mpeg4": "mp4 mov mkv ts 3gp",
    "mpeg4 without reordering": "avi",
    "prores": "mov mkv",
    "mjpeg": "mov mkv avi",
    "mpeg2": "ts mpg",
    "mpeg1": "mpg",
    "theora": "ogv",
    "wmv": "wmv",
    "huffyuv": "avi",
    "gif": "gif",
}
PIXELS = {
    X264: "yuv420p10le yuv422p yuv422p10le yuv444p yuv444p10le gray gray10le yuvj420p yuvj444p",
    ("-c:v", "libx264rgb", "-preset", "ultrafast"): "rgb24",
    X265: "yuv420p10le yuv420p12le yuv422p10le yuv444p12le gray gbrp gbrp10le",
    VP9: "yuv420p10le yuv422p yuv444p gbrp",
    ("-c:v", "ffv1"): (
        "bgr0 bgra rgb48le gbrp gbrp16le yuva420p yuv411p yuv410p yuv440p gray gray16le"
        " yuv444p16le ya8"
    ),
    ("-c:v", "prores_ks", "-profile:v", "4444"): "yuva444p10le yuv444p10le",
    ("-c:v", "qtrle"): "argb rgb24 gray",
    ("-c:v", "png"): "rgba rgb24 rgb48be gray pal8",
    ("-c:v", "rawvideo"): "uyvy422 yuyv422 nv12 bgr24",
}
MATRICES = {
    "smpte170m": ("smpte170m", "smpte170m"),
    "bt470bg": ("bt470bg", "gamma28"),
    "bt709": ("bt709", "bt709"),
    "bt2020nc": ("bt2020", "bt2020-10"),
    "smpte240m": ("smpte240m", "smpte240m"),
    "fcc": ("bt470m", "gamma22"),
}
SWSCALE = {"smpte170m": "bt601", "bt470bg": "bt470", "bt2020nc": "bt2020"}
SIZES = "16x16 17x16 33x31 65x47 66x50 16x480"
RATES = "24000/1001 30000/1001 60000/1001 120 12.5 1 1/2"


@dataclass(frozen=True)
class Case:
    """An input to make."""

    name: str
    suffix: str
    arguments: tuple[str, ...]
    size: tuple[int, int] = (64, 64)
    is_fast: bool = False


def codecs():
    for codec, suffixes in HOLD.items():
        for suffix in suffixes.split():
            rate = "20" if codec == "gif" else "25"
            fast = (codec, suffix) in (("h264", "mp4"), ("mpeg4", "ts"), ("gif", "gif"))
            yield Case(
                f"{codec} in {suffix}", suffix, (*source(rate=rate), *CODECS[codec]), is_fast=fast
            )


def pixels():
    for codec, names in PIXELS.items():
        suffix = "mov" if codec[1] in ("prores_ks", "qtrle", "png") else "mkv"
        suffix = "avi" if codec[1] == "rawvideo" else suffix
        for name in names.split():
            fast = codec == X264 and name in ("yuv422p10le", "yuvj420p")
            yield Case(
                f"{codec[1]} {name}",
                suffix,
                (*source(frames=5), *codec, "-pix_fmt", name),
                is_fast=fast,
            )


def colors():
    for matrix, (primaries, transfer) in MATRICES.items():
        for levels in ("tv", "pc"):
            for codec in (X264, X265):
                scale = f"scale=out_color_matrix={SWSCALE.get(matrix, matrix)}:out_range={levels}"
                tags = "-colorspace", matrix, "-color_primaries", primaries, "-color_trc", transfer
                yield Case(
                    f"{matrix} {levels} {codec[1]}",
                    "mp4",
                    (
                        *(*source(frames=3), "-vf", f"{scale}:flags=accurate_rnd,format=yuv420p"),
                        *(*codec, *tags, "-color_range", levels),
                    ),
                    is_fast=codec == X264 and (matrix, levels) == ("bt2020nc", "pc"),
                )


def sizes():
    for size in SIZES.split():
        width, height = map(int, size.split("x"))
        for codec, suffix in (
            (("-c:v", "ffv1", *YUV), "mkv"),
            ((*X264, "-pix_fmt", "yuv444p"), "mp4"),
        ):
            yield Case(
                f"{size} {codec[1]}",
                suffix,
                (*source(size=size, frames=3, picture="testsrc"), *codec),
                (width, height),
                is_fast=size == "17x16",
            )


def rates():
    for rate in RATES.split():
        for suffix in ("mp4", "mkv", "ts"):
            fast = (rate, suffix) == ("30000/1001", "mp4")
            yield Case(
                f"{rate} fps {suffix}",
                suffix,
                (*source(rate=rate), *X264, "-bf", "2", *YUV),
                is_fast=fast,
            )


def structures():
    long = *source(frames=60), "-c:v", "libx264", "-preset", "fast", *YUV
    yield Case("one frame", "mp4", (*source(frames=1), *X264, *YUV), is_fast=True)
    yield Case("many reordered frames", "mp4", (*long, "-bf", "6", "-b_strategy", "0"))
    yield Case("open groups of pictures", "mkv", (*long, "-x264-params", "open-gop=1:keyint=12"))
    yield Case("fragments", "mp4", (*long, "-g", "5", "-movflags", "frag_keyframe+empty_moov"))
    yield Case("index in front", "mp4", (*long, "-movflags", "faststart"))
    yield Case("an edit list", "mp4", (*long, "-bf", "2", "-ss", "0.2"))
    yield Case("negative offsets", "mp4", (*long, "-bf", "2", "-movflags", "negative_cts_offsets"))
    yield Case("sliced intra refresh", "ts", (*long, "-x264-params", "intra-refresh=1:slices=4"))


def cases():
    for made in (codecs(), pixels(), colors(), sizes(), rates(), structures()):
        for case in made:
            marks = () if case.is_fast else (pytest.mark.slow,)
            yield pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", list(cases()))
def test_frames_times_and_colors_are_those_of_the_input(case, copy, tmp_path):
    if case.arguments[case.arguments.index("-c:v") + 1] not in footage.encoders():
        pytest.skip("this ffmpeg lacks the encoder")
    path = footage.make(tmp_path / f"in.{case.suffix}", *case.arguments)
    out = tmp_path / "out.mkv"
    assert copy(path, out, "--codec", "ffv1") == []
    before = footage.pictures(path, size=case.size)
    after = footage.pictures(out, size=case.size)
    assert len(before) == len(after) > 0
    assert np.abs(before.astype(int) - after).max() <= 2
    # Matroska counts milliseconds.
    for old, new in zip(footage.times(path), footage.times(out), strict=True):
        assert abs(old - new) <= Fraction(1, 1000)
