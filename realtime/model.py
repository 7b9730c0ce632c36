"""The contract of a model file, and how one describes itself.

A stylecam model is an ONNX file with

    input   frame     uint8   [1, H, W, 3]   RGB, any H and W from 16
    input   style     float32 [S]            mixing weights of the S styles
    output  stylized  uint8   [1, H, W, 3]   the same size

Casting, scaling, padding, cropping, rounding and clamping are nodes of the graph. Everything the
runtime needs to know besides lies in ``metadata_props`` as JSON strings, under the keys below.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import ModelError

FORMAT_KEY = "stylecam.format"
FORMAT_VERSION = "1"
STYLES_KEY = "stylecam.styles"
NETWORK_KEY = "stylecam.network"
TRAINING_KEY = "stylecam.training"

FRAME_INPUT = "frame"
STYLE_INPUT = "style"
OUTPUT = "stylized"
MINIMUM_SIDE = 16
"""Smallest height and width a model must accept, in pixels."""


@dataclass(frozen=True, slots=True)
class StyleInfo:
    """One style of a model.

    Attributes:
        name: how the command line calls it, e.g. ``starry_night``.
        title: of the painting.
        artist: the painter, with years where known.
        license: terms of the painting.
        source: where the picture came from.
        is_identity: a style trained to reproduce its input; used for ``strength``, not listed.
    """

    name: str
    title: str = ""
    artist: str = ""
    license: str = ""
    source: str = ""
    is_identity: bool = False


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a model file says of itself.

    Attributes:
        styles: in the order of the ``style`` input; at most one is the identity.
        network: the network's configuration.
        training: steps, weights of the losses, and the losses measured at export.
    """

    styles: tuple[StyleInfo, ...]
    network: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity_index(self) -> int | None:
        """Where the identity style stands, or None if the model has none."""
        return next((i for i, style in enumerate(self.styles) if style.is_identity), None)

    @property
    def painted_styles(self) -> tuple[StyleInfo, ...]:
        """The styles a user can ask for: all but the identity."""
        return tuple(style for style in self.styles if not style.is_identity)

    def to_metadata(self) -> dict[str, str]:
        """The ``metadata_props`` of the ONNX file."""
        return {
            FORMAT_KEY: FORMAT_VERSION,
            STYLES_KEY: json.dumps([asdict(style) for style in self.styles]),
            NETWORK_KEY: json.dumps(dict(self.network)),
            TRAINING_KEY: json.dumps(dict(self.training)),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], where: str) -> ModelDescription:
        """Read a model's self-description.

        Args:
            metadata: the ``metadata_props`` of the file.
            where: the file's name, for the message.

        Raises:
            ModelError: not written by stylecam, of another format version, or damaged.
        """
        version = metadata.get(FORMAT_KEY)
        if version is None:
            raise ModelError(
                f"{where} is an ONNX file, but not a stylecam model (it has no '{FORMAT_KEY}'"
                " metadata); make one with 'stylecam train' and 'stylecam export'"
            )
        if version != FORMAT_VERSION:
            raise ModelError(
                f"{where} has model format {version!r}, but this stylecam reads {FORMAT_VERSION!r};"
                " export it again or update stylecam"
            )
        try:
            styles = tuple(StyleInfo(**entry) for entry in json.loads(metadata[STYLES_KEY]))
            network = json.loads(metadata.get(NETWORK_KEY, "{}"))
            training = json.loads(metadata.get(TRAINING_KEY, "{}"))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{where} has damaged stylecam metadata ({error})") from error
        description = cls(styles, network, training)
        flaw = _find_flaw(description)
        if flaw:
            raise ModelError(f"{where} has damaged stylecam metadata ({flaw})")
        if not description.painted_styles:
            raise ModelError(f"{where} has no style; export it again")
        return description


def _find_flaw(description: ModelDescription) -> str | None:
    """What is wrong with what a file says of itself: a stranger may have written it."""
    for kind in ("network", "training"):
        if not isinstance(getattr(description, kind), dict):
            return f"its {kind} is no table"
    for style in description.styles:
        if not isinstance(style.is_identity, bool):
            return "a style neither is the identity nor is it not"
        for key, value in asdict(style).items():
            # What is not printable could give orders to the terminal that shows it.
            if key != "is_identity" and not (isinstance(value, str) and value.isprintable()):
                return f"the {key} of a style is no plain text"
    names = [style.name for style in description.styles]
    if "" in names or len(set(names)) < len(names):
        return "two styles have one name, or one has none"
    if sum(style.is_identity for style in description.styles) > 1:
        return "it has two identities"
    return None


def check_tensors(
    inputs: Sequence[tuple[str, str, Sequence[object]]],
    outputs: Sequence[tuple[str, str, Sequence[object]]],
    style_count: int,
    where: str,
) -> None:
    """Compare a file's tensors with the contract above.

    Args:
        inputs: (name, ONNX Runtime type, shape) of each input.
        outputs: the same of each output.
        style_count: number of styles the metadata names.
        where: the file's name, for the message.

    Raises:
        ModelError: says what was expected and what was found.
    """
    picture = ("tensor(uint8)", 4, 3)
    expected = {
        FRAME_INPUT: picture,
        STYLE_INPUT: ("tensor(float)", 1, style_count),
        OUTPUT: picture,
    }
    found = {
        name: (kind, len(shape), shape[-1] if shape else None)
        for name, kind, shape in (*inputs, *outputs)
    }
    if found != expected or len(inputs) != 2:
        raise ModelError(
            f"{where} has other tensors than a stylecam model: expected {expected}, found {found}"
            " (type, rank, last dimension)"
        )
