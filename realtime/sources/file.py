"""Frames of a video file: each one exactly once, upright, in RGB, at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import av

from ..color import BT709, is_hdr
from ..errors import OptionError, SourceError
from ..frame import ColorTags, Frame, StreamInfo
from ..sizes import MAXIMUM_PIXELS, SizeRequest, check_pixels
from .decoder import Decoder
from .deinterlace import Deinterlacer
from .opening import find_video, open_input
from .orientation import Orientation, parse_display_matrix
from .rgb import RgbConverter, peak_light, tags_of
from .timeline import average_rate, presentation_start, stream_duration

if TYPE_CHECKING:
    from ..tonemap import ToneMapper

_GAP = Fraction(3, 2)
"""Frames from the last one to a cut, on average, beyond which one is missing."""
_SDR = ColorTags(BT709, BT709, BT709, full_range=False)
_SAME_SHAPE = Fraction(1, 100)
"""Relative change of the aspect ratio that is mere rounding of the size."""


class VideoFileSource:
    """Reads a video file with PyAV.

    Timestamps are those of the file, never rebased: with ``start`` the first frame keeps its
    time, and a sink that copies sound subtracts ``cut_begin`` from everything.

    Args:
        path: the file.
        start: first moment, in seconds from where players show 0:00; frames before are skipped.
        end: moment before which to stop, counted alike.
        size: bring the upright pictures to this size.
        max_pixels: most pixels that a picture may have; None for the usual limit.

    Attributes:
        info: of the frames delivered; HDR is delivered as SDR.
        warnings: one line for each thing the user should know; complete after iterating.
        damaged: frames were lost or broken.
        exhausted: every frame there is was delivered.
        stream_index: which stream of the file is decoded.
        cut_begin: time of the first frame where ``start`` is given, as in the file; else None.
        cut_end: time at which ``end`` cuts, as in the file; else None.

    Raises:
        SourceError: missing, unreadable, not a video, too large, without a frame that decodes.
        OptionError: ``end`` is not after ``start``, or no frame lies between them.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: Fraction | None = None,
        end: Fraction | None = None,
        size: SizeRequest | None = None,
        max_pixels: int | None = None,
    ) -> None:
        _check_range(start, end)
        self.path = Path(path)
        self.start = start
        self.end = end
        self.warnings: list[str] = []
        self.damaged = False
        self.exhausted = False
        self._iterated = False
        self._is_closed = False
        self._container = open_input(self.path)
        try:
            self._prepare(size, max_pixels or MAXIMUM_PIXELS)
        except BaseException:
            self._container.close()
            raise

    def _prepare(self, size: SizeRequest | None, max_pixels: int) -> None:
        stream = find_video(self._container, self.path)
        check_pixels(stream.width, stream.height, max_pixels, self.path)
        self.stream_index = stream.index
        self._stream = stream
        self._decoder = Decoder(self._container, stream, max_pixels)
        self._deinterlacer = Deinterlacer()
        origin = presentation_start(self._container)
        begin = None if self.start is None else origin + self.start
        self.cut_end = None if self.end is None else origin + self.end
        self._first, self._rest = self._begin(begin, origin)
        time, frame = self._first
        self.cut_begin = None if begin is None else time
        if self.cut_end is not None and time >= self.cut_end:
            raise OptionError(f"no frame of {self.path} lies before --end {_seconds(self.end)}")
        orientation = _orientation(frame)
        self.info = self._describe(frame, orientation, size)
        self._converter = RgbConverter(
            self.info.width,
            self.info.height,
            orientation,
            stream.codec_context.name,
            self._tone_mapper(frame),
        )
        self._warn(orientation)

    def _begin(
        self, begin: Fraction | None, origin: Fraction
    ) -> tuple[tuple[Fraction, av.VideoFrame], Iterator[tuple[Fraction, av.VideoFrame]]]:
        """The first frame to deliver, and the frames after it."""
        try:
            decoder = self._decoder
            frames = decoder.frames() if begin is None else decoder.frames_from(begin)
            frames = self._deinterlacer(frames)
            first = next(frames, None)
        except av.MemoryError:
            raise
        except av.FFmpegError as error:
            raise SourceError(f"{self.path} cannot be decoded: {error.strerror}") from error
        if self._decoder.is_encrypted:
            raise SourceError(f"{self.path} is encrypted; only unprotected videos can be read")
        if first is not None:
            return first, frames
        last = self._decoder.last_time
        if begin is not None and last is not None:
            raise OptionError(
                f"--start {_seconds(self.start)} is past the last frame of {self.path}, at"
                f" {_seconds(last - origin)}; give an earlier one"
            )
        raise SourceError(
            f"{self.path} is damaged: not one frame can be decoded; check that it plays"
        )

    def _describe(
        self, frame: av.VideoFrame, orientation: Orientation, size: SizeRequest | None
    ) -> StreamInfo:
        native = orientation.size(frame.width, frame.height)
        width, height = native if size is None else size.resolve(*native)
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        if orientation.transpose:
            aspect = 1 / aspect
        stretch = Fraction(native[0] * height, native[1] * width)
        if abs(stretch - 1) > _SAME_SHAPE:
            aspect = (aspect * stretch).limit_denominator(1000)
        rate = average_rate(self._container, self._stream)
        duration = self._duration()
        count = self._stream.frames if self.start is None and self.end is None else 0
        if self._container.format.name == "avi" or not count:
            count = round(duration * rate) if duration and rate else 0
        return StreamInfo(
            width,
            height,
            rate=rate,
            frame_count=count or None,
            duration=duration,
            time_base=self._stream.time_base,
            sample_aspect_ratio=aspect,
            rotation=orientation.degrees,
            color=_SDR if is_hdr(tags_of(frame)) else tags_of(frame),
        )

    def _tone_mapper(self, frame: av.VideoFrame) -> ToneMapper | None:
        transfer = tags_of(frame).transfer
        if transfer is None or not is_hdr(tags_of(frame)):
            return None
        # Only HDR pays for loading OpenCV.
        from ..tonemap import ToneMapper

        mapper = ToneMapper(transfer, peak_light(frame))
        self.warnings.append(
            f"{self.path.name} is HDR; it was tone-mapped to SDR (BT.709), from"
            f" {mapper.peak:.0f} cd/m2"
        )
        return mapper

    def _duration(self) -> Fraction | None:
        whole = stream_duration(self._container, self._stream)
        start = self.start or Fraction(0)
        if whole is None:
            return None if self.end is None else self.end - start
        end = whole if self.end is None else min(whole, self.end)
        return max(end - start, Fraction(0))

    def _warn(self, orientation: Orientation) -> None:
        if not orientation.is_exact:
            self.warnings.append(
                f"{self.path.name} asks to be turned by an odd angle; the nearest quarter turn is"
                " used"
            )

    def __iter__(self) -> Iterator[Frame]:
        if self._iterated:
            raise RuntimeError("a VideoFileSource can be iterated once; open another")
        self._iterated = True
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        if self._is_closed:
            return
        index = 0
        time, current = self._first
        del self._first
        try:
            # One frame is looked ahead: it tells how long the one before it is shown.
            for next_time, following in self._rest:
                if self.cut_end is not None and next_time >= self.cut_end:
                    break
                yield self._convert(time, current, index, next_time - time)
                if self._is_closed:  # the decoder would crash if it were asked for more
                    return
                index += 1
                time, current = next_time, following
            yield self._convert(time, current, index, None)
            index += 1
            self.exhausted = True
        finally:
            if self._deinterlacer.is_used:
                self.warnings.append(
                    f"{self.path.name} is interlaced; it was deinterlaced, one picture for each"
                    " frame"
                )
            if self._is_damaged_until(time):
                self.damaged = True
                self.warnings.append(
                    f"{self.path.name} is damaged: {index} frames could be decoded, to"
                    f" {_seconds(time)}"
                )

    def _is_damaged_until(self, last: Fraction) -> bool:
        """Whether something is missing of what was asked for; ``last`` is the last frame's time."""
        damage = self._decoder.damage
        if self.cut_end is None or not damage:
            return bool(damage)
        # The decoder works ahead, into what lies behind the cut. It may also tell of a broken
        # frame late; then that frame leaves a gap before the cut.
        gap = self.info.rate is not None and (self.cut_end - last) * self.info.rate > _GAP
        return gap or any(time < self.cut_end for time in damage)

    def _convert(
        self, time: Fraction, frame: av.VideoFrame, index: int, duration: Fraction | None
    ) -> Frame:
        try:
            image = self._converter(frame)
        except av.MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(
                f"{self.path} has pixels in the format {frame.format.name}, which cannot be"
                f" converted ({error}); convert the video first"
            ) from error
        if duration is None or duration <= 0:
            ticks = frame.duration * (frame.time_base or Fraction(0))
            duration = ticks if ticks > 0 else None
        return Frame(image, time, index, duration)

    def close(self) -> None:
        """Release the file, which then delivers nothing more; harmless when repeated."""
        self._is_closed = True
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check_range(start: Fraction | None, end: Fraction | None) -> None:
    if start is not None and start < 0:
        raise OptionError(f"--start must not be negative, but is {_seconds(start)}")
    if end is not None and end <= (start or 0):
        raise OptionError(f"--end {_seconds(end)} must be after the start, {_seconds(start or 0)}")


def _orientation(frame: av.VideoFrame) -> Orientation:
    side_data = cast(Any, frame.side_data).get("DISPLAYMATRIX")
    return Orientation() if side_data is None else parse_display_matrix(bytes(side_data))


def _seconds(time: Fraction | int | None) -> str:
    return f"{float(time or 0):.3f}".rstrip("0").rstrip(".") + " s"
