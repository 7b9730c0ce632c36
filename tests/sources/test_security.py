"""A file must not reach the network, nor other files, nor all of the memory."""

from __future__ import annotations

import http.server
import struct
import threading
import zlib
from contextlib import contextmanager

import clips
import cv2
import media
import mjpeg_server
import numpy as np
import pytest
from pictures import read

from realtime.errors import SourceError
from realtime.sources import capture
from realtime.sources.file import VideoFileSource
from realtime.sources.image_header import picture_size
from realtime.sources.images import ImageSource, read_image

SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=video {port} RTP/AVP 96
a=rtpmap:96 H264/90000
"""
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">
<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>
"""
CONCAT = "ffconcat version 1.0\nfile {target}\n"


@contextmanager
def server():
    """A local web server, and the list of what it was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield web.server_port, asked
        finally:
            web.shutdown()
            thread.join()


@pytest.mark.parametrize("text", [HLS, DASH, CONCAT, SDP], ids=["hls", "dash", "concat", "sdp"])
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".mpd", ".sdp"])
def test_a_playlist_reaches_neither_the_network_nor_other_files(tmp_path, text, suffix):
    media.make_clip(tmp_path / "secret.mp4")
    with server() as (port, asked):
        for target in ("secret.mp4", f"http://127.0.0.1:{port}/x.mp4"):
            path = tmp_path / f"list{suffix}"
            path.write_text(text.format(target=target, port=port))
            with pytest.raises(SourceError) as caught:
                VideoFileSource(path)
            assert str(path) in str(caught.value)
            assert "\n" not in str(caught.value)
    assert asked == []


def test_a_numbered_name_is_no_sequence(tmp_path):
    cv2.imwrite(str(tmp_path / "a1.png"), clips.patches())
    with pytest.raises(SourceError, match="does not exist"):
        VideoFileSource(tmp_path / "a%d.png")


def test_a_video_beyond_the_limit_is_refused(tmp_path):
    path = clips.write_clip(tmp_path / "in.mp4", frames=2)
    with pytest.raises(SourceError, match=r"64x48 pixels, more than the 3000.*--max-pixels"):
        VideoFileSource(path, max_pixels=3000)
    assert len(read(path, max_pixels=64 * 48)[0]) == 2


def test_a_video_that_grows_beyond_the_limit_is_damaged(tmp_path):
    """A stream may change its size on the way."""
    small = clips.write_clip(tmp_path / "a.ts", frames=10)
    large = clips.write_clip(tmp_path / "b.ts", frames=10, width=640, height=480)
    path = tmp_path / "both.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    assert len(read(path)[0]) == 20
    frames, source = read(path, max_pixels=10_000)
    assert len(frames) <= 10
    assert source.damaged


def test_a_picture_of_a_stream_beyond_the_limit_is_not_decoded(monkeypatch):
    with mjpeg_server.serve(50) as address:
        for limit, is_read in ((64 * 48, True), (64 * 48 - 1, False)):
            monkeypatch.setattr(capture, "MAXIMUM_PIXELS", limit)
            stream = capture.StreamCapture(address)
            try:
                assert (stream.read() is not None) == is_read
            finally:
                stream.close()


def huge_png(width, height):
    """A few kilobytes that promise gigabytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(3 * width + 1) * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_a_picture_beyond_the_limit_is_refused(tmp_path, picture):
    path = tmp_path / "bomb.png"
    path.write_bytes(huge_png(30_000, 30_000))
    with pytest.raises(SourceError, match=r"30000x30000 pixels, more than.*--max-pixels"):
        read_image(path)
    cv2.imwrite(str(path), picture)
    with pytest.raises(SourceError, match="more than the 1000"):
        ImageSource(path, max_pixels=1000)
    assert read_image(path, picture.size // 3).shape == picture.shape


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".webp", ".tif", ".bmp", ".ppm", ".pgm", ".jp2", ".avif"]
)
def test_the_size_is_known_without_decoding(picture, suffix):
    data = cv2.imencode(suffix, picture if suffix != ".pgm" else picture[..., 0])[1].tobytes()
    assert picture_size(data) == (picture.shape[1], picture.shape[0])
    for length in range(60):
        picture_size(data[:length])


def tiff(entries, *, is_big=False):
    """A TIFF that is only a directory: (tag, kind, value) each."""
    if is_big:
        head = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(entries))
        return head + b"".join(struct.pack("<HHQQ", *entry[:2], 1, entry[2]) for entry in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + b"".join(struct.pack("<HHII", *entry[:2], 1, entry[2]) for entry in entries)


@pytest.mark.parametrize(
    "data",
    [
        tiff([(256, 4, 30_000), (257, 4, 30_000)]),
        tiff([(256, 4, 30_000), (257, 4, 30_000), (256, 4, 1), (257, 4, 1)]),
        tiff([(256, 16, 30_000), (257, 16, 30_000)], is_big=True),
        b"P6\n#x\r30000 30000\n1 1\n255\n",
        b"P5 30000 30000 255\n",
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"ihdr" + struct.pack(">II", 1, 1)
        + b"\xff\x4f\xff\x51\0\x2f\0\0" + struct.pack(">II", 30_000, 30_000),
        b"\xff\x4f\xff\x51\0\x2f\0\0" + struct.pack(">II", 30_000, 30_000),
        b"BM" + bytes(12) + struct.pack("<IHHHH", 12, 30_000, 30_000, 1, 24),
    ],
    ids=["tiff", "tiff twice", "bigtiff", "ppm", "pgm", "jp2", "j2k", "os2 bmp"],
)  # fmt: skip
def test_a_size_cannot_be_hidden(tmp_path, data):
    path = tmp_path / "bomb.png"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"30000x30000 pixels, more than.*--max-pixels"):
        read_image(path)


def test_an_old_bitmap_is_read(tmp_path):
    rows = bytes(range(16 * 3)) * 16
    path = tmp_path / "old.bmp"
    path.write_bytes(
        b"BM" + struct.pack("<IIIIHHHH", 26 + len(rows), 0, 26, 12, 16, 16, 1, 24) + rows
    )
    assert read_image(path).shape == (16, 16, 3)


@pytest.mark.parametrize("suffix", [".pam", ".ras", ".hdr", ".pfm"])
def test_formats_whose_size_is_not_known_are_refused(tmp_path, picture, suffix):
    """OpenCV would look into these too, whatever the name ends in."""
    values = picture.astype(np.float32) if suffix in (".hdr", ".pfm") else picture
    path = tmp_path / "picture.png"
    path.write_bytes(cv2.imencode(suffix, values)[1].tobytes())
    with pytest.raises(SourceError, match="no image that can be decoded"):
        read_image(path)


def test_a_lossless_webp_tells_its_size(picture):
    data = cv2.imencode(".webp", picture, (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes()
    assert picture_size(data) == (picture.shape[1], picture.shape[0])
    assert picture_size(np.random.default_rng(0).bytes(500)) is None
