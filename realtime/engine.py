"""Paints one picture: a session of ONNX Runtime with its inputs and its output bound."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .compose import blend
from .cores import available_cores
from .errors import ModelError, OptionError
from .frame import Image, check_image
from .messages import one_line
from .model import FRAME_INPUT, MINIMUM_SIDE, OUTPUT, STYLE_INPUT, ModelDescription
from .model_files import default_model, read_model
from .providers import (
    CPU,
    PROVIDERS,
    Session,
    is_of_runtime,
    open_session,
    runtime,
    session_options,
)

logger = logging.getLogger(__name__)

# Below this strength the frame itself fades in: the network's identity style comes close to the
# frame, but does not reproduce it exactly.
_FADE_BELOW = 0.25
_CPU_NAME = PROVIDERS[CPU].name


class OnnxStylizer:
    """Calls a stylecam model on one picture after another.

    Style and strength may be set from another thread while a picture is being painted; they hold
    from the next picture on.

    Attributes:
        at_once: how many pictures it is ready to paint at the same time; see ``share``.
        description: what the model says of itself.
        path: of the model file.
        device: what was asked for.
        provider: the ONNX Runtime provider that really runs.
    """

    def __init__(
        self,
        model: Path | None = None,
        *,
        device: str = "auto",
        threads: int | None = None,
        spinning: bool = True,
    ) -> None:
        """Open a model.

        Args:
            model: an ONNX file; None opens the one that ships with stylecam.
            device: one of ``providers.DEVICES``; ``auto`` takes the fastest that runs here.
            threads: processor threads of the model; None takes one for each core.
            spinning: let idle threads wait actively: faster where nothing else runs, slower where
                other threads need the cores.

        Raises:
            ModelError: missing, damaged, or not a stylecam model.
            OptionError: an unknown device, or an absurd number of threads.
            ProviderError: the device does not run here.
        """
        if threads is not None and not 1 <= threads <= 1024:
            raise OptionError(f"threads must be from 1 to 1024, not {threads}")
        checked = read_model(default_model() if model is None else Path(model))
        self._threads = threads or available_cores()
        self._spinning = spinning
        self._data = checked.data
        self.at_once = 1
        self.path = checked.path
        self.description: ModelDescription = checked.description
        self.device = device
        self._session, provider = open_session(device, self._create_session)
        self.provider = provider.name
        logger.info("%s runs on %s", self.path, self.provider)
        self._memory = provider.memory
        self._idle: list[_Buffers] = []
        self._strength = 1.0
        self._style = _first_painted(self.description)

    def _create_session(self, providers: list[Any]) -> Session:
        # Each thread that calls is one of them; the session's own ones help wherever they can.
        options = session_options(self._threads - self.at_once + 1, spinning=self._spinning)
        return runtime().InferenceSession(
            self._data, options, providers=providers, enable_fallback=False
        )

    def share(self, at_once: int) -> int:
        """Get ready for so many threads that call at the same time, each with another picture.

        On the processor two pictures keep two threads busy better than one picture does, whose
        parts wait for each other. Each takes longer, and memory of its own. Where more threads
        call than this is ready for, they only share what there is. Not while a picture is painted.

        Returns:
            How many it is ready for now: no more than it has threads, and 1 on other devices.

        Raises:
            ProviderError: the model cannot be opened again.
        """
        at_once = max(1, min(at_once, self._threads)) if self.provider == _CPU_NAME else 1
        if at_once != self.at_once or self._session is None:
            self._idle.clear()
            self._session = None  # its threads end before the others begin
            self.at_once = at_once
            self._session, _ = open_session(CPU, self._create_session)
        return at_once

    @property
    def strength(self) -> float:
        """How strongly the picture is painted: 0 leaves it as it is, 1 paints it fully.

        Raises:
            OptionError: set outside 0..1.
        """
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        if not 0 <= value <= 1:
            raise OptionError(f"strength must lie between 0 and 1, not {value}")
        self._strength = float(value)

    def set_style(self, weights: NDArray[np.float32]) -> None:
        """Paint with these mixing weights from the next picture on.

        Args:
            weights: float32 ``[S]``, as ``styles.parse_style`` gives them.

        Raises:
            ValueError: another shape, or not finite.
        """
        style = np.array(weights, np.float32)
        if style.shape != self._style.shape or not np.isfinite(style).all():
            raise ValueError(
                f"weights must be {self._style.size} finite numbers, not {np.asarray(weights)!r}"
            )
        self._style = style

    def warm_up(self, width: int, height: int) -> None:
        """Paint blank pictures, so that the first real ones take no longer than the others."""
        blank = np.zeros((height, width, 3), np.uint8)
        with ThreadPoolExecutor(self.at_once) as threads:
            list(threads.map(lambda _: self._paint(blank, self._style), range(self.at_once)))

    def __call__(self, image: Image) -> Image:
        """Paint a picture.

        Args:
            image: uint8 ``[H, W, 3]``, RGB, H and W from 16.

        Returns:
            A new array of the same shape, which the caller owns.

        Raises:
            OptionError: smaller than 16 pixels, or too large for the memory.
            ModelError: the model fails.
            TypeError: not a uint8 array.
            ValueError: another shape.
        """
        check_image(image)
        strength = self._strength
        if strength == 0:
            return image.copy()
        style, opacity = _mix(self._style, self.description.identity_index, strength)
        painted = self._paint(image, style)
        return painted if opacity == 1 else blend(image, painted, opacity)

    def _paint(self, image: Image, style: NDArray[np.float32]) -> Image:
        height, width = image.shape[:2]
        if min(height, width) < MINIMUM_SIDE:
            raise OptionError(
                f"a picture of {width}x{height} pixels is too small to paint;"
                f" each side needs at least {MINIMUM_SIDE}"
            )
        try:
            buffers = self._take_buffers(height, width, style.size)
            painted = buffers.run(image, style)
            self._idle.append(buffers)
            return painted
        except Exception as error:
            if _is_out_of_memory(error):
                raise OptionError(
                    f"there is not enough memory to paint {width}x{height} pixels;"
                    " choose a smaller --size"
                ) from error
            if not is_of_runtime(error):
                raise
            raise ModelError(
                f"{self.path} failed to paint {width}x{height} pixels ({one_line(error)}); export"
                " it again, or try another --device"
            ) from error

    def _take_buffers(self, height: int, width: int, style_count: int) -> _Buffers:
        """Those of an earlier picture, which no other thread uses now, or new ones."""
        while self._idle:
            # Another thread may have been faster.
            with suppress(IndexError):
                buffers = self._idle.pop()
                if buffers.size == (height, width):
                    return buffers
                del buffers  # frees the old ones before the new ones are made
        return _Buffers(self._session, self._memory, height, width, style_count)

    def close(self) -> None:
        """Free the session and its memory; the stylizer paints no more."""
        self._idle.clear()
        self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Buffers:
    """The tensors of one picture size, on the device, bound once and used for every picture."""

    def __init__(
        self,
        session: Session,
        memory: str,
        height: int,
        width: int,
        style_count: int,
    ) -> None:
        make = runtime().OrtValue.ortvalue_from_shape_and_type
        self.size = (height, width)
        self._session = session
        self._frame = make([1, height, width, 3], np.uint8, memory, 0)
        self._style = make([style_count], np.float32, memory, 0)
        self._output = make([1, height, width, 3], np.uint8, memory, 0)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(FRAME_INPUT, self._frame)
        self._binding.bind_ortvalue_input(STYLE_INPUT, self._style)
        self._binding.bind_ortvalue_output(OUTPUT, self._output)

    def run(self, image: Image, style: NDArray[np.float32]) -> Image:
        self._frame.update_inplace(image[None])
        self._style.update_inplace(style)
        self._session.run_with_iobinding(self._binding)
        # On the processor this is a view of memory that the next picture overwrites.
        return np.array(self._output.numpy()[0])


def _is_out_of_memory(error: Exception) -> bool:
    """ONNX Runtime says so only in the text of an error that has no type of its own."""
    text = str(error).lower()
    signs = ("failed to allocate", "out of memory", "bad_alloc", "bad allocation")
    return isinstance(error, MemoryError) or any(sign in text for sign in signs)


def _first_painted(description: ModelDescription) -> NDArray[np.float32]:
    style = np.zeros(len(description.styles), np.float32)
    style[description.styles.index(description.painted_styles[0])] = 1
    return style


def _mix(
    style: NDArray[np.float32], identity: int | None, strength: float
) -> tuple[NDArray[np.float32], float]:
    """The mixing weights, and the opacity of the painting over the frame, for a strength.

    With an identity style the network itself paints less, which keeps contours where a blend
    shows two pictures at once; the blend only takes over near 0. Both are continuous, and exact
    at 0 and 1.
    """
    if identity is None:
        return style, strength
    mixed = style * np.float32(strength)
    mixed[identity] += np.float32(1 - strength)
    return mixed, min(1.0, strength / _FADE_BELOW)
