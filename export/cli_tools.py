"""What the commands of this package share: options, progress, devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from .options import TrainingOptions
    from .train import Progress as TrainingProgress

PATH = click.Path(path_type=Path)


loss_network_option = click.option(
    "--loss-network",
    metavar="NAME|FILE",
    default="compact",
    show_default=True,
    help="The judge: compact (comes with stylecam), vgg16 or vgg19 (by torchvision), or a file"
    " of weights (.npz).",
)


style_size_option = click.option(
    "--style-size",
    metavar="N",
    type=click.IntRange(32),
    default=512,
    show_default=True,
    help="Shorter side of the paintings, in pixels, times a painting's own scale: larger gives"
    " larger strokes.",
)


def weight_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The weights of the losses that training and optimising share."""
    for name, default, text in (
        ("variation", 0.1, "Weight of the total variation: smoothness."),
        ("style", 6.0, "Weight of the style loss: more paint."),
        ("content", 1.0, "Weight of the content loss: more of the photograph."),
    ):
        function = click.option(
            f"--{name}-weight",
            metavar="X",
            type=click.FloatRange(min=0),
            default=default,
            show_default=True,
            help=text,
        )(function)
    return function


size_option = click.option(
    "--size",
    metavar="N",
    type=click.IntRange(32),
    default=360,
    show_default=True,
    help="Shorter side of what is painted, in pixels.",
)


seed_option = click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of all random numbers: on a processor, equal seeds give equal results.",
)


def device_option(
    text: str = "Where to compute: auto, cpu, cuda, ...",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--device``, with ``text`` as its help."""
    return click.option("--device", metavar="NAME", default="auto", show_default=True, help=text)


def overwrite_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--overwrite`` of ``what``."""
    return click.option("--overwrite", is_flag=True, help=f"Replace a {what} that exists.")


from_noise_option = click.option(
    "--from-noise",
    is_flag=True,
    default=False,
    help="The optimisation starts from noise, as Gatys et al. did, instead of the photograph.",
)

quiet_option = click.option("--quiet", "-q", is_flag=True, help="Show errors only.")


@overload
def shipped_or(checkpoint: Path) -> Path: ...
@overload
def shipped_or(checkpoint: None) -> None: ...
def shipped_or(checkpoint: Path | None) -> Path | None:
    """The checkpoint that comes with stylecam for the name 'shipped', else the path itself."""
    from .shipped import CHECKPOINT

    if checkpoint == Path("shipped") and not checkpoint.is_file():
        return CHECKPOINT
    return checkpoint


def torch_device(name: str) -> str:
    """Check that torch can compute on ``name``.

    Raises:
        OptionError: it cannot.
    """
    import torch

    from realtime.errors import OptionError

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise OptionError(
            f"torch cannot compute on device '{name}' here; use cpu"
            + (", or cuda" if torch.cuda.is_available() else "")
        ) from error
    return name


def say(text: str, quiet: bool) -> None:
    """One line for people, on the standard error."""
    if not quiet:
        click.echo(f"stylecam: {text}", err=True)


def show_bar(numbers: str, quiet: bool) -> Progress:
    """A progress bar on the standard error, if that is a terminal.

    ``numbers`` is rich's format of what stands beside it.
    """
    import sys

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(numbers),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    )


class TrainingBar:
    """Progress of a training: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, options: TrainingOptions, quiet: bool) -> None:
        import sys

        self._terminal = sys.stderr.isatty()
        self._quiet = quiet
        self._steps = options.steps
        self._started = False
        self._progress = show_bar("{task.fields[losses]}", quiet)
        self._task = self._progress.add_task("training", total=options.steps, losses="")

    def __enter__(self) -> TrainingBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, progress: TrainingProgress) -> None:
        """Show where the training stands."""
        if not self._started and progress.step > 1:
            say(f"going on at step {progress.step} of {self._steps}", self._quiet)
        self._started = True
        losses = progress.losses
        text = (
            f"content {losses.content:.3f}  style {losses.style:.3f}"
            f"  variation {losses.variation:.3f}  tone {losses.tone:.3f}"
            f"  stability {losses.stability:.4f}  grid {losses.grid:.2f}"
            f"  checkerboard {losses.checkerboard:.2f}"
        )
        # The bar and the remaining time must fit into 80 columns as well.
        short = f"content {losses.content:.2f} style {losses.style:.3f}"
        self._progress.update(self._task, completed=progress.step, losses=short)
        if not self._terminal and progress.step % 100 == 0:
            say(f"step {progress.step} of {self._steps}: {text}", self._quiet)
