"""``stylecam bench``."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..errors import OptionError
from . import options

if TYPE_CHECKING:
    from ..bench.plan import BenchmarkPlan


@click.command(short_help="Measure how fast painting is on this machine.")
@click.option(
    "--size",
    "sizes",
    metavar="H|WxH|source",
    multiple=True,
    help="Size to measure; may be given several times. 640x360 and 1280x720 if not given.",
)
@click.option(
    "--input",
    metavar="CLIP",
    type=click.Path(),
    help="Video to paint; a moving test picture if not given.",
)
@click.option(
    "--frames",
    metavar="N",
    type=int,
    default=120,
    show_default=True,
    help="Frames to paint in each of three rounds.",
)
@options.style
@click.option(
    "--temporal",
    metavar="0..1",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Strength of the temporal stabilizer.",
)
@options.quality
@options.model
@options.device
@options.threads
@click.option(
    "--baseline",
    is_flag=True,
    help="Also measure the network of Johnson et al. 2016, on ONNX Runtime and in PyTorch;"
    " needs the extra 'train'.",
)
@click.option(
    "--window",
    is_flag=True,
    help="Show the live session in a window, as 'stylecam live' does, and measure that too.",
)
@click.option("--json", metavar="FILE.json", type=click.Path(), help="Write all figures to a file.")
@click.option(
    "--plot",
    metavar="FILE.png",
    type=click.Path(),
    help="Draw the stages as bars; needs the extra 'plots'.",
)
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option(
    "--compare",
    nargs=2,
    metavar="A.json B.json",
    type=click.Path(),
    help="Measure nothing, but compare two files of --json.",
)
@options.verbosity
@click.pass_context
def bench(
    context: click.Context,
    /,
    *,
    compare: tuple[str, str] | None,
    json: str | None,
    plot: str | None,
    overwrite: bool,
    **measured: Any,  # noqa: ANN401 - what _plan takes
) -> None:
    """Measure how fast painting is: the model, each stage, and the whole line.

    Each is measured in a process of its own, in turns with the others. Leave the machine alone
    meanwhile; it takes some minutes.
    """  # fmt: skip
    from .bench_tables import show_comparison, show_report

    if compare is not None:
        _refuse_others(context)
        from ..bench.compare import compare as compare_files

        show_comparison(compare_files(Path(compare[0]), Path(compare[1])), compare)
        return
    from ..bench.runner import count_turns, run_benchmark
    from .progress import Reporter

    plan = _plan(**measured)
    outputs = [Path(name) for name in (json, plot) if name is not None]
    _check_outputs(outputs, plan, overwrite=overwrite)
    if plot is not None:
        from ..bench.plot import check_plotting

        check_plotting(Path(plot).suffix)
    with Reporter(context.obj) as reporter:
        reporter.begin("measuring", count_turns(plan), show_rate=False)
        turns = count(1)
        report = run_benchmark(plan, lambda: reporter.advance(next(turns))).to_dict()
        reporter.finish()
        for warning in report["warnings"]:
            reporter.say(warning)
    _write(report, json, plot)
    show_report(report)


def _plan(
    *,
    sizes: tuple[str, ...],
    input: str | None,
    frames: int,
    style: str | None,
    temporal: float,
    quality: str,
    model: str | None,
    device: str,
    threads: int | None,
    baseline: bool,
    window: bool,
) -> BenchmarkPlan:
    from ..bench.plan import DEFAULT_SIZES, BenchmarkPlan
    from ..providers import resolve
    from ..sinks.window import check_display
    from ..sizes import parse_size

    resolve(device)  # raises where there is no such device
    if window:
        check_display()
    return BenchmarkPlan(
        sizes=tuple(parse_size(size) for size in sizes) or DEFAULT_SIZES,
        frames=frames,
        input=None if input is None else Path(input),
        model=None if model is None else Path(model),
        style=style,
        temporal=temporal,
        quality=quality,
        device=device,
        threads=threads,
        baseline=baseline,
        window=window,
    )


def _check_outputs(outputs: list[Path], plan: BenchmarkPlan, *, overwrite: bool) -> None:
    """Raise before minutes are spent on figures that could not be written."""
    from ..batch import check_absent, check_folder

    inputs = {path.resolve() for path in (plan.input, plan.model) if path is not None}
    taken = [path.resolve() for path in outputs]
    for path in outputs:
        if path.resolve() in inputs:
            raise OptionError(f"output {path} is also an input; choose another name")
        if taken.count(path.resolve()) > 1:
            raise OptionError(f"--json and --plot both name {path}; choose two names")
        check_folder(path.parent, str(path))
        check_absent(path, overwrite=overwrite)


def _write(report: dict[str, Any], json: str | None, plot: str | None) -> None:
    from .report import write_bytes, write_report

    if json is not None:
        write_report(report, Path(json))
    if plot is not None:
        from ..bench.plot import draw

        write_bytes(draw(report, Path(plot).suffix), Path(plot))


def _refuse_others(context: click.Context) -> None:
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and parameter.expose_value and name != "compare":
            raise OptionError(
                f"--compare measures nothing, so {parameter.opts[0]} has no meaning; leave it out"
            )
