"""The files that come with this package."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"

CHECKPOINT = _FOLDER / "stylecam.pt"
"""What the model that comes with stylecam was exported from."""
LOSS_NETWORK = _FOLDER / "compact.npz"
"""A compact loss network, made by ``stylecam distill``."""
