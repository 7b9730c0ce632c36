"""The command ``stylecam distill``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .cli_tools import (
    PATH,
    device_option,
    overwrite_option,
    quiet_option,
    say,
    seed_option,
    shipped_or,
    show_bar,
    torch_device,
)

if TYPE_CHECKING:
    from .checkpoint import Checkpoint
    from .distill import Distiller
    from .perceptual import LossNetwork


@click.command(short_help="Make a compact loss network from a large one.")
@click.argument("teacher", metavar="TEACHER")
@click.option(
    "--content",
    metavar="DIR",
    required=True,
    type=PATH,
    help="Folder of photographs; with a MANIFEST.csv, those whose split is 'heldout' are left for"
    " the comparison.",
)
@click.option(
    "--paintings",
    metavar="DIR",
    required=True,
    type=PATH,
    help="Folder of paintings, on which teacher and student are compared.",
)
@click.option("--output", "-o", metavar="FILE.npz", required=True, type=PATH, help="File to write.")
@click.option(
    "--painter",
    metavar="CHECKPOINT",
    type=PATH,
    default="shipped",
    show_default=True,
    help="Paints some of the photographs, for the student to see paintings too; 'shipped' is the"
    " checkpoint that comes with stylecam.",
)
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(1),
    default=3000,
    show_default=True,
    help="Steps of the training.",
)
@click.option(
    "--batch",
    metavar="N",
    type=click.IntRange(2),
    default=8,
    show_default=True,
    help="Pictures a step.",
)
@click.option(
    "--crop",
    metavar="N",
    type=click.IntRange(32),
    default=192,
    show_default=True,
    help="Side of the photographs' crops, in pixels.",
)
@click.option(
    "--compared",
    metavar="N",
    type=click.IntRange(2),
    default=12,
    show_default=True,
    help="Photographs for the comparison.",
)
@seed_option
@device_option()
@overwrite_option("file")
@quiet_option
def distill(
    *,
    teacher: str,
    content: Path,
    paintings: Path,
    output: Path,
    painter: Path,
    compared: int,
    device: str,
    overwrite: bool,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - click's values, named as in DistillationOptions
) -> int:
    """Teach a small network the features of TEACHER, a loss network by name or file.

    The result is a file for --loss-network. At the end it is compared with its teacher on
    photographs that were held out: how far do both agree on which picture is nearer to which
    painting?
    """
    from realtime.errors import OptionError

    from . import distill as distillation
    from .checkpoint import load_checkpoint
    from .dataset import Photographs
    from .loss_networks import load_loss_network
    from .pictures import check_output

    check_output(output, overwrite=overwrite)
    if output.suffix != ".npz":
        raise OptionError(f"{output}: a loss network is a file that ends in .npz")
    settings = distillation.DistillationOptions(**options)
    known = load_checkpoint(shipped_or(painter))
    comparison = _Comparison(content, paintings, compared)
    distiller = distillation.Distiller(
        load_loss_network(teacher),
        Photographs(content, crop=settings.crop),
        known.build(),
        settings,
        torch_device(device),
    )
    _learn(distiller, quiet)
    distillation.save_student(distiller, output)
    student = load_loss_network(str(output))
    found = comparison((student, load_loss_network(teacher)), known, quiet)
    if not quiet:
        for key, value in found.items():
            click.echo(f"{key:<55}{value}")
    say(f"distilled: {output} ({output.stat().st_size / 1e6:.2f} MB)", quiet)
    return 0


def _learn(distiller: Distiller, quiet: bool) -> None:
    steps = distiller.options.steps
    with show_bar("loss {task.fields[loss]:.3f}", quiet) as bar:
        task = bar.add_task("distilling", total=steps, loss=float("nan"))
        for step, loss in distiller.run():
            bar.update(task, completed=step, loss=loss)
            if step % max(1, steps // 10) == 0 and bar.disable:
                say(f"step {step} of {steps}, loss {loss:.3f}", quiet)


class _Comparison:
    """Reads its pictures at once, so that a wrong folder does not cost a training."""

    def __init__(self, content: Path, paintings: Path, count: int) -> None:
        from .dataset import list_pictures, read_picture, resize_short_side

        def read(paths: list[Path]) -> list[Any]:
            return [resize_short_side(read_picture(path), 256) for path in paths]

        held_out = list_pictures(content, "heldout")
        spread = [held_out[i * len(held_out) // count] for i in range(min(count, len(held_out)))]
        self._photographs = read(spread)
        self._paintings = read(list_pictures(paintings))

    def __call__(
        self, networks: tuple[LossNetwork, LossNetwork], painter: Checkpoint, quiet: bool
    ) -> dict[str, str]:
        from .agreement import agreement, paint_in_every_style

        painted = [paint_in_every_style(painter, photo) for photo in self._photographs]
        with show_bar("", quiet) as bar:
            task = bar.add_task("comparing", total=len(painted))
            found = agreement(
                networks,
                self._photographs,
                painted,
                self._paintings,
                lambda done, _: bar.update(task, completed=done),
            )
        return {
            f"rank correlation of {found.pairs} style losses": f"{found.style:.3f}",
            "the same within each painting": f"{found.style_within:.3f}",
            "rank correlation of content losses": f"{found.content:.3f}",
        }
