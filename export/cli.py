"""The commands that make models: ``stylecam train``, ``export`` and ``optimize``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .cli_tools import (
    PATH,
    TrainingBar,
    device_option,
    from_noise_option,
    loss_network_option,
    overwrite_option,
    quiet_option,
    say,
    seed_option,
    shipped_or,
    show_bar,
    size_option,
    style_size_option,
    torch_device,
    weight_options,
)

if TYPE_CHECKING:
    from .parity import Parity


@click.command(short_help="Train a network on paintings.")
@click.argument("paintings", metavar="STYLE.jpg...", nargs=-1, required=True, type=PATH)
@click.option("--content", metavar="DIR", required=True, type=PATH, help="Folder of photographs.")
@loss_network_option
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    required=True,
    type=PATH,
    help="Folder for checkpoint.pt and preview.png; a run that was stopped goes on from there.",
)
@click.option(
    "--add-to",
    metavar="CHECKPOINT",
    type=PATH,
    help="Add the styles to this checkpoint, or to the one that comes with stylecam ('shipped'):"
    " its network and styles stay as they are.",
)
@click.option(
    "--start-from",
    metavar="CHECKPOINT",
    type=PATH,
    help="Start from the weights of this checkpoint of the same styles, instead of random ones.",
)
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(1),
    default=4000,
    show_default=True,
    help="Steps of the training in all.",
)
@click.option(
    "--batch",
    metavar="N",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Photographs a step.",
)
@click.option(
    "--crop",
    metavar="N",
    type=click.IntRange(32),
    default=256,
    show_default=True,
    help="Side of the photographs' crops, in pixels.",
)
@style_size_option
@weight_options
@click.option(
    "--tone-weight",
    metavar="X",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Weight of the tone loss: light things stay light.",
)
@click.option(
    "--stability-weight",
    metavar="X",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Weight of the stability loss: less flicker.",
)
@click.option(
    "--grid-weight",
    metavar="X",
    type=click.FloatRange(min=0),
    default=0.05,
    show_default=True,
    help="Weight of the grid loss: no regular dots in flat areas.",
)
@click.option(
    "--checkerboard-weight",
    metavar="X",
    type=click.FloatRange(min=0),
    default=0.3,
    show_default=True,
    help="Weight of the checkerboard loss: no single pixels or lines that alternate.",
)
@click.option(
    "--balance",
    metavar="X",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="How far to raise the style weight of paintings that photographs are near to.",
)
@click.option(
    "--weaker",
    metavar="X",
    type=click.FloatRange(0, 1),
    default=0.15,
    show_default=True,
    help="Part of the photographs that are painted at less than full strength, for --strength.",
)
@click.option(
    "--optimizer",
    type=click.Choice(["muon", "adam"]),
    default="muon",
    show_default=True,
    help="What follows the gradient; with muon the losses fall faster.",
)
@click.option(
    "--learning-rate",
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    help="Largest learning rate; it rises at the start and falls towards the end. If not given:"
    " 0.006; with --add-to, --start-from or --optimizer adam 0.003; with --network johnson 0.001.",
)
@click.option(
    "--bfloat16",
    is_flag=True,
    default=False,
    help="Compute the network in bfloat16: faster where the processor has instructions for it.",
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
    metavar="N",
    type=click.IntRange(1),
    default=250,
    show_default=True,
    help="Steps between checkpoints and previews.",
)
@seed_option
@device_option()
@quiet_option
def train(
    *,
    paintings: tuple[Path, ...],
    content: Path,
    loss_network: str,
    output: Path,
    add_to: Path | None,
    start_from: Path | None,
    network: str,
    every: int,
    device: str,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - click's values, named as in TrainingOptions
) -> int:
    """Train a network that paints in the style of each STYLE.jpg.

    A style is named after its file. Its title, artist, license and source can be given in a file
    NAME.toml beside the picture; so can its scale (0.5 halves its shapes) and its weight (2 paints
    it more boldly than the others).
    """
    from . import training_run as training
    from .network import NetworkConfig
    from .options import TrainingOptions

    shape = NetworkConfig(kind=network)  # type: ignore[arg-type]
    settings = TrainingOptions(**options, network=shape)
    with TrainingBar(settings, quiet) as bar:
        path = training.train(
            list(paintings),
            content,
            loss_network,
            output,
            settings,
            add_to=shipped_or(add_to),
            start_from=shipped_or(start_from),
            every=every,
            device=torch_device(device),
            on_step=bar.update,
        )
    say(f"trained: {path}; next: stylecam export {path} -o MODEL.onnx", quiet)
    return 0


@click.command(name="export", short_help="Export a checkpoint to a model file.")
@click.argument("checkpoint", metavar="CHECKPOINT", type=PATH)
@click.option(
    "--output", "-o", metavar="MODEL.onnx", required=True, type=PATH, help="Model to write."
)
@overwrite_option("model")
@quiet_option
def export_model(*, checkpoint: Path, output: Path, overwrite: bool, quiet: bool) -> int:
    """Export a trained CHECKPOINT to a model file, and prove that it paints the same."""
    from .onnx_export import export_checkpoint

    report = export_checkpoint(checkpoint, output, overwrite=overwrite)
    if not quiet:
        _show_parity(report)
    say(f"exported: {output} ({output.stat().st_size / 1e6:.2f} MB)", quiet)
    return 0


@click.command(short_help="Paint one image by optimising its pixels.")
@click.argument("content", metavar="CONTENT.jpg", type=PATH)
@click.argument("style", metavar="STYLE.jpg", type=PATH)
@click.option(
    "--output", "-o", metavar="OUT.png", required=True, type=PATH, help="Picture to write."
)
@loss_network_option
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(1),
    default=300,
    show_default=True,
    help="Iterations of L-BFGS.",
)
@size_option
@style_size_option
@weight_options
@from_noise_option
@seed_option
@device_option()
@overwrite_option("picture")
@quiet_option
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
    from .paintings import read_painting
    from .pictures import check_picture_output, write_picture

    check_picture_output(output, overwrite=overwrite)
    target = torch.device(torch_device(device))
    photograph = to_tensor([resize_short_side(read_picture(content), size)]).to(target)
    painting = to_tensor([read_painting(style, style_size)]).to(target)
    judge = load_loss_network(loss_network).to(target)
    settings = OptimizationOptions(**options)
    with show_bar("loss {task.fields[loss]:.3f}", quiet) as progress:
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
    say(f"painted: {output}", quiet)
    return 0


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
