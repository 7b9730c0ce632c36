"""``stylecam video``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import SourceError
from . import options
from .painting import PaintOptions, running_device

if TYPE_CHECKING:
    from ..batch import Job
    from ..engine import OnnxStylizer
    from ..enlarger import Enlarger
    from ..metrics import RunStats
    from ..sinks.encoders import VideoOptions
    from ..sizes import SizeRequest
    from .interrupt import StopOnSignal
    from .jobs import Outcome
    from .progress import Reporter


@click.command(short_help="Paint videos.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path())
@options.output("Video")
@options.painting
@options.temporal
@click.option("--start", metavar="TIME", help="Begin here: seconds, or hh:mm:ss.")
@click.option("--end", metavar="TIME", help="End here: seconds, or hh:mm:ss.")
@click.option(
    "--codec", metavar="NAME", help="Video encoder, e.g. h264, h265 or av1; H.264 if not given."
)
@click.option(
    "--crf", metavar="N", type=int, help="Quality: lower is better and larger; see the encoder."
)
@click.option("--preset", metavar="NAME", help="Speed of the encoder, e.g. veryfast or slow.")
@click.option(
    "--report", metavar="FILE.json", type=click.Path(), help="Write what really ran to a file."
)
@options.verbosity
@click.pass_context
def video(
    context: click.Context,
    *,
    inputs: tuple[str, ...],
    output: str,
    overwrite: bool,
    resume: bool,
    paint: PaintOptions,
    temporal: float | None,
    start: str | None,
    end: str | None,
    codec: str | None,
    crf: int | None,
    preset: str | None,
    report: str | None,
) -> int:
    """Paint videos: files, folders or patterns such as 'clips/*.mp4'.

    Sound, subtitles, chapters and metadata are kept; every frame keeps its time. Ctrl-C finishes
    the file, which then ends early; a second Ctrl-C discards it.
    """
    from ..batch import VIDEO, plan_jobs
    from ..sinks.encoders import VideoOptions, choose
    from ..stabilizer import DEFAULT_STRENGTH
    from .finished import is_painted
    from .jobs import run_jobs
    from .progress import Reporter
    from .report import check_report, make_report, write_report
    from .times import parse_range

    first, last = parse_range(start, end)
    size = paint.parse_size()
    steadiness = DEFAULT_STRENGTH if temporal is None else temporal
    encoding = VideoOptions(codec, crf, preset, overwrite)
    done = partial(is_painted, start=first, end=last) if resume else None
    plan = plan_jobs(inputs, output, VIDEO, overwrite=overwrite, is_done=done)
    for job in plan.jobs:
        choose(job.output, encoding)  # raises where the container does not take the encoder
    if report is not None:
        check_report(Path(report), plan, paint.model, overwrite=overwrite)
    with paint.open_stylizer() as stylizer, Reporter(context.obj) as reporter:
        scaler = paint.scaler()
        convert = _Converter(stylizer, scaler, paint, steadiness, encoding, first, last, size)
        outcomes, code = run_jobs(plan, convert, reporter)
        if report is not None:
            single = len(plan.jobs) == 1
            made = make_report(outcomes, stylizer, paint, single=single)
            chosen = {"temporal": steadiness, "quality": paint.quality}
            write_report(made | chosen, Path(report))
    return code


@dataclass(frozen=True, slots=True)
class _Converter:
    """Paints one video file."""

    stylizer: OnnxStylizer
    scaler: Enlarger | None
    paint: PaintOptions
    temporal: float
    encoding: VideoOptions
    start: Fraction | None
    end: Fraction | None
    size: SizeRequest | None

    def __call__(self, job: Job, stop: StopOnSignal, reporter: Reporter) -> Outcome:
        from ..pipeline import painters_for, run
        from ..sinks import open_sink
        from ..sinks.video import VideoFileSink
        from ..sources import open_source
        from ..stabilizer import TemporalStabilizer
        from .jobs import Outcome

        # One for each file: nothing of a clip may show in the next one.
        stabilizer = TemporalStabilizer(self.temporal) if self.temporal else None
        with open_source(
            job.input,
            start=self.start,
            end=self.end,
            size=self.size,
            max_pixels=self.paint.max_pixels,
        ) as source:
            self.paint.check_size(source.info, job.input)
            info = self.paint.output_info(source.info)
            half = 1 if self.scaler is None else 2
            width, height = -(-source.info.width // half), -(-source.info.height // half)
            painters = self.stylizer.share(
                1 if source.info.is_live else painters_for(width, height)
            )
            self.stylizer.warm_up(width, height)
            reporter.begin(Path(job.input).name, info.frame_count)
            with open_sink(job.output, info, self.encoding, copy_from=source) as sink:
                stats = run(
                    source,
                    self.stylizer,
                    sink,
                    stabilize=stabilizer,
                    scaler=self.scaler,
                    compose=self.paint.composer(),
                    stop=stop,
                    on_frame=reporter.advance,
                    painters=painters,
                )
                if stats.frames == 0:
                    if stats.interrupted:
                        raise KeyboardInterrupt  # an empty file would not play
                    raise SourceError(f"{job.input} has no frame to paint")
            size, damaged = (info.width, info.height), source.damaged
            if isinstance(sink, VideoFileSink):
                size, damaged = sink.size, damaged or sink.damaged
            reporter.finish()
            reporter.note(self._summary(job, stats, size))
            return Outcome(job, stats, size, [*source.warnings, *sink.warnings], damaged)

    def _summary(self, job: Job, stats: RunStats, size: tuple[int, int]) -> str:
        frames = "1 frame" if stats.frames == 1 else f"{stats.frames} frames"
        text = f"{job.output}: {frames}, {size[0]}x{size[1]}"
        if stats.fps:
            text += f", {stats.fps:.1f} fps on {running_device(self.stylizer)}"
        return text + (" (stopped early)" if stats.interrupted else "")
