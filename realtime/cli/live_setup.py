"""Opens the parts of a live session, in an order in which little has to be undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OptionError
from ..sizes import SizeRequest, parse_size
from .live_options import LiveOptions

if TYPE_CHECKING:
    from ..engine import OnnxStylizer
    from ..frame import StreamInfo
    from ..interfaces import LiveSource
    from ..live.controls import Controls
    from ..live.outputs import Output
    from ..live.recorder import Recorder
    from ..live.session import Session
    from ..live.sizing import WorkingSize
    from ..live.waiting import WaitingRoom
    from ..sinks.window import Window
    from .progress import Reporter

_LARGEST_WINDOW = (1280, 720)
_SMALLEST_WINDOW = (960, 540)
_STREAM_BACKLOG = 2
_STREAM_PATIENCE_SECONDS = 15.0
"""Longer than the sender waits by itself, which knows better what went wrong."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The parts that the report asks.

    Attributes:
        source: as it was named.
        stylizer: paints.
        controls: how it paints.
        sizing: how large.
        session: runs them; None if the user left while something was waited for.
    """

    source: str
    stylizer: OnnxStylizer
    controls: Controls
    sizing: WorkingSize
    session: Session | None


def check_options(given: LiveOptions) -> None:
    """Raise where options do not make sense, before anything is opened.

    Raises:
        OptionError: they contradict each other, or mean nothing.
        SinkError: a recording or the folder cannot be written, or there is no screen.
    """
    from ..batch import check_absent, check_folder
    from ..sinks.encoders import VideoOptions, choose
    from ..sinks.stream import format_of
    from ..sinks.window import check_display

    _working_size(given)
    _camera_size(given)
    if given.host != "127.0.0.1" and given.serve is None:
        raise OptionError("--host goes with --serve PORT; add it or leave --host out")
    if given.stream is not None:
        format_of(given.stream)
    record = Path(given.record or "recording.mp4")
    choose(record, VideoOptions(given.codec, given.crf))
    if given.record is not None:
        check_folder(record.parent, str(record))
        check_absent(record, overwrite=given.overwrite)
    if not Path(given.folder).is_dir():
        raise OptionError(f"there is no folder {given.folder}; create it or name another")
    if given.window:
        check_display()
    elif not _has_purpose(given):
        raise OptionError(
            "--no-window leaves nothing to do; add --record, --serve, --stream, --virtual-camera,"
            " or an end: --max-frames, --duration"
        )


def open_session(
    source: str,
    given: LiveOptions,
    reporter: Reporter,
    stack: ExitStack,
    stop: Callable[[], bool],
) -> Opened:
    """Open everything and put it together.

    Args:
        source: as the user names it.
        given: the options.
        reporter: told where the picture can be seen.
        stack: closes what was opened.
        stop: whether to give up waiting.

    Raises:
        StylecamError: a part cannot be opened.
    """
    from ..live.waiting import WaitingRoom

    stylizer = stack.enter_context(_open_stylizer(given))
    camera = _open_source(source, given)
    stack.callback(camera.close)
    window = _open_window(given, stack)
    room = WaitingRoom(window, stop, reporter.note)
    opened = Opened(
        source, stylizer, _open_controls(source, given, stylizer), _open_sizing(given), None
    )
    if not room.wait(camera.start, lambda: camera.trouble or f"waiting for {source}"):
        return opened
    if window is not None:
        _fit_window(window, camera.info)
    opened.sizing.expect(camera.info.rate)
    # Raises where --size does not fit.
    opened.sizing.size_for(camera.info.width, camera.info.height)
    outputs = _open_outputs(given, camera.info, reporter, stack, room)
    if outputs is None:
        return opened
    session = _make_session(
        opened, camera, given, window=window, outputs=outputs, reporter=reporter
    )
    return replace(opened, session=session)


def _make_session(
    opened: Opened,
    camera: LiveSource,
    given: LiveOptions,
    *,
    window: Window | None,
    outputs: tuple[Output, ...],
    reporter: Reporter,
) -> Session:
    """Put the parts together, and begin to record if that is wished."""
    from ..live.painter import Painter
    from ..live.session import Limits, Session, wishes_of
    from ..stabilizer import TemporalStabilizer

    wishes = wishes_of(opened.controls)
    recorder = _open_recorder(given, camera.info)
    if given.record is not None:
        recorder.start((camera.info.width, camera.info.height))
    return Session(
        camera,
        Painter(opened.stylizer, wishes, opened.sizing, TemporalStabilizer()),
        opened.controls,
        recorder,
        outputs=outputs,
        window=window,
        sizing=opened.sizing,
        announce=reporter.note if window is None else None,
        device=_device_label(opened.stylizer),
        limits=Limits(given.max_frames, given.duration),
    )


def _open_controls(source: str, given: LiveOptions, stylizer: OnnxStylizer) -> Controls:
    from ..live.controls import Controls
    from ..sources import is_camera
    from ..stabilizer import DEFAULT_STRENGTH
    from ..styles import parse_style

    controls = Controls(
        stylizer.description,
        strength=given.strength,
        temporal=DEFAULT_STRENGTH if given.temporal is None else given.temporal,
        keep_colors=given.keep_colors,
        mirror=is_camera(source) if given.mirror is None else given.mirror,
    )
    if given.style is not None:
        controls.start_with(parse_style(given.style, controls.description))
    return controls


def _open_sizing(given: LiveOptions) -> WorkingSize:
    from ..live.sizing import WorkingSize

    return WorkingSize(None if given.size is not None else given.target_fps, _working_size(given))


def _open_stylizer(given: LiveOptions) -> OnnxStylizer:
    from ..engine import OnnxStylizer

    return OnnxStylizer(
        None if given.model is None else Path(given.model),
        device=given.device,
        threads=given.threads,
        # Camera, window and encoder need the cores between two pictures.
        spinning=False,
    )


def _open_source(source: str, given: LiveOptions) -> LiveSource:
    from ..sources import open_live

    rate = None if given.camera_fps is None else Fraction(given.camera_fps).limit_denominator(1001)
    return open_live(
        source,
        camera_size=_camera_size(given),
        camera_fps=rate,
        loop=given.loop,
        patience=given.reconnect,
    )


def _open_window(given: LiveOptions, stack: ExitStack) -> Window | None:
    if not given.window:
        return None
    from ..sinks.window import Window

    return stack.enter_context(Window("stylecam", _SMALLEST_WINDOW))


def _fit_window(window: Window, info: StreamInfo) -> None:
    """Give the window the shape of the picture, unless the user has changed it meanwhile."""
    if window.size == _SMALLEST_WINDOW and not window.fullscreen:
        window.resize(*_window_size(info.width, info.height))


def _window_size(width: int, height: int) -> tuple[int, int]:
    """The size to begin with: large enough to read in, and small enough for a screen."""
    largest = min(_LARGEST_WINDOW[0] / width, _LARGEST_WINDOW[1] / height)
    smallest = min(_SMALLEST_WINDOW[0] / width, _SMALLEST_WINDOW[1] / height)
    scale = min(largest, max(smallest, 1.0))
    return round(width * scale), round(height * scale)


def _open_recorder(given: LiveOptions, info: StreamInfo) -> Recorder:
    from ..live.recorder import Recorder, Recording
    from ..sinks.encoders import VideoOptions

    encoding = VideoOptions(given.codec, given.crf, overwrite=given.overwrite, threads=1)
    path = None if given.record is None else Path(given.record)
    return Recorder(Recording(Path(given.folder), path, encoding, info.rate))


def _open_outputs(
    given: LiveOptions,
    info: StreamInfo,
    reporter: Reporter,
    stack: ExitStack,
    room: WaitingRoom,
) -> tuple[Output, ...] | None:
    """Everything but recordings; None if the user leaves meanwhile."""
    from ..live.outputs import Output

    size = (info.width, info.height)
    outputs: list[Output] = []

    def add(output: Output) -> None:
        outputs.append(output)
        stack.callback(output.close)

    if given.serve is not None:
        from ..sinks.serve import ServeSink

        server = ServeSink(given.serve, given.host)
        add(Output("server", server))
        reporter.say(f"serving at {server.address}")
    if given.stream is not None:
        stream = _open_stream(given.stream, info)
        add(stream)
        if not room.wait(stream.wait_open, lambda: f"connecting to {given.stream}"):
            return None
    if given.virtual_camera:
        from ..sinks.virtual_camera import VirtualCameraSink

        camera = VirtualCameraSink(info)
        add(Output("virtual camera", camera, size=size))
        reporter.say(f"other programs find the camera as {camera.device}")
    return tuple(outputs)


def _open_stream(address: str, info: StreamInfo) -> Output:
    """An output that connects in its own thread: a receiver may never answer."""
    from ..live.outputs import Output
    from ..sinks.sender import SenderSink

    return Output(
        "stream",
        lambda: SenderSink(address, info),
        size=(info.width, info.height),
        capacity=_STREAM_BACKLOG,
        patience=_STREAM_PATIENCE_SECONDS,
    )


def _device_label(stylizer: OnnxStylizer) -> str:
    from .painting import running_device

    return running_device(stylizer).upper()


def _working_size(given: LiveOptions) -> SizeRequest | None:
    return None if given.size is None else parse_size(given.size)


def _camera_size(given: LiveOptions) -> tuple[int, int] | None:
    if given.camera_size is None:
        return None
    size = parse_size(given.camera_size)
    if size is None or size.width is None or size.height is None:
        raise OptionError(
            f"--camera-size {given.camera_size!r} is not understood; write for example 1280x720"
        )
    return size.width, size.height


def _has_purpose(given: LiveOptions) -> bool:
    return any(
        (
            given.record,
            given.serve is not None,
            given.stream,
            given.virtual_camera,
            given.max_frames,
            given.duration,
        )
    )
