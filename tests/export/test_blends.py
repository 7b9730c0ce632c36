from __future__ import annotations

import made_up
import numpy as np
import pytest

from export.blends import BLENDS, band_blend

PHOTOGRAPH, PAINTING = made_up.made_up_picture(1), made_up.made_up_picture(2)


@pytest.mark.parametrize("name", BLENDS)
def test_the_ends_are_the_pictures_themselves(name):
    for strength, expected in ((0.0, PHOTOGRAPH), (1.0, PAINTING)):
        blended = BLENDS[name](PHOTOGRAPH, PAINTING, strength)
        assert np.abs(blended.astype(int) - expected).max() <= 1


def test_selected_detail_keeps_an_edge_single():
    """Two edges, a strong one and a weak one elsewhere in detail: the stronger one stays whole."""
    photograph = np.zeros((64, 96, 3), np.uint8)
    photograph[:, 40:] = 200
    painting = np.full_like(photograph, 100)
    painting[:, 46:] = 130
    blended = band_blend(photograph, painting, 0.4).astype(int)
    step = blended[32, 41, 0] - blended[32, 39, 0]
    plain = BLENDS["plain_blend"](photograph, painting, 0.4).astype(int)
    assert step > 1.2 * (plain[32, 41, 0] - plain[32, 39, 0])
