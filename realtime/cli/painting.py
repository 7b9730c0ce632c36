"""How pictures are painted: the options of the command line, and the parts made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SourceError
from ..model import MINIMUM_SIDE
from ..sizes import SizeRequest, parse_size

if TYPE_CHECKING:
    from ..engine import OnnxStylizer
    from ..enlarger import Enlarger
    from ..frame import Image, StreamInfo


@dataclass(frozen=True, slots=True)
class PaintOptions:
    """The options that ``stylecam video`` and ``stylecam image`` share, as they were given.

    Attributes:
        style: a name, or a mixture such as ``a:0.7,b:0.3``; None for the model's first style.
        strength: 0..1.
        size: ``source``, a height, or ``WxH``.
        keep_colors: colours come from the input.
        side_by_side: the input is shown to the left of the painting.
        model: file name; None for the model that comes with stylecam.
        device: one of ``providers.DEVICES``.
        threads: of the model; None for one per core.
        max_pixels: most pixels that an input's picture may have; None for the usual limit.
        quality: ``best``, or ``fast``: painted at half of the size.
    """

    style: str | None
    strength: float
    size: str
    keep_colors: bool
    side_by_side: bool
    model: str | None
    device: str
    threads: int | None
    max_pixels: int | None = None
    quality: str = "best"

    def parse_size(self) -> SizeRequest | None:
        """What the size means.

        Raises:
            OptionError: it means nothing.
        """
        return parse_size(self.size)

    def open_stylizer(self) -> OnnxStylizer:
        """Open the model with style and strength set.

        Raises:
            ModelError: missing, damaged, or not a stylecam model.
            OptionError: an unknown style or device.
            ProviderError: the device does not run here.
        """
        from ..engine import OnnxStylizer
        from ..styles import parse_style

        stylizer = OnnxStylizer(
            None if self.model is None else Path(self.model),
            device=self.device,
            threads=self.threads,
            # The decoder, the stabilizer and the encoder want the cores while the model waits.
            spinning=False,
        )
        if self.style is not None:
            stylizer.set_style(parse_style(self.style, stylizer.description))
        stylizer.strength = self.strength
        return stylizer

    def scaler(self) -> Enlarger | None:
        """What has pictures painted at half of their size; None at the full size."""
        from ..enlarger import Enlarger

        return Enlarger() if self._halves else None

    @property
    def _halves(self) -> bool:
        # At strength 0 nothing is painted, and every pixel is to stay as it is.
        return self.quality == "fast" and self.strength > 0

    def style_name(self, stylizer: OnnxStylizer) -> str:
        """The style that is painted, also where none was asked for."""
        return self.style or stylizer.description.painted_styles[0].name

    def composer(self) -> Callable[[Image, Image], Image] | None:
        """``(input, painting) -> picture``, or None if the painting is shown as it is."""
        from ..compose import keep_colors, side_by_side

        if self.keep_colors and self.side_by_side:
            return lambda original, painted: side_by_side(original, keep_colors(original, painted))
        if self.keep_colors:
            return keep_colors
        return side_by_side if self.side_by_side else None

    def check_size(self, info: StreamInfo, name: str) -> None:
        """Raise unless pictures of an input are large enough to paint.

        Args:
            info: of the input.
            name: of the input, for the message.

        Raises:
            SourceError: they are not.
        """
        # The half of an odd side is rounded up.
        least = 2 * MINIMUM_SIDE - 1 if self._halves else MINIMUM_SIDE
        if min(info.width, info.height) < least:
            raise SourceError(
                f"{name} has pictures of {info.width}x{info.height} pixels, too small to paint;"
                f" each side needs at least {least}: give a larger --size"
                + (", or --quality best" if self._halves else "")
            )

    def output_info(self, info: StreamInfo) -> StreamInfo:
        """What the pictures are like after ``composer``."""
        return replace(info, width=2 * info.width) if self.side_by_side else info


def running_device(stylizer: OnnxStylizer) -> str:
    """The device that ``stylizer`` really runs on, as ``--device`` names it."""
    from ..providers import PROVIDERS

    names = {provider.name: device for device, provider in PROVIDERS.items()}
    return names[stylizer.provider]
