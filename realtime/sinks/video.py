"""Frames into a video file, with what else the input held."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av

from ..color import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED, output_tags
from ..errors import SinkError
from ..frame import Frame, StreamInfo
from .atomic import AtomicFile, reason
from .clock import Clock, choose_unit, nominal_rate
from .closing import Closing
from .encoders import VideoOptions, choose, encoder_options
from .picture import PictureEncoderInput
from .streams import CopySource, StreamCopier
from .tags import lost_tags, needs_free_tags, stream_tags

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

__all__ = ["VideoFileSink", "VideoOptions"]

_MP4_FORMATS = ("mp4", "mov")
_FINEST_CLOCK = 10_000_000
"""Ticks per second beyond which an MP4's own clock is not refined."""
_NOTICEABLE = Fraction(1, 20)
"""Seconds from which a shift of one picture is worth a word."""
_TRANSPORT_STREAM_START = Fraction(1)
_LATEST_START = Fraction(60)
"""Seconds that an MP4 or AVI may begin late; players show nothing until then."""


class VideoFileSink(Closing):
    """Encodes frames into a file that takes its name when it is complete.

    Every frame keeps its own time to within one tick of the input's time base. With ``copy_from``
    sound, subtitles, data, attachments, chapters and tags come along; where the source was cut,
    everything moves so that the first frame is at 0.

    Args:
        path: the output; its suffix names the container.
        info: of the frames that will be written.
        options: of the encoder.
        copy_from: the source that the frames come from; must stay open while writing.

    Attributes:
        warnings: one line for each thing that is not as in the input; complete after ``close``.
        size: (width, height) of the pictures in the file, which some codecs need to be even.

    Raises:
        OptionError: a container, codec or setting that does not exist or does not fit.
        SinkError: the output exists, is the input, or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        info: StreamInfo,
        options: VideoOptions = VideoOptions(),  # noqa: B008 - frozen
        *,
        copy_from: CopySource | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self.size = (info.width, info.height)
        self._path = Path(path)
        self._info = info
        self._options = options
        self._source = copy_from
        self._kind, self._encoder = choose(self._path, options)
        self._copier: StreamCopier | None = None
        self._output: av.container.OutputContainer | None = None
        self._count = 0
        self._open = True
        self._file = AtomicFile(
            self._path,
            overwrite=options.overwrite,
            inputs=() if copy_from is None else (copy_from.path,),
        )
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self.abort()
            raise

    def _prepare(self) -> None:
        info, encoder, format_name = self._info, self._encoder, self._kind.format
        constant_rate = format_name == "avi"
        unit = choose_unit(info, constant_rate=constant_rate)
        # An AVI begins with a frame; gaps can only follow.
        self._clock = Clock(unit, nominal_rate(info), from_zero=constant_rate)
        width, height = info.width, info.height
        if encoder.even:
            width, height = width + width % 2, height + height % 2
        self.size = (width, height)
        self._tags = output_tags(info.color, width, height)
        assert self._tags.matrix is not None
        self._convert = PictureEncoderInput(
            width,
            height,
            encoder.pixel_format,
            self._tags.matrix,
            full_range=encoder.full_range,
            left=encoder.left,
        )
        if (width, height) != (info.width, info.height):
            self.warnings.append(
                f"{self._path.name}: {self._options.codec or self._kind.codecs[0]} needs even"
                f" sides; {info.width}x{info.height} became {width}x{height} by repeating the edge"
            )
        if self._source is not None:
            self._copier = StreamCopier(self._source)
        self._output = av.open(
            str(self._file.temporary),
            "w",
            format=format_name,
            container_options=self._muxer_options(),
            metadata_errors="surrogateescape",
        )
        if self._copier is None:
            self._add_video(None, width, height)
        else:
            tags = self._copier.tags()
            lost = lost_tags(tags, format_name)
            if lost:
                self.warnings.append(
                    f"{self._path.name}: the tags {', '.join(lost)} are left out; {format_name}"
                    " does not hold them"
                )
            self._output.metadata.update(tags)
            self._copier.add_streams(
                self._output, lambda stream: self._add_video(stream, width, height)
            )

    def _muxer_options(self) -> dict[str, str]:
        options = {}
        if self._kind.format in (*_MP4_FORMATS, "matroska", "webm", "avi"):
            # Sound often begins a few milliseconds before 0; that must not move the pictures.
            options["avoid_negative_ts"] = "disabled"
        if self._kind.format == "mpegts":
            options["mpegts_copyts"] = "1"
        if self._kind.format in _MP4_FORMATS:
            clocks = [self._clock.unit.denominator]
            flags = "+faststart"
            if self._copier is not None:
                clocks += self._copier.clocks()
                if needs_free_tags(self._copier.tags()):
                    flags += "+use_metadata_tags"
            options["movflags"] = flags
            # The start of each stream is rounded to this clock, by default to milliseconds.
            finest = math.lcm(*clocks)
            options["movie_timescale"] = str(finest if finest <= _FINEST_CLOCK else clocks[0])
        return options

    def _add_video(self, template: Stream | None, width: int, height: int) -> None:
        encoder, info = self._encoder, self._info
        assert self._output is not None
        settings = encoder_options(encoder, self._options)
        if self._kind.format == "avi":
            settings["bf"] = "0"
        rate = nominal_rate(info)
        stream = cast(
            "VideoStream",
            self._output.add_stream(
                encoder.name,
                rate=rate,
                options=settings,
                width=width,
                height=height,
                time_base=1 / rate,
            ),
        )
        stream.time_base = self._clock.unit
        context = stream.codec_context
        context.pix_fmt = encoder.pixel_format
        context.sample_aspect_ratio = info.sample_aspect_ratio
        is_rgb = av.VideoFormat(encoder.pixel_format).is_rgb
        context.colorspace = 0 if is_rgb else self._tags.matrix or UNSPECIFIED
        context.color_primaries = self._tags.primaries or UNSPECIFIED
        context.color_trc = self._tags.transfer or UNSPECIFIED
        context.color_range = FULL_RANGE if is_rgb or encoder.full_range else LIMITED_RANGE
        # PyAV's default cuts every picture into slices, which costs quality.
        context.thread_type = "AUTO"
        context.thread_count = self._options.threads or 0
        if encoder.quantizer is not None:
            context.qscale = True
            context.global_quality = encoder.quantizer
        if encoder.tag is not None and self._kind.format in _MP4_FORMATS:
            context.codec_tag = encoder.tag
        if template is not None:
            stream.disposition = template.disposition
            stream.metadata.update(self._video_tags(template))
        # SVT-AV1 prints its settings on stderr unless the environment says otherwise.
        os.environ.setdefault("SVT_LOG", "1")
        context.open()
        self._stream = stream

    def _video_tags(self, template: Stream) -> dict[str, str]:
        tags = stream_tags(template.metadata, self._kind.format)
        if self._source is not None and self._source.cut_begin is not None:
            for key in [key for key in tags if key.lower() == "timecode"]:
                del tags[key]
                self.warnings.append(
                    f"{self._path.name}: the time code is left out; it would be wrong after the cut"
                )
        return tags

    @property
    def damaged(self) -> bool:
        """Whether sound or subtitles end early, since the input is damaged there."""
        return self._copier is not None and self._copier.damaged

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            ValueError: it has another size than was announced, or the sink is closed.
            SinkError: the output cannot be written, for instance because the disk is full.
        """
        if not self._open:
            raise ValueError(f"{self._path} is closed and takes no more frames")
        height, width = frame.image.shape[:2]
        if (width, height) != (self._info.width, self._info.height):
            raise ValueError(
                f"frames of {self._info.width}x{self._info.height} were announced, but this one"
                f" has {width}x{height}"
            )
        with self._errors():
            if self._count == 0:
                self._begin(frame.pts)
            picture = self._convert(frame.image)
            picture.pts = self._clock.add(frame)
            picture.time_base = self._stream.codec_context.time_base
            for packet in self._stream.encode(picture):
                self._mux(packet)
        self._count += 1

    def _begin(self, first: Fraction) -> None:
        """Write the header, now that it is known when the video starts."""
        assert self._output is not None
        shift = self._choose_shift(first)
        self._clock.shift = shift
        if self._kind.format == "avi" and first - shift > _NOTICEABLE:
            self.warnings.append(
                f"{self._path.name}: avi begins with a picture; the first is shown from 0 s and not"
                f" from {float(first - shift):g} s"
            )
        if self._copier is not None:
            chapters = self._copier.chapters(shift)
            if chapters and self._kind.format in ("mpegts", "avi"):
                self.warnings.append(
                    f"{self._path.name}: the chapters are left out; {self._kind.format} does not"
                    " hold them"
                )
            self._output.set_chapters(chapters)
        self._output.start_encoding()
        if self._copier is not None:
            self._copier.begin(self._output, shift)

    def _choose_shift(self, first: Fraction) -> Fraction:
        """What to subtract from every time; 0 wherever the container can hold the times."""
        if self._source is not None and self._source.cut_begin is not None:
            shift = self._source.cut_begin
            start = first - shift
        else:
            shift = Fraction(0)
            # Sound may begin before the pictures.
            start = first if self._copier is None else min(first, self._copier.start(first))
        # No container shows pictures before 0; a transport stream needs time for what is decoded
        # before it is shown, and cannot count below 0.
        if self._kind.format == "mpegts":
            wanted = max(start, _TRANSPORT_STREAM_START)
        elif self._kind.format in (*_MP4_FORMATS, "avi") and start > _LATEST_START:
            # A broadcast's clock has been running for hours when a recording begins.
            wanted = Fraction(0)
        else:
            start = first - shift
            wanted = max(start, Fraction(0))
        moved = wanted - start
        if moved:
            verb = "cannot" if moved > 0 else "should not"
            self.warnings.append(
                f"{self._path.name}: {self._kind.format} {verb} begin at {float(start):g} s;"
                f" all times were moved by {float(moved):g} s"
            )
        return shift - moved

    def _mux(self, packet: Packet[VideoStream]) -> None:
        assert self._output is not None
        self._clock.stamp(packet)
        decoded = (packet.dts or 0) * packet.time_base
        # The other streams follow, so that the file is interleaved and nothing piles up.
        self._output.mux(packet)
        if self._copier is not None:
            self._copier.advance(decoded)

    def close(self) -> None:
        """Complete the file under its name; harmless when repeated.

        Raises:
            SinkError: no frame was written, or the file cannot be completed; nothing remains.
        """
        if not self._open:
            return
        if self._count == 0:
            self.abort()
            raise SinkError(f"{self._path} is not written: there are no frames")
        try:
            with self._errors():
                self._finish()
        except BaseException:
            self.abort()
            raise
        self._open = False
        self._file.commit()

    def _finish(self) -> None:
        assert self._output is not None
        for packet in self._stream.encode(None):
            self._mux(packet)
        if self._copier is not None and self._source is not None:
            # After an interruption sound must not go on behind the last picture.
            end = self._clock.end
            self._copier.finish(None if self._source.exhausted else end, end)
            self.warnings += self._copier.warnings
        if self._clock.mended:
            self.warnings.append(
                f"{self._path.name}: {self._clock.mended} frames came at or before the time of the"
                " one before and were moved"
            )
        self._output.close()
        if self._copier is not None:
            self._copier.close()

    def abort(self) -> None:
        """Leave nothing behind; harmless when repeated or after ``close``."""
        if not self._open:
            return
        self._open = False
        if self._output is not None:
            # Closing writes the end of a file that is thrown away; on a full disk that fails.
            with suppress(av.FFmpegError, OSError, ValueError):
                self._output.close()
        if self._copier is not None:
            self._copier.close()
        self._file.discard()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except av.MemoryError:
            raise
        except (av.FFmpegError, OSError) as error:
            raise SinkError(f"cannot write {self._path}: {reason(error)}") from error
