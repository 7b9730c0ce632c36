"""A network stream sent by a process of its own, which can be ended whatever it waits for.

FFmpeg's protocols wait for a receiver without a limit in places, and PyAV holds Python's lock while
it opens and completes an output: a receiver that accepts a connection and then says nothing would
stop the window, Ctrl-C and everything else. A process that is stuck ends itself instead.

The pictures go to its standard input, each after the number of its tick; what became of them comes
back in lines from its standard output: ``open``, ``done``, or an error.
"""

from __future__ import annotations

import faulthandler
import os
import struct
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, TextIO

import numpy as np

from ..errors import SinkError, StylecamError
from ..frame import Frame, StreamInfo
from .closing import Closing
from .stream import StreamSink, format_of

PATIENCE_SECONDS = 8.0
"""A receiver that takes nothing for so long has gone."""
_UNIT = Fraction(1, 90_000)
_TICK = struct.Struct("<q")
_CODE = "from realtime.sinks.sender import send; send()"
_OPEN, _DONE = "open", "done"


class SenderSink(Closing):
    """Sends what is written to an address; see ``StreamSink``.

    Args:
        address: with its protocol, e.g. ``rtmp://host/app/key``.
        info: of the frames that will come.
        patience: seconds that the receiver may take for one thing.

    Raises:
        OptionError: the protocol is not known.
        SinkError: nobody takes it there.
    """

    def __init__(
        self, address: str, info: StreamInfo, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        format_of(address)
        self.warnings: list[str] = []
        self._address = address
        self._shape = (info.height, info.width, 3)
        self._patience = patience
        self._said = ""
        self._open = True
        rate = "" if info.rate is None else str(info.rate)
        facts = (address, str(info.width), str(info.height), rate, str(patience))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CODE, *facts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": _python_path()},
            # Ctrl-C is for the program that feeds it; the second line says so to Windows.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        if self._answer() != _OPEN:
            error = self._failure()
            self.abort()
            raise error

    def write(self, frame: Frame) -> None:
        """Send one frame.

        Raises:
            SinkError: the connection is lost.
            ValueError: the sink is closed, or the frame has another size than was announced.
        """
        if not self._open:
            raise ValueError(f"{self._address} is closed and takes no more frames")
        if frame.image.shape != self._shape:
            raise ValueError(f"frames of {self._shape} were announced, not {frame.image.shape}")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_TICK.pack(round(frame.pts / _UNIT)))
            self._process.stdin.write(frame.image.data)
            self._process.stdin.flush()
        except OSError:
            self._answer()
            raise self._failure() from None

    def close(self) -> None:
        """End the stream; harmless when repeated.

        Raises:
            SinkError: what was sent last was not taken.
        """
        if not self._open:
            return
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        done = self._answer() == _DONE
        self.abort()
        if not done:
            raise self._failure()

    def abort(self) -> None:
        """End the stream at once."""
        if not self._open:
            return
        self._open = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def _answer(self) -> str:
        """The next line of the process; empty if it has ended without one."""
        assert self._process.stdout is not None
        self._said = self._process.stdout.readline().decode(errors="replace").strip()
        return self._said

    def _failure(self) -> SinkError:
        return SinkError(
            self._said
            or f"stream {self._address} is stuck: nothing was taken for {self._patience:.0f} s;"
            " check the receiver and the network"
        )


def _python_path() -> str:
    """Where the process finds this package, wherever this one has it from."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))


def send() -> None:
    """What the process does: send the pictures of the standard input to the address given."""
    address, width, height, rate, patience = sys.argv[1:]
    info = StreamInfo(int(width), int(height), rate=Fraction(rate) if rate else None)
    try:
        _forward(sys.stdin.buffer, address, info, float(patience))
    except StylecamError as error:
        _say(str(error))


def _forward(pictures: BinaryIO, address: str, info: StreamInfo, patience: float) -> None:
    shape = (info.height, info.width, 3)
    index = 0
    with Path(os.devnull).open("w") as nowhere:
        _end_when_stuck(patience, nowhere)
        with StreamSink(address, info) as sink:
            _say(_OPEN)
            while True:
                faulthandler.cancel_dump_traceback_later()
                head = pictures.read(_TICK.size)
                data = pictures.read(int(np.prod(shape)))
                _end_when_stuck(patience, nowhere)
                if len(data) < np.prod(shape):
                    break
                image = np.frombuffer(data, np.uint8).reshape(shape)
                sink.write(Frame(image, _TICK.unpack(head)[0] * _UNIT, index))
                index += 1
        _say(_DONE)
        faulthandler.cancel_dump_traceback_later()


def _end_when_stuck(patience: float, nowhere: TextIO) -> None:
    """End the process after a while: by the only timer that does not need Python's lock."""
    faulthandler.dump_traceback_later(patience, exit=True, file=nowhere)


def _say(line: str) -> None:
    with suppress(OSError):
        sys.stdout.buffer.write(f"{line}\n".encode())
        sys.stdout.buffer.flush()
