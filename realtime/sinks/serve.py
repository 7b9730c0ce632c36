"""Pictures for a browser: MJPEG over http with a plain page, for machines without a screen.

Only the newest picture is kept. Each one is encoded at most once, and only while somebody looks.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..errors import SinkError
from ..frame import Frame, Image
from .closing import Closing
from .images import encode_image

_BOUNDARY = "frame"
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^\[\]:]+))(?::[0-9]*)?")
_JPEG = Path("picture.jpg")
_LOCAL_NAMES = ("localhost",)
_WAIT_SECONDS = 5.0
_STALLED_SECONDS = 10.0
"""A reader that takes nothing for so long is cut off."""
_MOST_READERS = 16
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>stylecam</title>
<style>
  html, body { margin: 0; height: 100%; background: #111; }
  img { width: 100%; height: 100%; object-fit: contain; display: block; }
</style>
<img src="stream.mjpg" alt="the painted picture">
</html>
"""


class ServeSink(Closing):
    """Serves what is written at ``http://HOST:PORT/``.

    ``/`` is a page with the moving picture, ``/stream.mjpg`` the picture alone, ``/picture.jpg`` a
    single one. Requests that name another host are refused: otherwise any page in the user's
    browser could have its own name point here and read along.

    Args:
        port: to listen at; 0 takes a free one.
        host: whom to listen to; the default is this machine only.

    Attributes:
        address: of the page.

    Raises:
        SinkError: the port is taken or not allowed, or the host is not this machine.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.warnings: list[str] = []
        self._newest = _Newest()
        try:
            self._server = _Server(host, port, self._newest)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise SinkError(f"cannot serve at {host}:{port}: {why}; choose another port") from error
        self.port = int(self._server.server_address[1])
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self.port}/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="serve", daemon=True
        )
        self._thread.start()

    def write(self, frame: Frame) -> None:
        """Show a frame to whoever looks.

        Raises:
            ValueError: the sink is closed.
        """
        if self._newest.closed:
            raise ValueError("this server is closed and takes no more frames")
        self._newest.put(frame.image)

    def close(self) -> None:
        """Stop serving; harmless when repeated."""
        if self._newest.closed:
            return
        self._newest.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Newest:
    """The newest picture, and its JPEG once somebody has asked for it."""

    def __init__(self) -> None:
        self.closed = False
        self._changed = threading.Condition()
        self._encoding = threading.Lock()
        self._image: Image | None = None
        self._number = 0
        self._data = b""
        self._encoded = 0

    def put(self, image: Image) -> None:
        with self._changed:
            self._image = image
            self._number += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def after(self, number: int) -> tuple[bytes, int] | None:
        """A picture newer than ``number`` and its own number; None if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._number > number, _WAIT_SECONDS)
            if self.closed or self._number <= number or self._image is None:
                return None
            image, current = self._image, self._number
        with self._encoding:
            if self._encoded < current:
                self._data, self._encoded = encode_image(image, _JPEG), current
            return self._data, self._encoded


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, newest: _Newest) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.newest = newest
        self.readers = threading.BoundedSemaphore(_MOST_READERS)
        self.hosts = {host.lower(), *_LOCAL_NAMES}
        self.is_open = host in ("0.0.0.0", "::")
        super().__init__((host, port), _Handler)

    def allows(self, header: str | None) -> bool:
        """Whether the Host header of a request names this server."""
        if header is None:
            return False
        name = _host_of(header)
        if name in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            # A name can point anywhere tomorrow; only this machine's own is taken.
            return self.is_open and name == socket.gethostname().lower()
        return self.is_open or address.is_loopback

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A browser that hangs up is no error, and nothing is printed here in any case."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "stylecam"
    sys_version = ""
    timeout = _STALLED_SECONDS

    def do_GET(self) -> None:
        """Answer one request."""
        self.close_connection = True
        if not self.server.allows(self.headers.get("Host")):
            self._answer(403, b"this server answers only to its own name\n")
            return
        answers = {
            "/": self._send_page,
            "/stream.mjpg": self._send_stream,
            "/picture.jpg": self._send_picture,
        }
        answer = answers.get(self.path.partition("?")[0])
        if answer is None:
            self._answer(404, b"there is nothing here\n")
        else:
            answer()

    def _send_page(self) -> None:
        self._answer(200, _PAGE.encode(), "text/html; charset=utf-8")

    def _send_picture(self) -> None:
        picture = self.server.newest.after(0)
        if picture is None:
            self._answer(503, b"there is no picture yet\n")
        else:
            self._answer(200, picture[0], "image/jpeg")

    def _send_stream(self) -> None:
        if not self.server.readers.acquire(blocking=False):
            self._answer(503, b"too many are looking already\n")
            return
        try:
            self._head(200, f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
            number = 0
            while not self.server.newest.closed:
                picture = self.server.newest.after(number)
                if picture is None:
                    continue
                data, number = picture
                head = (
                    f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                    f"Content-Length: {len(data)}\r\n\r\n"
                )
                self.wfile.write(head.encode() + data + b"\r\n")
        except OSError:
            pass  # the reader has gone
        finally:
            self.server.readers.release()

    def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self._head(status, kind, len(body))
        self.wfile.write(body)

    def _head(self, status: int, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged on stderr."""


def _host_of(header: str) -> str:
    """The name in a Host header, without the port and the brackets of an IPv6 address.

    What is no name, an open bracket for instance, gives the empty string.
    """
    match = _HOST.fullmatch(header.strip().lower())
    return "" if match is None else match["v6"] or match["name"]
