"""HDR comes out as SDR: what a common display could show looks the same, the rest is compressed."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from pictures import read

from realtime.color import HLG, PQ
from realtime.tonemap import PAPER_WHITE, ToneMapper, light_to_pq, pq_to_light

# The colours of BT.709 in the primaries of BT.2020 (ITU-R BT.2087).
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
COLORS = [(128, 128, 128), (60, 60, 60), (120, 70, 60), (60, 110, 70), (70, 80, 130), (16, 18, 20)]
SIDE = 16


def encode(colors, transfer):
    """Colours of a common display as PQ or HLG, uint16 ``[1, N, 3]``: paper white is 255."""
    light = PAPER_WHITE * (np.array(colors, float)[None] / 255) ** 2.4 @ TO_BT2020.T
    if transfer == PQ:
        values = light_to_pq(light)
    else:
        scene = light / 1000
        luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
        scene = scene * (luminance ** (1 / 1.2 - 1))[..., None]
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        high = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
        values = np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return np.rint(65535 * values).astype(np.uint16)


def write_hdr(path, transfer):
    """The colours as squares side by side, 10 bits."""
    image = np.repeat(np.repeat(encode(COLORS, transfer), SIDE, axis=1), 2 * SIDE, axis=0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "0"})
        stream.height, stream.width = image.shape[:2]
        context = stream.codec_context
        context.pix_fmt = "yuv420p10le"
        context.color_primaries, context.color_trc, context.colorspace = 9, transfer, 9
        context.color_range = 1
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(image, "rgb48le").reformat(
                format="yuv420p10le", src_colorspace=9, dst_colorspace=9,
                src_color_range=2, dst_color_range=1,
            )  # fmt: skip
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_common_colours_come_out_as_they_are_and_it_is_said(tmp_path, transfer):
    frames, source = read(write_hdr(tmp_path / "hdr.mp4", transfer))
    assert len(frames) == 3
    (warning,) = source.warnings
    assert "tone-mapped to SDR" in warning
    tags = source.info.color
    assert (tags.matrix, tags.primaries, tags.transfer) == (1, 1, 1)
    middle = frames[0].image[SIDE, SIDE // 2 :: SIDE].astype(int)
    np.testing.assert_allclose(middle, COLORS, atol=4)


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("peak", [None, 400, 4000])
def test_greys_stay_grey_and_brighter_is_never_darker(transfer, peak):
    codes = np.linspace(0, 65535, 3000).astype(np.uint16)
    greys = ToneMapper(transfer, peak)(np.repeat(codes[None, :, None], 3, axis=2))[0].astype(int)
    assert np.ptp(greys, axis=1).max() <= 1
    assert np.diff(greys[:, 1]).min() >= 0
    assert (greys[0] == 0).all()
    assert (greys[-1] >= 254).all()


def test_highlights_are_compressed_and_not_cut_off():
    light = np.array([PAPER_WHITE, 300, 400, 600])
    codes = np.rint(65535 * light_to_pq(light)).astype(np.uint16)
    values = ToneMapper(PQ)(np.repeat(codes[None, :, None], 3, axis=2))[0, :, 0].astype(int)
    assert 215 <= values[0] <= 240
    assert np.diff(values).min() > 0


def test_the_curve_of_pq_is_the_standards():
    # ITU-R BT.2408: paper white is 58 %, and 100 cd/m2 are 51 %.
    np.testing.assert_allclose(light_to_pq(np.array([203.0, 100.0])), [0.58, 0.51], atol=0.005)
    np.testing.assert_allclose(pq_to_light(light_to_pq(np.array([0.1, 50, 4000]))), [0.1, 50, 4000])
