from __future__ import annotations

import os
import socket
import threading
from fractions import Fraction

import av
import numpy as np
import pytest
from network import COLOR, INFO, color_through_our_camera, frame, free_port
from stalled_server import stalled

from realtime.errors import OptionError, SinkError
from realtime.frame import Frame, StreamInfo
from realtime.sinks.sender import SenderSink

LARGE = StreamInfo(640, 480, rate=Fraction(25))


def test_our_own_camera_reads_what_is_sent():
    assert color_through_our_camera(SenderSink) == pytest.approx(COLOR, abs=6)


def test_every_picture_arrives_with_its_time(tmp_path):
    received = tmp_path / "received.ts"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take():
            connection = server.accept()[0]
            with connection, received.open("wb") as file:
                while data := connection.recv(65536):
                    file.write(data)

        thread = threading.Thread(target=take)
        thread.start()
        with SenderSink(f"tcp://127.0.0.1:{server.getsockname()[1]}", INFO) as sink:
            for index in range(20):
                sink.write(frame(index))
        thread.join()
    with av.open(str(received)) as container:
        times = [float(f.pts * f.time_base) for f in container.decode(video=0)]
    assert len(times) == 20
    assert np.diff(times) == pytest.approx(1 / 25, abs=0.001)


@pytest.mark.parametrize("protocol", ["tcp", "rtmp", "rtsp"])
def test_nobody_there(protocol, capfd):
    address = f"{protocol}://127.0.0.1:{free_port()}/live"
    with pytest.raises(SinkError, match=r"cannot be reached \(Connection refused\)"):
        SenderSink(address, INFO)
    assert capfd.readouterr() == ("", "")


def test_an_address_without_a_known_protocol():
    with pytest.raises(OptionError, match="no known protocol"):
        SenderSink("out.mp4", INFO)


def test_a_receiver_that_never_answers_is_given_up():
    """FFmpeg would wait in the first words of the protocol for ever."""
    with stalled() as port, pytest.raises(SinkError, match="stuck: nothing was taken for 2 s"):
        SenderSink(f"rtmp://127.0.0.1:{port}/live", INFO, patience=2)


def test_a_receiver_that_takes_nothing_is_given_up():
    random = np.random.default_rng(1)
    noise = [random.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(2)]

    def send(sink):
        for index in range(100_000):
            sink.write(Frame(noise[index % 2], Fraction(index, 25), index))

    with stalled() as port:
        sink = SenderSink(f"tcp://127.0.0.1:{port}", LARGE, patience=2)
        with pytest.raises(SinkError, match="stuck: nothing was taken for 2 s"):
            send(sink)
        sink.abort()


def test_a_receiver_that_hangs_up_is_told_of():
    def send(sink):
        for index in range(100_000):
            sink.write(frame(index))

    with stalled() as port:
        sink = SenderSink(f"tcp://127.0.0.1:{port}", INFO)
        sink.write(frame(0))
    with pytest.raises(SinkError, match="is lost"):
        send(sink)
    sink.abort()


def test_ctrl_c_is_left_to_the_program_that_sends():
    with stalled() as port, SenderSink(f"tcp://127.0.0.1:{port}", INFO) as sink:
        # A terminal sends it to every process of the session that it belongs to.
        assert os.getsid(sink._process.pid) != os.getsid(0)
        sink.abort()


def test_a_closed_sender_takes_no_more():
    sink = SenderSink(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", INFO)
    with pytest.raises(ValueError, match="announced"):
        sink.write(Frame(np.zeros((50, 64, 3), np.uint8), Fraction(0), 0))
    sink.close()
    sink.close()
    with pytest.raises(ValueError, match="closed"):
        sink.write(frame(0))
