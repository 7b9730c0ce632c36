"""Train a style network on paintings and photographs: read from top to bottom.

The recipe is that of Johnson et al. 2016 (section 3): paint photographs, look at the result with a
fixed convolutional network, and follow the gradient of content and style losses. Added are many
styles in one network (Dumoulin et al. 2017) and pairs made from one photograph, slightly moved and
noisy, which must be painted alike (as ReReVST, Wang et al. 2020, and ReCoNet, Gao et al. 2018, do),
so that a video flickers less.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from realtime.errors import OptionError
from realtime.model import StyleInfo

from .checkpoint import (
    AnyStyleNetwork,
    Checkpoint,
    build_network,
    identity_index,
)
from .dataset import Photographs, camera_noise, random_motion, to_tensor
from .network import StyleNetwork
from .options import TrainingOptions
from .paintings import describe_style, learning_hints, read_painting
from .perceptual import (
    STYLE_LAYERS,
    LossNetwork,
    checkerboard_loss,
    content_loss,
    grid_loss,
    local_detail,
    style_loss,
    style_targets,
    tone_loss,
    total_variation,
)
from .rows import add_rows
from .style_optimizer import StyleOptimizer

WARM_UP = 0.05
"""Part of the steps in which the learning rate rises; then it falls along a cosine."""
LARGEST_GRADIENT = 5.0
"""Gradients are clipped to this norm: early Gram losses are thousands of times the late ones."""
UNPAINTED = 1 / 3
"""Part of the weaker paintings that are none at all."""
MEASURED_PHOTOGRAPHS = 16
"""How many photographs tell how far from a painting photographs are."""
USUAL_DISTANCE = 2.2
"""Style loss of photographs, averaged over the styles that come with stylecam."""
STYLE_FACTORS = (0.5, 2.5)
"""Bounds of what a style's loss is multiplied with, to make up for its distance."""
IDENTITY = StyleInfo("identity", title="The picture itself", is_identity=True)


@dataclass(frozen=True)
class Losses:
    """The parts of one step's loss, unweighted, averaged over the batch.

    Content and style are of the pictures painted in full, as a reader of the figures expects; NaN
    where a batch has none. Variation counts as far as a picture is painted, fidelity as far as not.
    """

    content: float
    style: float
    variation: float
    tone: float
    stability: float
    grid: float
    checkerboard: float
    fidelity: float


@dataclass(frozen=True)
class Progress:
    """Where a training stands: steps done, and the losses averaged over the last 50 steps."""

    step: int
    steps: int
    losses: Losses


class Trainer:
    """One training run, a step at a time.

    Args:
        paintings: one picture a style.
        photographs: to paint.
        loss_network: the judge.
        options: see `TrainingOptions`.
        base: a checkpoint to add styles to: only the rows of ``paintings`` are trained.
        start: a checkpoint of the same styles to start from, instead of random weights.
        device: where torch computes.

    Raises:
        OptionError: two styles have one name.
    """

    def __init__(
        self,
        paintings: list[Path],
        photographs: Photographs,
        loss_network: LossNetwork,
        options: TrainingOptions,
        *,
        base: Checkpoint | None = None,
        start: Checkpoint | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        options = options.with_rate(is_trained=bool(base or start))
        assert options.learning_rate is not None
        self._rate = options.learning_rate
        self.options = options
        self.photographs = photographs
        self.judge = loss_network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        torch.manual_seed(options.seed)
        known = base.styles if base else ()
        self.first_style = len(known)
        self.styles = (*known, *(describe_style(path) for path in paintings))
        self._trained_styles = len(paintings)
        if base is None and options.weaker and options.network.kind == "fast":
            self.styles = (*self.styles, IDENTITY)
        self._identity = identity_index(self.styles)
        _check_names(self.styles)
        network = build_network(options.network, len(self.styles), self._identity)
        if base is not None:
            add_rows(network, base)
        self.network: AnyStyleNetwork = network.to(
            device=self.device, memory_format=torch.channels_last
        )  # type: ignore[call-overload]
        self._steps_before = sum(
            earlier.step + earlier.training.get("base_steps", 0)
            for earlier in (base, start)
            if earlier
        )
        self.optimizer = StyleOptimizer(self.network, options.optimizer)
        self.step = 0
        pictures = [self._read_painting(path) for path in paintings]
        self.targets = self._style_targets(pictures)
        # A painting that photographs resemble would otherwise be painted half-heartedly.
        factors = (USUAL_DISTANCE / self.measure_style_distances()) ** options.balance
        hints = [learning_hints(path) for path in paintings]
        self._hints = {path.stem: asdict(hint) for path, hint in zip(paintings, hints, strict=True)}
        weights = torch.tensor([hint.weight for hint in hints])
        self.style_factors = factors.clamp(*STYLE_FACTORS) * weights.to(self.device)
        if start is not None:
            self._load(start, "start from")
        elif base is None and isinstance(self.network, StyleNetwork):
            self.network.start_tints(pictures)
        self._recent: deque[Losses] = deque(maxlen=50)

    def resume(self, earlier: Checkpoint) -> None:
        """Go on where ``earlier`` was saved.

        Raises:
            OptionError: it has other styles, or does not hold the optimizer's state.
        """
        if earlier.optimizer is None:
            raise OptionError("the checkpoint holds no optimizer's state, so it cannot be resumed")
        self._load(earlier, "resume")
        self.optimizer.load_state_dict(earlier.optimizer)
        self.step = earlier.step

    def _load(self, earlier: Checkpoint, verb: str) -> None:
        before, now = ([s.name for s in styles] for styles in (earlier.styles, self.styles))
        if set(before) ^ set(now) == {IDENTITY.name}:
            raise OptionError(
                f"only one of the training to {verb} and this one has an identity style; give the"
                " same --weaker and --network"
            )
        if before != now or earlier.config != self.options.network:
            raise OptionError(
                f"the training to {verb} has the styles {', '.join(before)}, in this order, and a"
                f" network of kind '{earlier.config.kind}'; give the same paintings and network"
            )
        self.network.load_state_dict(earlier.build().state_dict())

    def _read_painting(self, path: Path) -> Tensor:
        return to_tensor([read_painting(path, self.options.style_size)]).to(self.device)

    def measure_style_distances(self) -> Tensor:
        """[styles to train]: the style loss of photographs as they are, against each painting."""
        random = np.random.default_rng(self.options.seed)
        photographs = self.photographs.batch(MEASURED_PHOTOGRAPHS, random).to(self.device)
        with torch.no_grad():
            features = self.judge(photographs)
            distances = []
            for style in range(self._trained_styles):
                targets = {name: grams[style] for name, grams in self.targets.items()}
                distances.append(style_loss(self.judge, features, targets).mean())
        return torch.stack(distances)

    def _style_targets(self, paintings: list[Tensor]) -> dict[str, Tensor]:
        """Gram matrices [styles to train, C, C] by layer."""
        each = [style_targets(self.judge, painting) for painting in paintings]
        return {name: torch.stack([targets[name] for targets in each]) for name in STYLE_LAYERS}

    def run(self) -> Iterator[Progress]:
        """Train; yields after every step."""
        while self.step < self.options.steps:
            self._recent.append(self._train_step())
            self.step += 1
            yield Progress(self.step, self.options.steps, self.mean_losses())

    def _train_step(self) -> Losses:
        options = self.options
        # Every step draws from its own generator: a resumed run sees the very same numbers.
        random = np.random.default_rng((options.seed, self.step))
        self.optimizer.set_rate(self._rate * learning_rate_factor(self.step / options.steps))
        self.network.train()

        photographs = self.photographs.batch(options.batch, random)
        photographs = photographs.to(self.device, memory_format=torch.channels_last)
        chosen = torch.from_numpy(random.integers(self._trained_styles, size=options.batch))
        chosen = chosen.to(self.device)
        strength = self._draw_strengths(random).to(self.device)
        style = self._mixing_weights(chosen, strength)

        painted = self._paint(photographs, style)
        with torch.no_grad():
            content_targets = self.judge(photographs)
        features = self.judge(painted)
        targets = {name: grams[chosen] for name, grams in self.targets.items()}
        content = content_loss(features, content_targets)
        styles = style_loss(self.judge, features, targets, random=random)
        fidelity = (painted - photographs).abs().mean((1, 2, 3))
        detail = local_detail(painted)
        # Whatever the strength, light stays light, and nothing flickers or forms a pattern.
        parts = {
            "content": (strength * content).mean(),
            "style": (strength.square() * self.style_factors[chosen] * styles).mean(),
            "variation": (strength * total_variation(painted)).mean(),
            "tone": tone_loss(painted, photographs).mean(),
            "stability": self._stability_loss(photographs, painted, style, random),
            "grid": grid_loss(detail).mean(),
            "checkerboard": checkerboard_loss(detail).mean(),
            "fidelity": ((1 - strength) * fidelity).mean(),
        }
        weights = options.loss_weights()
        loss = torch.stack([weights[name] * part for name, part in parts.items()]).sum()
        if not torch.isfinite(loss):
            raise OptionError(
                f"training diverged at step {self.step}; use a lower learning rate or other weights"
            )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        full = strength == 1
        parts |= {"content": content[full].mean(), "style": styles[full].mean()}
        return Losses(**{name: part.item() for name, part in parts.items()})

    def _paint(self, pictures: Tensor, style: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            painted: Tensor = self.network(pictures, style)
        return painted.float()

    def _draw_strengths(self, random: np.random.Generator) -> Tensor:
        """[batch]: 1 for most photographs; for some less, and for some of these 0."""
        batch = self.options.batch
        drawn = np.maximum(0, random.uniform(-UNPAINTED / (1 - UNPAINTED), 1, batch))
        weaker = random.random(batch) < (self.options.weaker if self._identity is not None else 0)
        return torch.from_numpy(np.where(weaker, drawn, 1.0).astype(np.float32))

    def _mixing_weights(self, chosen: Tensor, strength: Tensor) -> Tensor:
        """[batch, S]: each photograph's style at its strength, the rest the identity."""
        rows = torch.eye(len(self.styles), device=self.device)
        style = strength[:, None] * rows[self.first_style + chosen]
        if self._identity is None:
            return style
        return style + (1 - strength[:, None]) * rows[self._identity]

    def _stability_loss(
        self, photographs: Tensor, painted: Tensor, style: Tensor, random: np.random.Generator
    ) -> Tensor:
        """Mean absolute difference between moved paint and the paint of the moved, noisy picture.

        0 without a weight, since it costs a second painting.

        L1(W(O_1), O_2) on synthetic pairs (Wang et al. 2020, section IV-B).
        """
        if not self.options.stability_weight:
            return torch.zeros((), device=self.device)
        batch, _, height, width = photographs.shape
        motion = random_motion(batch, height, width, random).to(self.device)
        moved = camera_noise(motion.warp(photographs), random)
        repainted = self._paint(moved, style)
        difference: Tensor = (motion.warp(painted) - repainted).abs() * motion.valid
        return difference.mean()

    def mean_losses(self) -> Losses:
        """The losses averaged over the last 50 steps."""
        values = np.array([list(asdict(losses).values()) for losses in self._recent])
        known = np.isfinite(values)
        sums = np.where(known, values, 0).sum(axis=0)
        return Losses(*(float(value) for value in sums / np.maximum(1, known.sum(axis=0))))

    def checkpoint(self) -> Checkpoint:
        """The state of this training."""
        training = {
            **self.options.to_dict(),
            "loss_network": self.judge.name,
            "base_steps": self._steps_before,
            "hints": self._hints,
            "losses": asdict(self.mean_losses()) if self._recent else {},
        }
        return Checkpoint(
            config=self.options.network,
            styles=self.styles,
            network={key: value.cpu() for key, value in self.network.state_dict().items()},
            step=self.step,
            training=training,
            optimizer=self.optimizer.state_dict(),
        )

    def paint(self, pictures: Tensor, style: int) -> Tensor:
        """Paint ``pictures`` [N, 3, H, W] in one style as the exported network will."""
        self.network.eval()
        weights = torch.eye(len(self.styles), device=self.device)[style].expand(len(pictures), -1)
        with torch.no_grad():
            painted: Tensor = self.network(pictures.to(self.device), weights)
        return painted.clamp(0, 1).cpu()


def learning_rate_factor(progress: float) -> float:
    """Linear warm-up, then a cosine to zero, as a function of ``progress`` in 0..1."""
    if progress < WARM_UP:
        return (progress + 1e-3) / (WARM_UP + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _check_names(styles: tuple[StyleInfo, ...]) -> None:
    names = [style.name for style in styles]
    double = {name for name in names if names.count(name) > 1}
    if double:
        raise OptionError(f"style '{double.pop()}' is there twice; rename the picture")
