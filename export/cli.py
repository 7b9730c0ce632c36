"""The commands that make models: ``stylecam train``, ``export`` and ``optimize``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from .parity import Parity
    from .train import Progress as TrainingProgress
    from .train import TrainingOptions

PICTURE = click.Path(path_type=Path)


def loss_network_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--loss-network``."""
    return click.option(
        "--loss-network",
        metavar="NAME|FILE",
        required=True,
        help="The judge: vgg16 or vgg19 (by torchvision), or a file of weights (.npz).",
    )(function)


def weight_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The weights of the losses that training and optimising share."""
    for name, default, text in (
        ("variation", 0.1, "Weight of the total variation: smoothness."),
        ("style", 6.0, "Weight of the style loss: more paint."),
        ("content", 1.0, "Weight of the content loss: more of the photograph."),
    ):
        function = click.option(
            f"--{name}-weight",
            type=click.FloatRange(min=0),
            default=default,
            show_default=True,
            help=text,
        )(function)
    return function


@click.command(short_help="Train a network on paintings.")
@click.argument("paintings", metavar="STYLE.jpg...", nargs=-1, required=True, type=PICTURE)
@click.option(
    "--content", metavar="DIR", required=True, type=PICTURE, help="Folder of photographs."
)
@loss_network_option
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    required=True,
    type=PICTURE,
    help="Folder for checkpoint.pt and preview.png; a run that was stopped goes on from there.",
)
@click.option(
    "--add-to",
    metavar="CHECKPOINT",
    type=PICTURE,
    help="Add the styles to this checkpoint: its network and styles stay as they are.",
)
@click.option("--steps", type=click.IntRange(1), default=4000, show_default=True)
@click.option(
    "--batch", type=click.IntRange(1), default=4, show_default=True, help="Photographs a step."
)
@click.option(
    "--crop",
    type=click.IntRange(32),
    default=256,
    show_default=True,
    help="Side of the photographs' crops, in pixels.",
)
@click.option(
    "--style-size",
    type=click.IntRange(32),
    default=512,
    show_default=True,
    help="Shorter side of the paintings, in pixels: larger gives larger strokes.",
)
@weight_options
@click.option(
    "--tone-weight",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Weight of the tone loss: light things stay light.",
)
@click.option(
    "--stability-weight",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Weight of the stability loss: less flicker.",
)
@click.option(
    "--learning-rate", type=click.FloatRange(min=0, min_open=True), default=3e-3, show_default=True
)
@click.option(
    "--network",
    type=click.Choice(["fast", "johnson"]),
    default="fast",
    show_default=True,
    help="Shape of the network; johnson is the reference of Johnson et al. 2016.",
)
@click.option(
    "--every",
    type=click.IntRange(1),
    default=250,
    show_default=True,
    help="Steps between checkpoints and previews.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, cuda, ..."
)
@click.option("--quiet", "-q", is_flag=True, help="Show errors only.")
def train(
    *,
    paintings: tuple[Path, ...],
    content: Path,
    loss_network: str,
    output: Path,
    add_to: Path | None,
    network: str,
    every: int,
    device: str,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - click's values, named as in TrainingOptions
) -> int:
    """Train a network that paints in the style of each STYLE.jpg.

    A style is named after its file. Its title, artist, license and source can be given in a file
    NAME.toml beside the picture.
    """
    from . import train as training
    from .network import NetworkConfig

    shape = NetworkConfig(kind=network)  # type: ignore[arg-type]
    settings = training.TrainingOptions(**options, network=shape)
    with _TrainingBar(settings, quiet) as bar:
        path = training.train(
            list(paintings),
            content,
            loss_network,
            output,
            settings,
            add_to=add_to,
            every=every,
            device=_torch_device(device),
            on_step=bar.update,
        )
    _say(f"trained: {path}; next: stylecam export {path} -o MODEL.onnx", quiet)
    return 0


@click.command(name="export", short_help="Export a checkpoint to a model file.")
@click.argument("checkpoint", metavar="CHECKPOINT", type=PICTURE)
@click.option("--output", "-o", metavar="MODEL.onnx", required=True, type=PICTURE)
@click.option("--overwrite", is_flag=True, help="Replace a model that exists.")
@click.option("--quiet", "-q", is_flag=True, help="Show errors only.")
def export_model(*, checkpoint: Path, output: Path, overwrite: bool, quiet: bool) -> int:
    """Export a trained CHECKPOINT to a model file, and prove that it paints the same."""
    from .onnx_export import export_checkpoint

    report = export_checkpoint(checkpoint, output, overwrite=overwrite)
    if not quiet:
        _show_parity(report)
    _say(f"exported: {output} ({output.stat().st_size / 1e6:.2f} MB)", quiet)
    return 0


@click.command(short_help="Paint one image by optimising its pixels.")
@click.argument("content", metavar="CONTENT.jpg", type=PICTURE)
@click.argument("style", metavar="STYLE.jpg", type=PICTURE)
@click.option("--output", "-o", metavar="OUT.png", required=True, type=PICTURE)
@loss_network_option
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=300,
    show_default=True,
    help="Iterations of L-BFGS.",
)
@click.option(
    "--size",
    type=click.IntRange(32),
    default=360,
    show_default=True,
    help="Shorter side of the photograph, in pixels.",
)
@click.option(
    "--style-size",
    type=click.IntRange(32),
    default=512,
    show_default=True,
    help="Shorter side of the painting, in pixels.",
)
@weight_options
@click.option("--from-noise", is_flag=True, help="Start from noise instead of the photograph.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", metavar="NAME", default="auto", show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace a picture that exists.")
@click.option("--quiet", "-q", is_flag=True, help="Show errors only.")
def optimize(
    *,
    content: Path,
    style: Path,
    output: Path,
    loss_network: str,
    size: int,
    style_size: int,
    device: str,
    overwrite: bool,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - click's values, named as in OptimizationOptions
) -> int:
    """Paint CONTENT.jpg like STYLE.jpg by optimising its pixels (Gatys et al. 2016).

    Slow: minutes a picture. It is the reference for what the trained networks can reach.
    """
    import torch

    from .dataset import read_picture, resize_short_side, to_tensor
    from .loss_networks import load_loss_network
    from .optimize import OptimizationOptions
    from .optimize import optimize as optimize_pixels
    from .pictures import check_picture_output, write_picture

    check_picture_output(output, overwrite=overwrite)
    target = torch.device(_torch_device(device))
    photograph = to_tensor([resize_short_side(read_picture(content), size)]).to(target)
    painting = to_tensor([resize_short_side(read_picture(style), style_size)]).to(target)
    judge = load_loss_network(loss_network).to(target)
    settings = OptimizationOptions(**options)
    with _bar("loss {task.fields[loss]:.3f}", quiet) as progress:
        task = progress.add_task("optimizing", total=settings.steps, loss=float("nan"))
        picture = optimize_pixels(
            photograph,
            painting,
            judge,
            settings,
            lambda step, loss: progress.update(task, completed=step, loss=loss),
        )
    pixels = picture[0].mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    write_picture(output, pixels)
    _say(f"painted: {output}", quiet)
    return 0


def _torch_device(name: str) -> str:
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
        reason = str(error).splitlines()[0]
        raise OptionError(f"torch cannot compute on device '{name}' ({reason})") from error
    return name


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        click.echo(f"stylecam: {text}", err=True)


def _bar(numbers: str, quiet: bool) -> Progress:
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
        disable=quiet,
    )


class _TrainingBar:
    """Progress of a training: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, options: TrainingOptions, quiet: bool) -> None:
        import sys

        self._terminal = sys.stderr.isatty()
        self._quiet = quiet
        self._steps = options.steps
        self._started = False
        self._progress = _bar("{task.fields[losses]}", quiet or not self._terminal)
        self._task = self._progress.add_task("training", total=options.steps, losses="")

    def __enter__(self) -> _TrainingBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, progress: TrainingProgress) -> None:
        """Show where the training stands."""
        if not self._started and progress.step > 1:
            _say(f"going on at step {progress.step} of {self._steps}", self._quiet)
        self._started = True
        losses = progress.losses
        text = (
            f"content {losses.content:.3f}  style {losses.style:.3f}"
            f"  variation {losses.variation:.3f}  tone {losses.tone:.3f}"
            f"  stability {losses.stability:.4f}"
        )
        self._progress.update(self._task, completed=progress.step, losses=text)
        if not self._terminal and progress.step % 100 == 0:
            _say(f"step {progress.step} of {self._steps}: {text}", self._quiet)


def _show_parity(report: list[Parity]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="torch against the engine, levels of 255")
    for heading in ("size", "mean", "99.9th percentile"):
        table.add_column(heading, justify="right")
    for row in report:
        size = f"{row.width}x{row.height}"
        table.add_row(size, f"{row.mean:.4f}", f"{row.percentile:.1f}")
    Console(stderr=True).print(table)
