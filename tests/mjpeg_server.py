"""A network camera: serves pictures as an MJPEG stream on this machine."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

WIDTH, HEIGHT = 64, 48


@contextmanager
def serve(
    count: int,
    pause: float = 0.005,
    *,
    port: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    garbage: Container[int] = (),
) -> Iterator[str]:
    """Serve ``count`` pictures, each a little brighter than the last; yields the address.

    ``port`` 0 takes a free one; the pictures numbered in ``garbage`` are noise instead of a JPEG.
    Leaving the ``with`` cuts every connection, as a camera does that loses its power.
    """
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                for index in range(count):
                    data = _encode(index, size)
                    if index in garbage:
                        data = np.random.default_rng(index).bytes(len(data))
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}"
                    self.wfile.write(head.encode() + b"\r\n\r\n" + data + b"\r\n")
                    if closing.wait(pause):
                        return
                self.wfile.write(b"--frame--\r\n")
            except ConnectionError:
                pass  # the camera source was closed

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/camera.mjpg"
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _encode(index: int, size: tuple[int, int]) -> bytes:
    picture = np.full((size[1], size[0], 3), brightness(index), np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def brightness(index: int) -> int:
    """The grey level of picture ``index``."""
    return 4 * index % 256
