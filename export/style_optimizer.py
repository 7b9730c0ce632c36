"""What follows the gradient: Muon for the kernels of convolutions, Adam for all other parameters.

Adam scales every number by itself. Muon (Jordan 2024, https://kellerjordan.github.io/posts/muon/)
looks at a layer's whole matrix and makes all directions of its step equally long, so that none that
is seldom asked for is left behind. On this project's network the losses of the training fall
faster, those on larger, held-out photographs about alike (figures: README.md in this folder).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, overload

import torch
from torch import Tensor, nn

from .rows import parameter_groups

OptimizerKind = Literal["muon", "adam"]

# Coefficients of the polynomial that drives all singular values towards 1, steps of it, and the
# momentum, all as in Jordan 2024.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_QUINTIC_STEPS = 5
_MOMENTUM = 0.95
# Makes an entry of the step as large as Adam's are, on average, so that one learning rate fits both
# (Liu et al. 2025, "Muon is scalable for LLM training", section 2.2).
_ADAMS_STEP = 0.2


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised: for kernels ``[out, in, height, width]``, each as one matrix.

    ``torch.optim.Muon`` takes matrices only, and a kernel is none in the memory layout that
    training uses.

    Args:
        params: kernels, or groups of them.
        lr: learning rate, of the scale that Adam has.
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take one step along the gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is not None:
                    self._move(kernel, group["lr"])
        return loss

    def _move(self, kernel: Tensor, rate: float) -> None:
        state = self.state[kernel]
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
        momentum = state["momentum"]
        momentum.lerp_(kernel.grad, 1 - _MOMENTUM)
        ahead = kernel.grad.lerp(momentum, _MOMENTUM)  # type: ignore[union-attr] # Nesterov's
        direction = orthogonalize(ahead.flatten(1)).view_as(ahead)
        longest = max(kernel.shape[0], kernel[0].numel())
        kernel.add_(direction, alpha=-rate * _ADAMS_STEP * longest**0.5)


def orthogonalize(matrix: Tensor) -> Tensor:
    """The matrix with its singular values brought near to 1 (about 0.7 to 1.2).

    A Newton-Schulz iteration (Jordan 2024).

    Args:
        matrix: ``[rows, columns]``.
    """
    first, third, fifth = _QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(_QUINTIC_STEPS):
        square = x @ x.T
        x = first * x + (third * square + fifth * square @ square) @ x
    orthogonal: Tensor = x.T if tall else x
    return orthogonal


class StyleOptimizer:
    """The optimizers of a style network, as one.

    Args:
        network: whose trainable parameters to change.
        kind: "muon" for kernels of convolutions by Muon, the rest by Adam; "adam" for all by Adam.
    """

    def __init__(self, network: nn.Module, kind: OptimizerKind) -> None:
        kernels: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        for group in parameter_groups(network):
            split: tuple[list[Tensor], list[Tensor]] = ([], [])
            for parameter in group["params"]:
                split[kind == "muon" and parameter.ndim == 4].append(parameter)
            for groups, params in zip((others, kernels), split, strict=True):
                if params:
                    groups.append({**group, "params": params})
        self._parts: dict[str, torch.optim.Optimizer] = {}
        if others:
            self._parts["adam"] = torch.optim.Adam(others, fused=True)
        if kernels:
            self._parts["muon"] = Muon(kernels)

    def set_rate(self, rate: float) -> None:
        """Set the learning rate; each group of parameters learns at its own pace of it."""
        for part in self._parts.values():
            for group in part.param_groups:
                group["lr"] = rate * group["pace"]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self._parts.values():
            part.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Take one step along the gradients."""
        for part in self._parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """What a stopped training needs to go on, by optimizer."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            ValueError: it is another optimizer's, or of other parameters.
        """
        if "param_groups" in state:  # of a training from before there was Muon
            state = {"adam": state}
        if set(state) != set(self._parts):
            raise ValueError(f"the state of {', '.join(state)}, not of {', '.join(self._parts)}")
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
