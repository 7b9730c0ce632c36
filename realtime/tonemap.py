"""HDR pictures (PQ or HLG, BT.2020) as a common display shows them (BT.709).

The values become light (SMPTE ST 2084, or ITU-R BT.2100 for HLG on a display of 1000 cd/m2), the
brightest light is compressed by the curve of ITU-R BT.2390, colours are brought to the primaries of
BT.709, and the light becomes values again (BT.1886). The white of paper, 203 cd/m2 by ITU-R
BT.2408, comes out a little below the largest value, which leaves room for highlights.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import PQ
from .frame import Image

Light = NDArray[np.float32]

PAPER_WHITE = 203.0
"""In cd/m2 (nits), like everything below that is light."""
DEFAULT_PEAK = 1000.0
"""Of a master that does not say how bright it is."""
_LARGEST_PEAK = 10_000.0
_HLG_PEAK = 1000.0
_HLG_GAMMA = 1.2
_LUMINANCE = (0.2627, 0.6780, 0.0593)
"""Of the primaries of BT.2020."""
_TO_BT709 = np.array(
    [
        [1.6605, -0.5876, -0.0728],
        [-0.1246, 1.1329, -0.0083],
        [-0.0182, -0.1006, 1.1187],
    ],
    np.float32,
)
_DISPLAY_GAMMA = 2.4
_STEPS = 65_536
"""Of the tables that are indexed by the square root of the light, to be finer in the dark."""
_CODES = 65_536


class ToneMapper:
    """Makes SDR pictures of HDR ones.

    Args:
        transfer: H.273 code point, `color.PQ` or `color.HLG`.
        peak: brightest light of the master, in cd/m2; None where the file does not say.
    """

    def __init__(self, transfer: int, peak: float | None = None) -> None:
        self._is_pq = transfer == PQ
        if not self._is_pq:
            peak = _HLG_PEAK
        self.peak = float(np.clip(peak or DEFAULT_PEAK, PAPER_WHITE, _LARGEST_PEAK))
        codes = np.arange(_CODES, dtype=np.float64) / (_CODES - 1)
        light = pq_to_light(codes) if self._is_pq else _hlg_to_scene(codes)
        self._light = np.minimum(light, self.peak).astype(np.float32)
        self._gain = self._make_gain()
        steps = np.linspace(0, 1, _STEPS)
        self._values = np.rint(255 * (steps**2) ** (1 / _DISPLAY_GAMMA)).astype(np.uint8)

    def __call__(self, image: NDArray[np.uint16]) -> Image:
        """Convert a picture.

        Args:
            image: uint16 ``[H, W, 3]``, RGB with the primaries of BT.2020, 0..65535.

        Returns:
            uint8 ``[H, W, 3]``, RGB with the primaries and the transfer of BT.709.
        """
        light: Light = self._light[image]
        if not self._is_pq:
            luminance = cv2.transform(light, np.array([_LUMINANCE], np.float32))
            light *= (_HLG_PEAK * np.maximum(luminance, 1e-6) ** (_HLG_GAMMA - 1))[..., None]
        brightest = light.max(axis=2)
        light *= self._gain[_step(brightest / self.peak)][..., None]
        mapped = cv2.transform(light, _TO_BT709)
        return np.ascontiguousarray(self._values[_step(np.clip(mapped, 0, 1))])

    def _make_gain(self) -> NDArray[np.float32]:
        """By the root of the brightest component: the factor from light to 0..1 of the display."""
        light = np.linspace(0, 1, _STEPS) ** 2 * self.peak
        mapped = pq_to_light(_compress(light_to_pq(light), self.peak)) / PAPER_WHITE
        return (mapped / np.maximum(light, 1e-9)).astype(np.float32)


def pq_to_light(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light in cd/m2 of PQ values 0..1 (SMPTE ST 2084)."""
    root = values ** (1 / 78.84375)
    top = np.maximum(root - 0.8359375, 0)
    result: NDArray[np.float64] = 10_000 * (top / (18.8515625 - 18.6875 * root)) ** (
        1 / 0.1593017578125
    )
    return result


def light_to_pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """PQ values 0..1 of light in cd/m2."""
    power = (light / 10_000) ** 0.1593017578125
    result: NDArray[np.float64] = (
        (0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)
    ) ** 78.84375
    return result


def _hlg_to_scene(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of the scene, 0..1, of HLG values 0..1 (ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    result: NDArray[np.float64] = np.where(
        values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12
    )
    return result


def _compress(values: NDArray[np.float64], peak: float) -> NDArray[np.float64]:
    """PQ values up to that of ``peak`` as PQ values up to that of paper white (ITU-R BT.2390)."""
    source = float(light_to_pq(np.array(peak)))
    target = float(light_to_pq(np.array(PAPER_WHITE))) / source
    knee = max(1.5 * target - 0.5, 0.0)
    relative = np.minimum(values / source, 1)
    if knee >= 1:
        return relative * source
    t = np.clip((relative - knee) / (1 - knee), 0, 1)
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * target
    )
    result: NDArray[np.float64] = np.where(relative < knee, relative, curve) * source
    return result


def _step(share: Light) -> NDArray[np.int32]:
    """Where a share 0..1 of the light stands in a table."""
    steps: NDArray[np.int32] = np.rint(np.sqrt(share) * (_STEPS - 1)).astype(np.int32)
    return steps
