"""``stylecam image``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import OptionError
from . import options
from .painting import PaintOptions, running_device

if TYPE_CHECKING:
    from ..batch import Job, Plan
    from ..engine import OnnxStylizer
    from ..enlarger import Enlarger
    from ..metrics import RunStats
    from ..sizes import SizeRequest
    from .interrupt import StopOnSignal
    from .jobs import Outcome
    from .progress import Reporter


@click.command(short_help="Paint images.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path())
@options.output("Image")
@options.painting
@options.verbosity
@click.pass_context
def image(
    context: click.Context,
    *,
    inputs: tuple[str, ...],
    output: str,
    overwrite: bool,
    resume: bool,
    paint: PaintOptions,
) -> int:
    """Paint images: files, folders or patterns such as 'photos/*.jpg'."""
    from ..batch import IMAGE, plan_jobs
    from .jobs import run_jobs
    from .progress import Reporter

    size = paint.parse_size()
    # A picture is either complete or not there at all.
    done = (lambda _: True) if resume else None
    plan = plan_jobs(inputs, output, IMAGE, overwrite=overwrite, is_done=done)
    _check_formats(plan)
    with paint.open_stylizer() as stylizer, Reporter(context.obj) as reporter:
        convert = _Converter(stylizer, paint.scaler(), paint, size, overwrite)
        return run_jobs(plan, convert, reporter)[1]


def _check_formats(plan: Plan) -> None:
    from ..sinks import IMAGE_SUFFIXES

    for job in plan.jobs:
        if job.output.suffix.lower() not in IMAGE_SUFFIXES:
            raise OptionError(
                f"output {job.output} has no known image format; end its name in one of"
                f" {', '.join(sorted(IMAGE_SUFFIXES))}"
            )


def painting_ms(stats: RunStats) -> float:
    """Milliseconds from the picture in memory to its painting, whatever that took."""
    return sum(ms for stage, ms in stats.stages_ms.items() if stage not in ("decode", "encode"))


@dataclass(frozen=True, slots=True)
class _Converter:
    """Paints one image file."""

    stylizer: OnnxStylizer
    scaler: Enlarger | None
    paint: PaintOptions
    size: SizeRequest | None
    overwrite: bool

    def __call__(self, job: Job, stop: StopOnSignal, reporter: Reporter) -> Outcome:
        from ..pipeline import run
        from ..sinks.images import ImageSink
        from ..sources.images import ImageSource
        from .jobs import Outcome

        del stop  # one image is quick, and half an image is no use
        limit = self.paint.max_pixels
        with ImageSource(Path(job.input), size=self.size, max_pixels=limit) as source:
            reporter.begin(Path(job.input).name, 1)
            self.paint.check_size(source.info, job.input)
            info = self.paint.output_info(source.info)
            with ImageSink(job.output, overwrite=self.overwrite) as sink:
                stats = run(
                    source,
                    self.stylizer,
                    sink,
                    scaler=self.scaler,
                    compose=self.paint.composer(),
                    threaded=False,
                )
            size = (info.width, info.height)
            device = running_device(self.stylizer)
            reporter.finish()
            reporter.note(
                f"{job.output}: {size[0]}x{size[1]}, painted in {painting_ms(stats):.0f} ms"
                f" on {device}"
            )
            return Outcome(job, stats, size, [*source.warnings, *sink.warnings], source.damaged)
