"""Make a compact loss network: teach a small one the features of a large one.

Knowledge distillation (Hinton et al. 2015) on features, as Wang et al. 2020 (Collaborative
Distillation for Ultra-Resolution Universal Style Transfer) do for style transfer: the student
starts from random weights and learns to give the teacher's features of the same pictures. It has
fewer layers, and ends in 1x1 maps to the widths that the teacher measures style on.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from realtime.errors import OptionError

from .checkpoint import AnyStyleNetwork
from .dataset import Photographs
from .perceptual import SPARSE_STEP, STYLE_LAYERS, LossNetwork, gram
from .pictures import write_bytes
from .train import learning_rate_factor

LAYERS = {"1_1": 16, "1_2": 16, "2_1": 32, "2_2": 32, "3_1": 64, "3_2": 64, "4_1": 128}
"""The student's convolutions and their channels."""
LEARNING_RATE = 2e-3

Arrays = dict[str, NDArray[np.float16]]


@dataclass(frozen=True)
class DistillationOptions:
    """What decides a distillation besides its pictures.

    Attributes:
        steps: optimisation steps in all.
        batch: pictures a step.
        crop: side of the photographs' crops, in pixels.
        seed: of all random numbers.
    """

    steps: int = 3000
    batch: int = 8
    crop: int = 192
    seed: int = 0


class Distiller:
    """One distillation.

    Args:
        teacher: whose features are taught.
        photographs: to look at.
        painter: paints some of them, since a loss network looks at paintings most of the time.
        options: see `DistillationOptions`.
        device: where torch computes.
    """

    def __init__(
        self,
        teacher: LossNetwork,
        photographs: Photographs,
        painter: AnyStyleNetwork,
        options: DistillationOptions,
        device: str = "cpu",
    ) -> None:
        torch.manual_seed(options.seed)
        self.device = torch.device(device)
        self.options = options
        self._photographs = photographs
        self._teacher, self.student, self._painter = (
            network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            for network in (teacher, new_student(teacher), painter.eval())
        )
        trained = [p for name, p in self.student.named_parameters() if "preprocess" not in name]
        for parameter in trained:
            parameter.requires_grad_(True)
        self._optimizer = torch.optim.Adam(trained, fused=True)
        self.scale = self._measure_scale()

    def _measure_scale(self) -> float:
        """Size of the teacher's features, twice over: what an untrained student gives is 0.5."""
        pictures = self._pictures(np.random.default_rng(self.options.seed))
        with torch.no_grad():
            features = self._teacher(pictures)
            wide = [self._teacher.style_features(name, features[name]) for name in STYLE_LAYERS]
            return 2 * float(torch.stack([f.square().mean().sqrt() for f in wide]).mean())

    def run(self) -> Iterator[tuple[int, float]]:
        """Yields the number of steps done, and the loss of the last one, after every step.

        Raises:
            OptionError: the loss is no finite number any more.
        """
        for step in range(self.options.steps):
            yield step + 1, self._step(step)

    def _step(self, step: int) -> float:
        random = np.random.default_rng((self.options.seed, step))
        for group in self._optimizer.param_groups:
            group["lr"] = LEARNING_RATE * learning_rate_factor(step / self.options.steps)
        pictures = self._pictures(random)
        loss = self._loss(pictures, random)
        if not torch.isfinite(loss):
            raise OptionError(
                f"the distillation diverged at step {step + 1}; give another --seed or a larger"
                " --batch, and check that the teacher is a loss network"
            )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.item()

    def _pictures(self, random: np.random.Generator) -> Tensor:
        """Photographs, paintings of them in mixed styles, and noisy or recoloured ones."""
        batch = self.options.batch
        pictures = self._photographs.batch(batch, random).to(self.device)
        painted = batch // 2
        weights = random.dirichlet(np.full(self._painter.styles, 0.1), painted)
        with torch.no_grad():
            style = torch.from_numpy(weights.astype(np.float32)).to(self.device)
            pictures[:painted] = self._painter(pictures[:painted], style)
        # What an unfinished training or optimisation shows: noise, and colours of no photograph.
        for index in range(0, batch, 3):
            order = torch.from_numpy(random.permutation(3))
            noise = torch.from_numpy(
                random.normal(0, random.uniform(0, 0.2), tuple(pictures[index].shape))
            )
            pictures[index] = pictures[index][order] + noise.float().to(self.device)
        return pictures.clamp(0, 1).contiguous(memory_format=torch.channels_last)

    def _loss(self, pictures: Tensor, random: np.random.Generator) -> Tensor:
        """Relative distances of features, and of the Gram matrices that style loss compares."""
        with torch.no_grad():
            taught = self._teacher(pictures)
        learned = self.student(pictures)
        parts = []
        for name in STYLE_LAYERS:
            ours, theirs = learned[name], taught[name] / self.scale
            if ours.shape == theirs.shape:
                parts.append(_relative(ours, theirs))
            step = SPARSE_STEP[name]
            grid = (step, int(random.integers(step)), int(random.integers(step)))
            with torch.no_grad():
                theirs = self._teacher.style_features(name, taught[name], grid) / self.scale
            ours = self.student.style_features(name, ours, grid)
            parts += [_relative(ours, theirs), _relative(gram(ours), gram(theirs))]
        return torch.stack(parts).sum()


def _relative(ours: Tensor, theirs: Tensor) -> Tensor:
    """Squared distance over the squared size of ``theirs``, both summed over the batch."""
    return (ours - theirs).square().sum() / theirs.square().sum()


def new_student(teacher: LossNetwork) -> LossNetwork:
    """An untrained student; its 1x1 maps lead to the widths ``teacher`` measures style on."""
    with torch.no_grad():
        features = teacher(torch.zeros(1, 3, 32, 32))
        widths = {n: teacher.style_features(n, features[n]).shape[1] for n in STYLE_LAYERS}
    channels = (3, *LAYERS.values())
    layers = {
        key: _start(outputs, inputs, 3)
        for key, (inputs, outputs) in zip(LAYERS, pairwise(channels), strict=True)
    }
    wideners = {
        name.removeprefix("relu"): _start(width, LAYERS[name.removeprefix("relu")], 1)
        for name, width in widths.items()
    }
    preprocess = (2 * torch.eye(3)[:, :, None, None], -torch.ones(3))
    return LossNetwork("student", preprocess, layers, wideners)


def _start(outputs: int, inputs: int, side: int) -> tuple[Tensor, Tensor]:
    """Weights that keep the size of what passes through a rectifier (He et al. 2015), no bias."""
    deviation = math.sqrt(2 / (inputs * side**2))
    return torch.randn(outputs, inputs, side, side) * deviation, torch.zeros(outputs)


def to_arrays(student: LossNetwork, scale: float) -> Arrays:
    """The arrays of a file that `load_loss_network` reads.

    Args:
        student: trained.
        scale: by which its features are multiplied.

    Raises:
        OptionError: a weight is no finite number, or too large for 16 bits.
    """
    tables = (("", student.convolutions), ("_aux", student.wideners))
    layers = {
        f"conv{key.replace('_', '')}{ending}": layer
        for ending, table in tables
        for key, layer in table.items()
    }
    # Rectified layers pass a factor on, so one at the input scales all features.
    arrays = {"conv0_w": scale * student.preprocess.weight}
    for name, layer in {"conv0": student.preprocess, **layers}.items():
        assert isinstance(layer, nn.Conv2d)
        assert layer.bias is not None
        arrays.setdefault(f"{name}_w", layer.weight)
        arrays[f"{name}_b"] = scale * layer.bias
    weights = {name: array.detach().cpu().numpy() for name, array in arrays.items()}
    largest = np.finfo(np.float16).max
    for name, values in weights.items():
        # Also false for what is no number.
        if not (np.abs(values) <= largest).all():
            raise OptionError(
                f"the student cannot be saved: its weights {name} reach"
                f" {float(np.abs(values).max()):g}, and the file holds up to {float(largest):g};"
                " give another --seed or fewer --steps"
            )
    return {name: values.astype(np.float16) for name, values in weights.items()}


def save_student(distiller: Distiller, path: Path) -> None:
    """Write the student for `load_loss_network`.

    Raises:
        OptionError: a weight does not fit the file.
        SinkError: it cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **to_arrays(distiller.student, distiller.scale))  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())
