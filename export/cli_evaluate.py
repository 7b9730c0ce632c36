"""The command ``stylecam evaluate``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .cli_tools import (
    PATH,
    device_option,
    from_noise_option,
    loss_network_option,
    overwrite_option,
    quiet_option,
    say,
    show_bar,
    size_option,
    style_size_option,
    torch_device,
    weight_options,
)

if TYPE_CHECKING:
    from .steadiness import SteadinessOptions


_STEADY_STYLES = 3
"""Each of them is painted twice over every clip, which takes its time."""


@click.command(short_help="Measure how well a model paints.")
@click.argument("model", metavar="[MODEL.onnx]", required=False, type=PATH)
@click.option(
    "--content",
    metavar="DIR",
    type=PATH,
    help="Folder of photographs that the model was not trained on; with a MANIFEST.csv, those"
    " whose split is 'heldout' are taken.",
)
@click.option(
    "--paintings",
    metavar="DIR",
    type=PATH,
    help="Folder of the paintings, named after the styles.",
)
@loss_network_option
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    required=True,
    type=PATH,
    help="Folder for the report: evaluation.json, .md and .html and pictures, or with --temporal"
    " or --still steadiness.json, .md, plots and videos.",
)
@click.option(
    "--reference",
    metavar="CHECKPOINT",
    type=PATH,
    help="Compare with this network too, e.g. one trained with --network johnson.",
)
@click.option(
    "--temporal",
    "clips",
    metavar="CLIP",
    multiple=True,
    type=PATH,
    help="Measure how steady this video is when painted, instead; can be repeated.",
)
@click.option(
    "--still",
    "stills",
    metavar="PICTURE",
    multiple=True,
    type=PATH,
    help="The same of a scene that stands still, with the noise of a webcam; can be repeated.",
)
@click.option(
    "--unsteady",
    metavar="MODEL.onnx",
    type=PATH,
    help="With --temporal: a model of the same styles, trained with --stability-weight 0.",
)
@click.option(
    "--frames", metavar="N", type=click.IntRange(2), help="With --temporal: of each clip at most."
)
@click.option(
    "--still-frames",
    metavar="N",
    type=click.IntRange(2),
    help="With --still: how many are made of the picture; 150 if not given.",
)
@click.option("--no-video", is_flag=True, help="With --temporal: write no videos.")
@click.option(
    "--style",
    "styles",
    metavar="NAME",
    multiple=True,
    help="Only this style; can be repeated. If not given: every style, or with --temporal or"
    f" --still the model's first {_STEADY_STYLES}.",
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
@from_noise_option
@size_option
@click.option(
    "--strength",
    metavar="X",
    type=click.FloatRange(0, 1),
    default=None,
    help="Paint at this strength too, beside blends of photograph and painting.",
)
@style_size_option
@weight_options
@device_option(
    "Where the losses are computed: auto, cpu, cuda, ...; networks run on the processor."
)
@overwrite_option("report")
@quiet_option
def evaluate(
    *,
    model: Path | None,
    content: Path | None,
    paintings: Path | None,
    loss_network: str,
    output: Path,
    reference: Path | None,
    clips: tuple[Path, ...],
    stills: tuple[Path, ...],
    unsteady: Path | None,
    frames: int | None,
    still_frames: int | None,
    no_video: bool,
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

    With --temporal CLIP or --still PATH: how steady the painting is in time, frame by frame and
    stabilized, and what that costs in sharpness and ghosts.
    """
    if clips or stills:
        from .steadiness import SteadinessOptions

        of_pictures = (reference, content, paintings, options["from_noise"])
        if options["strength"] is not None or any(of_pictures):
            raise click.UsageError(
                "--strength, --reference, --content, --paintings and --from-noise do not go with"
                " --temporal and --still; run evaluate twice"
            )
        if still_frames and not stills:
            raise click.UsageError("--still-frames goes with --still")
        size = options["size"]
        wanted = SteadinessOptions(size=(round(size * 16 / 18) * 2, size), frames=frames)
        if still_frames is not None:
            wanted = replace(wanted, still_frames=still_frames)
        return _evaluate_steadiness(
            model,
            wanted,
            clips=clips,
            stills=stills,
            unsteady=unsteady,
            styles=styles,
            output=output,
            overwrite=overwrite,
            video=not no_video,
            quiet=quiet,
        )
    if unsteady or frames or still_frames or no_video:
        raise click.UsageError(
            "--unsteady, --frames, --still-frames and --no-video go with --temporal or --still"
        )
    if content is None or paintings is None:
        raise click.UsageError("give --content and --paintings, or --temporal or --still")
    from . import evaluate as evaluation
    from . import evaluation_report as reporting
    from .loss_networks import load_loss_network
    from .report_folder import check_folder

    check_folder(output, reporting.JSON_NAME, overwrite=overwrite)
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
    context = _context(model) | {"loss_network": judge.name} | _reference_context(reference)
    reporting.write_report(output, pictures, reporting.to_json(pictures, settings, context))
    if not quiet:
        from realtime.cli.tables import print_table

        print_table(reporting.to_rows(evaluation.score(pictures)), reporting.HEADINGS)
    say(f"evaluated: {output / reporting.PAGE_NAME}", quiet)
    return 0


def _evaluate_steadiness(
    model: Path | None,
    options: SteadinessOptions,
    *,
    clips: tuple[Path, ...],
    stills: tuple[Path, ...],
    unsteady: Path | None,
    styles: tuple[str, ...],
    output: Path,
    overwrite: bool,
    video: bool,
    quiet: bool,
) -> int:
    from realtime.cli.tables import print_table
    from realtime.comparison_plot import check_plotting
    from realtime.model_files import default_model, describe

    from . import steadiness_report as reporting
    from .report_folder import check_folder, replacing
    from .steadiness import measure_steadiness

    check_folder(output, reporting.JSON_NAME, overwrite=overwrite)
    check_plotting()
    known = [style.name for style in describe(model or default_model()).painted_styles]
    with replacing(output) as folder, show_bar("{task.fields[clip]}", quiet) as bar:
        task = bar.add_task("measuring", total=None, clip="")
        found = list(
            measure_steadiness(
                clips,
                stills,
                styles or known[:_STEADY_STYLES],
                options,
                model=model,
                unsteady=unsteady,
                show=folder if video else None,
                on_frame=lambda clip, done: bar.update(task, completed=done, clip=clip),
            )
        )
        report = reporting.to_json(found, options, _context(model))
        reporting.write_steadiness(folder, found, report)
    if not quiet:
        print_table(reporting.to_rows(found), reporting.HEADINGS)
        for key, value in reporting.summarize(found).items():
            click.echo(f"{key:<40}{value:.3g}")
    say(f"evaluated: {output / reporting.MARKDOWN_NAME}", quiet)
    return 0


def _context(model: Path | None) -> dict[str, Any]:
    """What the figures depend on."""
    from realtime.cores import available_cores
    from realtime.machine import cpu_name, library_versions
    from realtime.model_files import default_model, describe

    path = model or default_model()
    return {
        "model": path.name,
        "training": describe(path).training,
        "machine": {"cpu": cpu_name(), "cores": available_cores()},
        "versions": library_versions(),
    }


def _reference_context(reference: Path | None) -> dict[str, Any]:
    from .checkpoint import load_checkpoint

    if reference is None:
        return {}
    known = load_checkpoint(reference)
    return {"reference": {"network": known.config.to_dict(), "steps": known.step}}
