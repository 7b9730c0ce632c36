"""Makes small videos whose times, colours, turns and other streams are known exactly."""

from __future__ import annotations

import os
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

SAMPLE_RATE = 48_000
UNIT = Fraction(1, 12_800)
STEP = 512
"""A frame's length in units: 25 frames per second."""
MATRICES = {1: 1, 5: 5, 6: 5, 9: 9}
"""H.273 matrix to swscale's number."""


def patches(index: int = 0, width: int = 64, height: int = 48) -> np.ndarray:
    """Four flat quarters (red, green, blue, grey): uint8 ``[H, W, 3]``, with a moving stripe."""
    image = np.empty((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    image[:top, :left] = (200, 40, 50)
    image[:top, left:] = (60, 180, 30)
    image[top:, :left] = (40, 60, 210)
    image[top:, left:] = (128, 128, 128)
    image[:, index % width] = 255 - index
    return image


def write_clip(
    path: Path,
    *,
    times: list[int] | None = None,
    frames: int = 12,
    unit: Fraction = UNIT,
    width: int = 64,
    height: int = 48,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    matrix: int | None = None,
    full_range: bool = False,
    tags: tuple[int, int] = (2, 2),
    aspect: Fraction | None = None,
    rotation: float | None = None,
    mirrored: bool = False,
    languages: tuple[str, ...] = (),
    audio_codec: str = "aac",
    audio_seconds: Fraction | None = None,
    subtitles: str | None = None,
    chapters: bool = False,
    metadata: dict[str, str] | None = None,
    draw=patches,
) -> Path:
    """A clip with lossless or nearly lossless pictures from ``draw(index, width, height)``.

    ``times`` are in units; ``tags`` are primaries and transfer; ``languages`` makes one sound
    track each, ``subtitles`` names a text encoder.
    """
    times = [index * STEP for index in range(frames)] if times is None else times
    end = Fraction(times[-1] + STEP) * unit
    disabled = {"avoid_negative_ts": "disabled"} if path.suffix in (".mp4", ".mkv") else {}
    with av.open(str(path), "w", container_options=disabled) as container:
        container.metadata.update(metadata or {})
        quality = {"crf": "1", "preset": "ultrafast"} if codec == "libx264" else {}
        video = container.add_stream(
            codec,
            rate=25,
            options={**quality, **(options or {})},
            width=width,
            height=height,
            time_base=unit,
        )
        context = video.codec_context
        context.pix_fmt = pixel_format
        context.color_range = 2 if full_range else 1
        context.color_primaries, context.color_trc = tags
        if matrix is not None:
            context.colorspace = matrix
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if rotation is not None or mirrored:
            video.set_display_rotation(rotation or 0, hflip=mirrored)
        sounds = [_add_sound(container, language, audio_codec) for language in languages]
        text = _add_subtitles(container, subtitles)
        if chapters:
            container.set_chapters(_chapters(end))
        container.start_encoding()
        for stream, frequency in zip(sounds, (440, 660), strict=False):
            _mux_tone(container, stream, frequency, audio_seconds or end)
        if text is not None:
            _mux_text(container, text)
        for index, time in enumerate(times):
            image = draw(index, width, height)
            frame = to_frame(image, pixel_format, matrix or 6, full_range=full_range)
            frame.pts, frame.time_base = time, unit
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def to_frame(
    image: np.ndarray, pixel_format: str, matrix: int, *, full_range: bool
) -> av.VideoFrame:
    """An RGB picture in another pixel format."""
    return av.VideoFrame.from_ndarray(image, "rgb24").reformat(
        format=pixel_format,
        src_colorspace=MATRICES[matrix],
        dst_colorspace=MATRICES[matrix],
        src_color_range=2,
        dst_color_range=2 if full_range else 1,
        interpolation=Interpolation.BICUBIC
        | Interpolation.ACCURATE_RND
        | Interpolation.FULL_CHR_H_INP,
    )


def frame_times(path: Path) -> list[Fraction]:
    """When each picture of the first video stream is shown, in seconds."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def packets(path: Path, kind: str, number: int = 0) -> list[tuple[Fraction, bytes]]:
    """(presentation time in seconds, bytes) of every packet of one stream."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[number]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


@contextmanager
def stepped_down():
    """Root may read everything, so it becomes nobody for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def loud_moments(path: Path) -> list[float]:
    """When the sound becomes loud after silence, in seconds by the times in the file."""
    moments: list[float] = []
    last = -1.0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            values = frame.to_ndarray().astype(np.float64)
            if frame.format.name.startswith("s"):
                values /= 2 ** (8 * frame.format.bytes - 1)
            loud = np.flatnonzero(np.abs(values).max(axis=0) > 0.2)
            for moment in float(frame.pts * frame.time_base) + loud / frame.sample_rate:
                if moment - last > 0.1:
                    moments.append(float(moment))
                last = moment
    return moments


def packets_without_time(path: Path, stream: int) -> list[bytes]:
    """The bytes of every packet of one stream, a cover picture for instance."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams[stream]) if p.size]


def _add_sound(container, language, codec):
    stream = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
    stream.metadata["language"] = language
    return stream


def _mux_tone(container, stream, frequency, seconds):
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = (0.2 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)[None]
    samples = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
    samples.sample_rate, samples.pts = SAMPLE_RATE, 0
    container.mux([*stream.encode(samples), *stream.encode(None)])


def _add_subtitles(container, codec):
    if codec is None:
        return None
    stream = container.add_stream(codec)
    # The encoder wants a style sheet; a decoder's own is the plainest there is.
    decoder = av.CodecContext.create("subrip", "r")
    decoder.open()
    stream.codec_context.subtitle_header = decoder.subtitle_header
    stream.metadata["language"] = "deu"
    stream.time_base = Fraction(1, 1000)
    return stream


def _mux_text(container, stream):
    from av.subtitles.subtitle import SubtitleSet

    for start, length, line in ((80, 160, b"Hello"), (320, 120, b"World")):
        text = b"0,0,Default,,0,0,0,," + line
        packet = stream.codec_context.encode_subtitle(SubtitleSet.create(text, 0, length))
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = start
        packet.duration = length
        container.mux(packet)


def _chapters(end):
    unit, stop = Fraction(1, 1000), int(end * 1000)
    bounds = ((0, stop // 2, "One"), (stop // 2, stop, "Two"))
    return [
        {"id": i, "start": a, "end": b, "time_base": unit, "metadata": {"title": title}}
        for i, (a, b, title) in enumerate(bounds)
    ]
