"""The command ``stylecam evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .cli_tools import (
    PICTURE,
    loss_network_option,
    say,
    show_bar,
    style_size_option,
    torch_device,
    weight_options,
)


@click.command(short_help="Measure how well a model paints.")
@click.argument("model", metavar="[MODEL.onnx]", required=False, type=PICTURE)
@click.option(
    "--content",
    metavar="DIR",
    required=True,
    type=PICTURE,
    help="Folder of photographs that the model was not trained on; with a MANIFEST.csv, those"
    " whose split is 'heldout' are taken.",
)
@click.option(
    "--paintings",
    metavar="DIR",
    required=True,
    type=PICTURE,
    help="Folder of the paintings, named after the styles.",
)
@loss_network_option
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    required=True,
    type=PICTURE,
    help="Folder for evaluation.json, .md and .html, and the pictures.",
)
@click.option(
    "--reference",
    metavar="CHECKPOINT",
    type=PICTURE,
    help="Compare with this network too, e.g. one trained with --network johnson.",
)
@click.option(
    "--style", "styles", metavar="NAME", multiple=True, help="Only this style; can be repeated."
)
@click.option(
    "--photographs",
    metavar="N",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="How many to paint.",
)
@click.option(
    "--optimized",
    metavar="N",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How many of them are painted by optimisation too: minutes for each, in every style.",
)
@click.option(
    "--iterations",
    metavar="N",
    type=click.IntRange(1),
    multiple=True,
    default=(100, 300),
    show_default=True,
    help="Iterations of the optimisation after which it is looked at; can be repeated.",
)
@click.option(
    "--size",
    metavar="N",
    type=click.IntRange(32),
    default=360,
    show_default=True,
    help="Shorter side of the photographs, in pixels.",
)
@style_size_option
@weight_options
@click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="Where the losses are computed: auto, cpu, cuda, ...; networks run on the processor.",
)
@click.option("--overwrite", is_flag=True, help="Replace a report that exists.")
@click.option("--quiet", "-q", is_flag=True, help="Show errors only.")
def evaluate(
    *,
    model: Path | None,
    content: Path,
    paintings: Path,
    loss_network: str,
    output: Path,
    reference: Path | None,
    styles: tuple[str, ...],
    iterations: tuple[int, ...],
    device: str,
    overwrite: bool,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - click's values, named as in EvaluationOptions
) -> int:
    """Measure how well MODEL.onnx paints, or the model that comes with stylecam.

    Content and style losses on photographs, beside those of the photographs themselves, of a
    reference network, and of optimising every picture by itself (Gatys et al. 2016).
    """
    from . import evaluate as evaluation
    from . import evaluation_report as reporting
    from .loss_networks import load_loss_network

    reporting.check_folder(output, overwrite=overwrite)
    settings = evaluation.EvaluationOptions(iterations=tuple(sorted(set(iterations))), **options)
    target = torch_device(device)
    judge = load_loss_network(loss_network).to(target)
    with show_bar("{task.fields[style]}", quiet) as bar:
        task = bar.add_task("evaluating", total=None, style="")
        pictures = []
        for picture in evaluation.evaluate(
            model,
            content,
            paintings,
            judge,
            settings,
            reference=reference,
            styles=styles,
            device=target,
            on_picture=lambda done, todo: bar.update(task, completed=done, total=todo),
        ):
            bar.update(task, style=picture.style)
            pictures.append(picture)
    context = _context(model, judge.name, reference)
    reporting.write_report(output, pictures, reporting.to_json(pictures, settings, context))
    if not quiet:
        from realtime.cli.tables import print_table

        print_table(reporting.to_rows(evaluation.score(pictures)), reporting.HEADINGS)
    say(f"evaluated: {output / reporting.PAGE_NAME}", quiet)
    return 0


def _context(model: Path | None, loss_network: str, reference: Path | None) -> dict[str, Any]:
    """What the figures depend on."""
    from realtime.cores import available_cores
    from realtime.machine import cpu_name, library_versions
    from realtime.model_files import default_model, describe

    from .checkpoint import load_checkpoint

    path = model or default_model()
    context: dict[str, Any] = {
        "model": path.name,
        "training": describe(path).training,
        "loss_network": loss_network,
        "machine": {"cpu": cpu_name(), "cores": available_cores()},
        "versions": library_versions(),
    }
    if reference is not None:
        known = load_checkpoint(reference)
        context["reference"] = {"network": known.config.to_dict(), "steps": known.step}
    return context
