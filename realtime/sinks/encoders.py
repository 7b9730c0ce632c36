"""The video encoders and containers that can be asked for, and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from av.codec import Codec
from av.codec.codec import UnknownCodecError

from ..errors import OptionError
from ..messages import did_you_mean

_X26X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """How to encode.

    Attributes:
        codec: a name of `ENCODERS`, or None for the container's usual one: VP9 in WebM, else H.264.
        crf: constant quality, lower is better and larger; None for the codec's default.
        preset: speed against size; None for the codec's default.
        overwrite: replace an existing file.
        threads: of the encoder; None leaves the choice to it.
    """

    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    overwrite: bool = False
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Encoder:
    """One encoder of FFmpeg and how stylecam drives it.

    Attributes:
        name: FFmpeg's name.
        pixel_format: what the encoder is fed.
        crf: default constant rate factor, or None if the codec has none.
        largest_crf: the worst quality that it takes.
        preset: default preset, or None if the codec has none.
        presets: all of them, fastest first.
        even: both sides must be even.
        full_range: store black as 0 and white as 255, as this codec's players expect.
        quantizer: fixed quantizer for codecs without a rate factor.
        options: for FFmpeg, as they are.
        tag: the four characters that MP4 and MOV players want to see.
        left: players take a colour sample to lie on the left one of a pair of pixels, not between
            the two.
    """

    name: str
    pixel_format: str = "yuv420p"
    crf: int | None = None
    largest_crf: int = 51
    preset: str | None = None
    presets: tuple[str, ...] = ()
    even: bool = False
    full_range: bool = False
    quantizer: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None
    left: bool = False


ENCODERS: Mapping[str, Encoder] = {
    "h264": Encoder(
        "libx264", crf=18, preset="veryfast", presets=_X26X_PRESETS, even=True, left=True
    ),
    "h265": Encoder(
        "libx265",
        crf=20,
        preset="veryfast",
        presets=_X26X_PRESETS,
        even=True,
        # x265 would talk on stderr.
        options={"x265-params": "log-level=error"},
        tag="hvc1",
        left=True,
    ),
    "av1": Encoder(
        "libsvtav1",
        crf=26,
        largest_crf=63,
        preset="9",
        presets=tuple(str(speed) for speed in range(13, -1, -1)),
        even=True,
    ),
    "vp9": Encoder(
        "libvpx-vp9",
        crf=22,
        largest_crf=63,
        options={"b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"},
    ),
    "mpeg4": Encoder("mpeg4", quantizer=3, left=True),
    "mjpeg": Encoder("mjpeg", "yuvj420p", quantizer=3, full_range=True),
    "prores": Encoder("prores_ks", "yuv422p10le", options={"profile": "3"}, even=True),
    "ffv1": Encoder("ffv1", "bgr0", options={"level": "3", "slices": "12", "slicecrc": "1"}),
}
"""By the name that a user gives. The defaults keep a painting's fine strokes: where a larger
rate factor is usual, stylized video shows blocks."""

_ALIASES = {"hevc": "h265", "x264": "h264", "x265": "h265", "avc": "h264"}


@dataclass(frozen=True, slots=True)
class ContainerKind:
    """A file format.

    Attributes:
        format: FFmpeg's name of the muxer.
        codecs: names of `ENCODERS` that players accept in it; the first is the default.
    """

    format: str
    codecs: tuple[str, ...]


_MP4 = ContainerKind("mp4", ("h264", "h265", "av1", "vp9", "mpeg4"))

CONTAINERS: Mapping[str, ContainerKind] = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": ContainerKind("mov", ("h264", "h265", "prores", "mpeg4", "mjpeg")),
    ".mkv": ContainerKind("matroska", tuple(ENCODERS)),
    ".webm": ContainerKind("webm", ("vp9", "av1")),
    ".avi": ContainerKind("avi", ("h264", "mpeg4", "mjpeg", "ffv1")),
    ".ts": ContainerKind("mpegts", ("h264", "h265", "mpeg4")),
}
"""By the suffix of a file name."""


def choose(path: Path, options: VideoOptions) -> tuple[ContainerKind, Encoder]:
    """The container and the encoder for an output, with the options applied to the latter.

    Raises:
        OptionError: unknown suffix or codec, a codec that this build or the container lacks, or a
            value that the codec does not have.
    """
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        raise OptionError(
            f"{path} has no known video suffix; end it in one of {', '.join(CONTAINERS)}"
        )
    name = (options.codec or container.codecs[0]).lower()
    name = _ALIASES.get(name, name)
    if name not in ENCODERS:
        raise OptionError(
            f"codec {options.codec!r} is unknown{did_you_mean(name, ENCODERS)}; available:"
            f" {', '.join(available_codecs())}"
        )
    if name not in container.codecs:
        fitting = [suffix for suffix, kind in CONTAINERS.items() if name in kind.codecs]
        raise OptionError(
            f"{path.suffix} does not hold {name}; use {', '.join(container.codecs)}, or a file in"
            f" {', '.join(fitting)}"
        )
    if not _exists(ENCODERS[name].name):
        raise OptionError(
            f"codec {name} is not part of this PyAV; available: {', '.join(available_codecs())}"
        )
    _check_quality(name, ENCODERS[name], options)
    return container, ENCODERS[name]


def available_codecs() -> list[str]:
    """The names of `ENCODERS` that the installed PyAV has."""
    return [name for name, encoder in ENCODERS.items() if _exists(encoder.name)]


def encoder_options(encoder: Encoder, options: VideoOptions) -> dict[str, str]:
    """What to hand to FFmpeg for this encoder."""
    result = dict(encoder.options)
    if encoder.crf is not None:
        result["crf"] = str(encoder.crf if options.crf is None else options.crf)
    if encoder.preset is not None:
        result["preset"] = options.preset or encoder.preset
    return result


def _check_quality(name: str, encoder: Encoder, options: VideoOptions) -> None:
    if options.crf is not None:
        if encoder.crf is None:
            raise OptionError(f"codec {name} has no --crf; leave it out")
        if not 0 <= options.crf <= encoder.largest_crf:
            raise OptionError(
                f"--crf {options.crf} is out of range; {name} takes 0 (best) to"
                f" {encoder.largest_crf}, by default {encoder.crf}"
            )
    if options.preset is not None:
        if encoder.preset is None:
            raise OptionError(f"codec {name} has no --preset; leave it out")
        if options.preset not in encoder.presets:
            raise OptionError(
                f"--preset {options.preset!r} is unknown; {name} takes {', '.join(encoder.presets)}"
            )
    if options.threads is not None and options.threads < 1:
        raise OptionError(f"threads must be at least 1, not {options.threads}")


def _exists(encoder: str) -> bool:
    try:
        Codec(encoder, "w")
    except UnknownCodecError:
        return False
    return True
