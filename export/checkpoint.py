"""Checkpoints: a network, its shape and styles, and all that training needs to go on."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from realtime.errors import OptionError, SinkError
from realtime.model import StyleInfo

from .johnson import JohnsonNetwork
from .network import NetworkConfig, StyleNetwork

FORMAT = 2

AnyStyleNetwork = StyleNetwork | JohnsonNetwork


@dataclass
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        config: the network's shape.
        styles: in the order of the mixing weights.
        network: the network's parameters and statistics.
        step: training steps done.
        training: options of the training and the losses it reached, as plain values.
        optimizer: the optimizer's state; None in a checkpoint that only ships.
    """

    config: NetworkConfig
    styles: tuple[StyleInfo, ...]
    network: dict[str, Tensor]
    step: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] | None = None

    def build(self) -> AnyStyleNetwork:
        """The network, with its parameters.

        Raises:
            OptionError: the parameters do not fit the shape.
        """
        network = build_network(self.config, len(self.styles), identity_index(self.styles))
        try:
            network.load_state_dict(self.network)
        except RuntimeError as error:
            raise OptionError(
                "the checkpoint is damaged: its parameters do not fit the shape that it states"
            ) from error
        return network


def build_network(
    config: NetworkConfig, styles: int, identity: int | None = None
) -> AnyStyleNetwork:
    """A network of the given shape, untrained; see `StyleNetwork` for the arguments.

    In the reference the identity is a style like any other.
    """
    if config.kind == "johnson":
        return JohnsonNetwork(config, styles)
    return StyleNetwork(config, styles, identity)


def identity_index(styles: Sequence[StyleInfo]) -> int | None:
    """Where the identity stands among ``styles``, or None."""
    return next((index for index, style in enumerate(styles) if style.is_identity), None)


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write ``checkpoint``; a file of this name stays whole until the new one is complete.

    Raises:
        SinkError: it cannot be written.
    """
    content = {f.name: getattr(checkpoint, f.name) for f in fields(checkpoint)}
    content["config"] = checkpoint.config.to_dict()
    content["styles"] = [asdict(style) for style in checkpoint.styles]
    content["format"] = FORMAT
    temporary = path.with_name(f".{path.name}.part")
    try:
        # Into memory first: torch reports a full disk as an error of its own archive.
        buffer = io.BytesIO()
        torch.save(content, buffer)
        temporary.write_bytes(buffer.getbuffer())
        temporary.replace(path)
    except OSError as error:
        raise SinkError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint. Only tensors and plain values are read: no code can hide in it.

    Raises:
        OptionError: missing, not a checkpoint, or of another format.
    """
    if not path.is_file():
        raise OptionError(f"checkpoint {path} does not exist; 'stylecam train' makes one")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content.pop("format") != FORMAT:
            raise OptionError(f"checkpoint {path} was written by another version of stylecam")
        content["config"] = NetworkConfig(**content["config"])
        content["styles"] = tuple(StyleInfo(**entry) for entry in content["styles"])
        return Checkpoint(**content)
    except (
        AttributeError,
        EOFError,
        KeyError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        raise OptionError(
            f"{path} is not a stylecam checkpoint, or is damaged; 'stylecam train' makes one"
        ) from error


def count_parameters(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(parameter.numel() for parameter in network.parameters())
