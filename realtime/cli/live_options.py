"""The options of ``stylecam live``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any

import click

from . import options

TARGET_FPS = 25.0
"""Below it motion no longer looks smooth."""
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options as they were given; see the help of each below."""

    style: str | None
    strength: float
    size: str | None
    target_fps: float
    keep_colors: bool
    temporal: float | None
    model: str | None
    device: str
    threads: int | None
    camera_size: str | None
    camera_fps: float | None
    mirror: bool | None
    loop: bool
    reconnect: float
    record: str | None
    folder: str
    codec: str | None
    crf: int | None
    overwrite: bool
    serve: int | None
    host: str
    stream: str | None
    virtual_camera: bool
    window: bool
    max_frames: int | None
    duration: float | None
    report: str | None


def live_options(function: Callable[..., int]) -> Callable[..., int]:
    """Every option of the command, as the argument ``given``."""

    @wraps(function)
    def with_options(**values: Any) -> int:  # noqa: ANN401 - click's values
        given = {entry.name: values.pop(entry.name) for entry in fields(LiveOptions)}
        return function(given=LiveOptions(**given), **values)

    decorated: Callable[..., int] = with_options
    for decorate in reversed((*_PAINTING, *_SOURCE, *_OUTPUTS, *_RUN)):
        decorated = decorate(decorated)
    return decorated


_PAINTING: tuple[Callable[..., Any], ...] = (
    options.style,
    click.option(
        "--strength", metavar="0..1", type=click.FloatRange(0, 1), default=1.0,
        help="How much of the painting shows; 1 if not given.",
    ),
    click.option(
        "--size", metavar="H|WxH|source",
        help="Paint at this height, or width and height, whatever the machine can do.",
    ),
    click.option(
        "--target-fps", metavar="N", type=click.FloatRange(1, 240), default=TARGET_FPS,
        show_default=True,
        help="Without --size: paint smaller pictures where the machine cannot keep up with this.",
    ),
    click.option(
        "--keep-colors", is_flag=True,
        help="Take the brightness from the painting and the colours from the input.",
    ),
    options.temporal,
    options.model,
    options.device,
    options.threads,
)  # fmt: skip
_SOURCE: tuple[Callable[..., Any], ...] = (
    click.option(
        "--camera-size", metavar="WxH", help="Size to ask the camera for, such as 1280x720.",
    ),
    click.option(
        "--camera-fps", metavar="N", type=click.FloatRange(1, 1000),
        help="Frames per second to ask the camera for.",
    ),
    click.option(
        "--mirror/--no-mirror", default=None,
        help="Change left and right over, as a mirror does; for cameras unless told otherwise.",
    ),
    click.option("--loop", is_flag=True, help="Play a file again and again."),
    click.option(
        "--reconnect", metavar="SECONDS", type=click.FloatRange(0, 86400),
        default=PATIENCE_SECONDS, show_default=True,
        help="How long to wait for a camera or a stream that is missing, or has gone.",
    ),
)  # fmt: skip
_OUTPUTS: tuple[Callable[..., Any], ...] = (
    click.option("--record", metavar="OUT.mp4", type=click.Path(), help="Record from the start."),
    click.option(
        "--folder", metavar="DIR", type=click.Path(), default=".",
        help="Where the keys s and r save pictures and recordings; here if not given.",
    ),
    click.option(
        "--codec", metavar="NAME", help="Encoder of recordings, e.g. h264 or h265.",
    ),
    click.option(
        "--crf", metavar="N", type=int, help="Quality of recordings: lower is better and larger.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace outputs that exist."),
    click.option(
        "--serve", metavar="PORT", type=click.IntRange(0, 65535),
        help="Show the picture to browsers at http://127.0.0.1:PORT/; 0 takes a free port.",
    ),
    click.option(
        "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True,
        help="With --serve: whom to serve; 0.0.0.0 serves every machine that can reach this one.",
    ),
    click.option(
        "--stream", metavar="URL",
        help="Send the picture to rtmp://, rtsp://, srt://, udp:// or tcp://.",
    ),
    click.option(
        "--virtual-camera", is_flag=True, help="Be a camera that other programs can choose.",
    ),
    click.option("--window/--no-window", default=True, help="Whether to open a window."),
)  # fmt: skip
_RUN: tuple[Callable[..., Any], ...] = (
    click.option(
        "--max-frames", metavar="N", type=click.IntRange(min=1), help="End after so many frames.",
    ),
    click.option(
        "--duration", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True),
        help="End after so long.",
    ),
    click.option(
        "--report", metavar="FILE.json", type=click.Path(), help="Write what really ran to a file."
    ),
)  # fmt: skip
