"""Decide for each stream of the input how the output's container can take it."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.stream import Disposition

from ..sources.opening import open_again
from .routes import AudioRoute, CopyRoute, CoverRoute, Route, SubtitleRoute
from .tags import stream_tags

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.stream import Stream
    from av.subtitles.stream import SubtitleStream

_TIMES_MAY_REPEAT = 0x20000
"""FFmpeg's AVFMT_TS_NONSTRICT."""
_TRANSPORT_STREAM_CODECS = frozenset(
    (
        *("aac", "aac_latm", "mp2", "mp3", "ac3", "eac3", "opus", "dts", "truehd"),
        *("dvb_subtitle", "dvb_teletext", "h264", "hevc", "mpeg2video", "mpeg4", "klv"),
    )
)
_AVI_CODECS = frozenset(("aac", "ac3", "mp2", "mp3", "pcm_s16le", "pcm_u8"))
_PLAYABLE = {"mpegts": _TRANSPORT_STREAM_CODECS, "avi": _AVI_CODECS}
"""These muxers take almost anything, but players read only this."""
_AUDIO_ENCODERS = {"webm": "libopus", "avi": "libmp3lame"}
_AUDIO_BITS_PER_CHANNEL = 96_000
_OPUS_RATE = 48_000
_AAC_RATES = frozenset((8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000))
_SUBTITLE_ENCODERS = {
    "mp4": "mov_text",
    "mov": "mov_text",
    "matroska": "subrip",
    "webm": "webvtt",
}
_TEXT_SUBTITLES = frozenset(
    ("ass", "mov_text", "ssa", "subrip", "srt", "text", "webvtt", "microdvd", "subviewer")
)


class StreamAdopter:
    """Adds streams to an output.

    Args:
        output: to add to.
        path: of the input, for messages and to fetch cover pictures.
        warnings: where to say what is converted or left out.
    """

    def __init__(self, output: OutputContainer, path: Path, warnings: list[str]) -> None:
        self._output = output
        self._format = output.format.name
        self._path = path
        self._warnings = warnings
        self._strict = not output.format.flags & _TIMES_MAY_REPEAT

    def adopt(self, stream: Stream) -> Route | None:
        """Make room for ``stream``; None if nothing of it is to be read."""
        if stream.type == "video" and Disposition.attached_pic in stream.disposition:
            return self._adopt_cover(stream)
        if (
            stream.type == "data"
            and self._format in ("mp4", "mov")
            and "timecode" in stream.metadata
        ):
            # The muxer makes the time code track anew, from the tag of the painted stream.
            return None
        if self._accepts(stream):
            output = self._add_copy(stream)
            return None if stream.type == "attachment" else CopyRoute(output, strict=self._strict)
        if stream.type == "audio" and stream.codec_context is not None:
            return self._convert_audio(stream)  # type: ignore[arg-type]
        if stream.type == "subtitle" and _codec_name(stream) in _TEXT_SUBTITLES:
            return self._convert_subtitles(stream)  # type: ignore[arg-type]
        self._left_out(stream)
        return None

    def _adopt_cover(self, stream: Stream) -> Route | None:
        # The MOV muxer takes a cover, and writes nothing of it.
        if self._format == "mp4" and self._accepts(stream):
            return CoverRoute(self._add_copy(stream))
        if self._format == "matroska":
            kind = _codec_name(stream).replace("mjpeg", "jpeg")
            name = stream.metadata.get("filename") or f"cover.{kind.replace('jpeg', 'jpg')}"
            mime = stream.metadata.get("mimetype") or f"image/{kind}"
            self._output.add_attachment(name, mime, _read_cover(self._path, stream.index))
        else:
            self._left_out(stream)
        return None

    def _accepts(self, stream: Stream) -> bool:
        """Whether the container takes the stream as it is, by trying it on a scratch file."""
        if stream.type == "unknown":
            return False
        if self._format in _PLAYABLE and _codec_name(stream) not in _PLAYABLE[self._format]:
            return False
        if self._format == stream.container.format.name == "avi" and _codec_name(stream) == "ac3":
            # AC-3 from an AVI is marked in a way that makes the AVI muxer lose its times.
            return False
        # The MOV muxer takes any data, but writes tracks without the description they need.
        strict = self._format == "mov" and stream.type == "data"
        scratch = av.open(io.BytesIO(), "w", format="mp4" if strict else self._format)
        try:
            scratch.add_stream_from_template(stream, opaque=True)
            scratch.start_encoding()
        except (ValueError, av.FFmpegError):
            return False
        finally:
            with suppress(ValueError, av.FFmpegError):
                scratch.close()
        return True

    def _add_copy(self, stream: Stream) -> Stream:
        output = self._output.add_stream_from_template(stream, opaque=True)
        self._describe(stream, output)
        return output

    def _convert_audio(self, stream: AudioStream) -> Route:
        codec = _AUDIO_ENCODERS.get(self._format, "aac")
        rate = stream.codec_context.sample_rate
        if codec == "libopus" or rate not in _AAC_RATES:
            rate = _OPUS_RATE
        # Without a reservoir of bits every packet of MP3 can be heard without those before it.
        options = {"reservoir": "0"} if codec == "libmp3lame" else {}
        output = cast("AudioStream", self._output.add_stream(codec, rate=rate, options=options))
        # A layout that the encoder does not know is mixed down.
        channels = stream.codec_context.channels
        layout = "mono" if channels == 1 else "stereo"
        output.codec_context.layout = layout
        output.codec_context.bit_rate = _AUDIO_BITS_PER_CHANNEL * min(channels, 2)
        self._describe(stream, output)
        self._warnings.append(
            f"{self._path.name}: {self._format} does not hold {_codec_name(stream)} sound; stream"
            f" {stream.index} is encoded again as {layout} {_codec_name(output)}"
        )
        return AudioRoute(output, from_zero=self._format == "avi")

    def _convert_subtitles(self, stream: SubtitleStream) -> Route | None:
        codec = _SUBTITLE_ENCODERS.get(self._format)
        if codec is None:
            self._left_out(stream)
            return None
        # The decoder knows the header that the encoder needs once it is open.
        with suppress(ValueError):
            stream.codec_context.open()
        output = cast("SubtitleStream", self._output.add_stream(codec))
        output.codec_context.subtitle_header = stream.codec_context.subtitle_header
        output.time_base = stream.time_base
        self._describe(stream, output)
        self._warnings.append(
            f"{self._path.name}: {self._format} does not hold {_codec_name(stream)} subtitles;"
            f" stream {stream.index} is converted to {codec}, its styling may be lost"
        )
        return SubtitleRoute(stream, output)

    def _describe(self, stream: Stream, output: Stream) -> None:
        output.disposition = stream.disposition
        output.metadata.clear()
        output.metadata.update(stream_tags(stream.metadata, self._format))

    def _left_out(self, stream: Stream) -> None:
        kind = "cover picture" if stream.type == "video" else f"{stream.type} stream"
        self._warnings.append(
            f"{self._path.name}: the {kind} {stream.index} ({_codec_name(stream)}) is left out;"
            f" {self._format} does not hold it"
        )


def _codec_name(stream: Stream) -> str:
    context = getattr(stream, "codec_context", None)
    if context is not None:
        return str(context.codec.canonical_name)
    return str(getattr(stream, "name", None) or "unknown format")


def _read_cover(path: Path, index: int) -> bytes:
    with open_again(path) as container:
        for packet in container.demux(container.streams[index]):
            return bytes(packet)
    return b""
