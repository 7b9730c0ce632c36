from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from fractions import Fraction

import cv2
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sinks.serve import ServeSink
from realtime.sources.camera import CameraSource


def frame(index=0, level=None):
    level = 10 * index % 256 if level is None else level
    return Frame(np.full((48, 64, 3), (level, 0, 120), np.uint8), Fraction(index, 25), index)


@pytest.fixture
def sink():
    with ServeSink(0) as sink:
        yield sink


def ask(sink, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer
    finally:
        connection.close()


def test_the_page_shows_the_stream(sink):
    status, body, answer = ask(sink)
    assert status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b'src="stream.mjpg"' in body
    assert b"http" not in body.lower(), "the page fetches nothing from elsewhere"


def test_one_picture_is_the_newest_in_the_right_colours(sink):
    for index in range(5):
        sink.write(frame(index, level=50 * index))
    status, body, answer = ask(sink, "/picture.jpg")
    assert (status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(body, np.uint8), 1), cv2.COLOR_BGR2RGB)
    assert image.mean(axis=(0, 1)) == pytest.approx((200, 0, 120), abs=3)


@contextmanager
def writing(sink, pause, level=None):
    """Writes frames all the time."""
    stop = threading.Event()

    def write():
        index = 0
        while not stop.wait(pause):
            sink.write(frame(index, level))
            index += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_our_own_camera_reads_the_stream(sink):
    with writing(sink, 0.005), CameraSource(f"{sink.address}stream.mjpg") as source:
        levels = [shot.image[..., 2].mean() for _, shot in zip(range(5), source, strict=False)]
    assert levels == pytest.approx([120] * 5, abs=4)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1"]
)
@pytest.mark.parametrize("path", ["/", "/stream.mjpg", "/picture.jpg"])
def test_other_hosts_are_refused(sink, host, path):
    """A page of evil.example whose name is made to point here must not see the camera."""
    sink.write(frame())
    status, body, _ = ask(sink, path, Host=host)
    assert status == 403
    assert len(body) < 100


def test_a_request_without_a_host_is_refused(sink):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=30) as connection:
        connection.sendall(b"GET /picture.jpg HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{port}", "127.0.0.1", "[::1]:{port}"])
def test_this_machine_is_answered_by_any_of_its_names(sink, host):
    assert ask(sink, Host=host.format(port=sink.port))[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/stream.mjpg/..", "/x", "/a?b"],
)
def test_there_is_nothing_else(sink, path):
    assert ask(sink, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_is_understood(sink, method):
    assert ask(sink, "/", method)[0] == 501


def test_garbage_does_no_harm(sink, capfd):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=30) as connection:
        connection.sendall(b"\x00\xff\r\n\r\n" + bytes(range(256)) * 300)
        connection.recv(100)
    assert ask(sink)[0] == 200
    assert capfd.readouterr() == ("", "")


def test_readers_are_limited_and_may_hang_up(sink):
    sink.write(frame())
    open_ones = []
    for _ in range(16):
        connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
        connection.request("GET", "/stream.mjpg")
        assert connection.getresponse().status == 200
        open_ones.append(connection)
    assert ask(sink, "/stream.mjpg")[0] == 503
    assert ask(sink, "/")[0] == 200
    for connection in open_ones:
        connection.close()
    for index in range(100_000):
        sink.write(frame(index))
        if index % 200 == 0:
            connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
            connection.request("GET", "/stream.mjpg")
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return
    pytest.fail("the places were never free again")


def test_a_reader_that_takes_nothing_holds_nobody_up(sink):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=30) as connection:
        connection.sendall(
            f"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1:{sink.port}\r\n\r\n".encode()
        )
        noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
        for index in range(50):
            sink.write(Frame(noise, Fraction(index), index))
        assert ask(sink, "/picture.jpg")[0] == 200


def test_a_port_that_is_taken_is_an_error(sink):
    with pytest.raises(SinkError, match=f"cannot serve at 127.0.0.1:{sink.port}: .*; choose"):
        ServeSink(sink.port)


def test_a_host_that_is_not_this_machine_is_an_error():
    with pytest.raises(SinkError, match=r"cannot serve at 192\.0\.2\.1:0"):
        ServeSink(0, "192.0.2.1")


def test_serving_everybody_still_refuses_foreign_names():
    with ServeSink(0, "0.0.0.0") as sink:
        assert ask(sink, Host="192.168.1.5:80")[0] == 200
        assert ask(sink, Host=socket.gethostname())[0] == 200
        assert ask(sink, Host="evil.example")[0] == 403


def test_a_closed_server_answers_nobody():
    sink = ServeSink(0)
    sink.close()
    sink.close()
    with pytest.raises(ConnectionRefusedError):
        ask(sink)
    with pytest.raises(ValueError, match="closed"):
        sink.write(frame())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_real_browser_shows_it(sink, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    assert browser, "install chromium"
    picture = tmp_path / "page.png"
    # The browser is alone with this page; its sandbox does not work for root.
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=320,240",
        "--timeout=8000", f"--screenshot={picture}", sink.address,
    ]  # fmt: skip
    with writing(sink, 0.1, level=200):
        subprocess.run(command, capture_output=True, check=True, timeout=240)
    image = cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    assert image[height // 2, width // 2].tolist() == pytest.approx([200, 0, 120], abs=6)
