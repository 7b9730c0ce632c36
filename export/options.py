"""What decides a training run besides its pictures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .network import NetworkConfig
from .style_optimizer import OptimizerKind

FIDELITY_WEIGHT = 10.0
"""Weight of the difference to the photograph, as far as nothing is to be painted."""


@dataclass(frozen=True)
class TrainingOptions:
    """What decides a training run besides its pictures.

    Attributes:
        steps: optimisation steps in all.
        batch: photographs a step; each is painted in one style, drawn at random.
        crop: side of the photographs' crops, in pixels.
        style_size: shorter side of the paintings, in pixels, times a painting's own scale; larger
            gives larger strokes.
        content_weight: weight of the content loss.
        style_weight: weight of the style loss.
        variation_weight: weight of the total variation.
        tone_weight: weight of the tone loss, which keeps light things light.
        stability_weight: weight of the stability loss; 0 trains without pairs.
        grid_weight: weight of the grid loss, which keeps flat areas free of patterns.
        checkerboard_weight: weight of the checkerboard loss, which keeps single pixels from
            alternating, line by line too.
        balance: how far a style's loss is raised where photographs are near to its painting, and
            lowered where they are far: 0 leaves it as it is, 1 makes up for the distance.
        weaker: part of the photographs that are painted at less than full strength, in a mixture
            with the identity style; 0 trains without it, and so do networks that have none.
        optimizer: see `export.style_optimizer.StyleOptimizer`.
        learning_rate: the largest one; None stands for the usual one, see `with_rate`.
        bfloat16: compute the network, not the judge, in bfloat16: faster where the processor has
            instructions for it.
        seed: of all random numbers; equal seeds give equal networks on one machine.
        network: the network's shape.
    """

    steps: int = 4000
    batch: int = 4
    crop: int = 256
    style_size: int = 512
    content_weight: float = 1.0
    style_weight: float = 6.0
    variation_weight: float = 0.1
    tone_weight: float = 1.0
    stability_weight: float = 2.0
    grid_weight: float = 0.05
    checkerboard_weight: float = 0.3
    balance: float = 1.0
    weaker: float = 0.15
    optimizer: OptimizerKind = "muon"
    learning_rate: float | None = None
    bfloat16: bool = False
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def loss_weights(self) -> dict[str, float]:
        """What each part of the loss weighs."""
        return {
            "content": self.content_weight,
            "style": self.style_weight,
            "variation": self.variation_weight,
            "tone": self.tone_weight,
            "stability": self.stability_weight,
            "grid": self.grid_weight,
            "checkerboard": self.checkerboard_weight,
            "fidelity": FIDELITY_WEIGHT,
        }

    def with_rate(self, *, is_trained: bool) -> TrainingOptions:
        """The same with the learning rate that suits the training, if none is given.

        Figures are in README.md in this folder.

        Args:
            is_trained: it starts from, or adds to, a network that has been trained; a higher rate
                would throw that back.
        """
        if self.learning_rate is not None:
            return self
        if self.network.kind == "johnson":
            return replace(self, learning_rate=1e-3)
        is_fast = self.optimizer == "muon" and not is_trained
        return replace(self, learning_rate=6e-3 if is_fast else 3e-3)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainingOptions:
        """From what `to_dict` gave."""
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        # A training from before there was any.
        known.setdefault("balance", 0.0)
        known.setdefault("checkerboard_weight", 0.0)
        known.setdefault("optimizer", "adam")
        return cls(**{**known, "network": NetworkConfig(**values["network"])})
