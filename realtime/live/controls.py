"""What the user has set, as the keys and the mouse change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ..model import ModelDescription


class View(Enum):
    """Which picture is shown."""

    PAINTED = "painting"
    SPLIT = "split"
    ORIGINAL = "original"


@dataclass(slots=True)
class Controls:
    """The state of the session's knobs. Used from one thread.

    Attributes:
        description: of the model, for its styles.
        style: number of the style, among those that can be painted.
        partner: number of the style that ``mix`` leads to.
        mix: 0..1, from ``style`` to ``partner``.
        mixture: weights given on the command line that are no mix of two; a style key ends them.
        strength: 0..1, how much of the painting shows.
        temporal: 0..1, how strongly flicker is held down, while ``steady``.
        steady: whether flicker is held down at all.
        keep_colors: take the colours from the original.
        mirror: left and right changed over.
        frozen: the picture stands still.
        view: which picture is shown.
        divider: 0..1, where the split is, from the left.
        show_overlay: whether numbers and sliders are drawn over the picture.
        show_help: whether the keys are drawn over the picture.
    """

    description: ModelDescription
    style: int = 0
    partner: int = 0
    mix: float = 0.0
    mixture: NDArray[np.float32] | None = None
    strength: float = 1.0
    temporal: float = 0.0
    steady: bool = True
    keep_colors: bool = False
    mirror: bool = False
    frozen: bool = False
    view: View = View.PAINTED
    divider: float = 0.5
    show_overlay: bool = True
    show_help: bool = False
    _positions: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._positions = [
            index for index, style in enumerate(self.description.styles) if not style.is_identity
        ]
        if self.partner == self.style:
            self.partner = (self.style + 1) % self.style_count

    @property
    def style_count(self) -> int:
        """How many styles can be painted."""
        return len(self._positions)

    @property
    def weights(self) -> NDArray[np.float32]:
        """float32 ``[S]``, the mixing weights wanted now."""
        if self.mixture is not None:
            return self.mixture
        weights = np.zeros(len(self.description.styles), np.float32)
        weights[self._positions[self.style]] += 1 - self.mix
        weights[self._positions[self.partner]] += self.mix
        return weights

    def start_with(self, weights: NDArray[np.float32]) -> None:
        """Begin with these weights: one style, a mix of two, or any mixture."""
        used = [number for number, at in enumerate(self._positions) if weights[at] > 0]
        used.sort(key=lambda number: -weights[self._positions[number]])
        if len(used) > 2:
            self.mixture = weights
        self.style = used[0]
        self.partner = used[1] if len(used) == 2 else (used[0] + 1) % self.style_count
        self.mix = float(weights[self._positions[used[1]]]) if len(used) == 2 else 0.0

    def choose_style(self, number: int) -> None:
        """Paint style ``number`` alone; a number that no style has does nothing."""
        if 0 <= number < self.style_count:
            if number == self.partner:
                self.partner = self.style if number != self.style else self.partner
            self.style, self.mix, self.mixture = number, 0.0, None

    def step_style(self, step: int) -> None:
        """Paint the next style, or the one before."""
        self.choose_style((self.style + step) % self.style_count)

    def step_partner(self, step: int) -> None:
        """Mix with the next style, or the one before, that is not painted already."""
        others = [number for number in range(self.style_count) if number != self.style]
        if others:
            at = others.index(self.partner) if self.partner in others else 0
            self.partner = others[(at + step) % len(others)]
            self.mixture = None

    def nudge(self, name: str, step: float) -> None:
        """Move ``mix``, ``strength`` or ``temporal`` by ``step``, within 0..1."""
        self.set(name, getattr(self, name) + step)

    def set(self, name: str, value: float) -> None:
        """Set ``mix``, ``strength`` or ``temporal``, brought into 0..1.

        Setting ``temporal`` also switches it on.
        """
        setattr(self, name, min(1.0, max(0.0, round(value, 3))))
        if name == "temporal":
            self.steady = True
        if name == "mix":
            self.mixture = None

    @property
    def temporal_now(self) -> float:
        """The temporal strength in force: 0 while it is switched off."""
        return self.temporal if self.steady else 0.0

    def title_of(self, number: int) -> str:
        """How a style is called in the window."""
        info = self.description.styles[self._positions[number]]
        return info.title or info.name.replace("_", " ")

    @property
    def title(self) -> str:
        """The style painted now, in words."""
        if self.mixture is not None:
            return "a mixture"
        if self.mix == 0 or self.style_count == 1:
            return self.title_of(self.style)
        share = round(100 * self.mix)
        return (
            f"{self.title_of(self.style)} {100 - share}% + {self.title_of(self.partner)} {share}%"
        )
