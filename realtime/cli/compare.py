"""``stylecam compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .exit_codes import ExitCode

if TYPE_CHECKING:
    from ..comparison import Comparison

_ROWS = {
    "warping_error": ("warping error", "{:.6f}"),
    "long_range_error": ("warping error over 8 frames", "{:.6f}"),
    "sharpness": ("sharpness", "{:.1f}"),
    "ghosting": ("error where just uncovered", "{:.6f}"),
    "fidelity_psnr": ("PSNR to per-frame, dB", "{:.2f}"),
    "drift": ("drift of the mean colour, levels", "{:.2f}"),
}


@click.command(short_help="Measure how steady a painted video is.")
@click.argument("original", metavar="INPUT", type=click.Path())
@click.argument("painted", metavar="OUTPUT", type=click.Path())
@click.option(
    "--per-frame",
    metavar="FILE",
    type=click.Path(),
    help="The same painting without stabilization (stylecam video --temporal 0): what sharpness,"
    " ghosts and drift are measured against.",
)
@click.option(
    "--output",
    "-o",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(),
    help="Folder for comparison.json, comparison.png and comparison.mp4.",
)
@click.option(
    "--still",
    is_flag=True,
    help="The scene stands still: whatever moves in the input is noise.",
)
@click.option("--no-plot", is_flag=True, help="Draw no plot; it needs matplotlib.")
@click.option("--no-video", is_flag=True, help="Write no video of the comparison.")
@click.option("--overwrite", is_flag=True, help="Replace files in DIR that exist.")
@options.verbosity
@click.pass_context
def compare(
    context: click.Context,
    *,
    original: str,
    painted: str,
    per_frame: str | None,
    folder: str,
    still: bool,
    no_plot: bool,
    no_video: bool,
    overwrite: bool,
) -> int:
    """Measure how steady OUTPUT is, a painting of the video INPUT by any program.

    Prints a table, and writes all figures, a plot of them over time, and a video that shows input
    and paintings beside a heat map of what flickers.
    """
    from ..batch import check_absent, check_folder
    from ..comparison import compare_videos
    from ..comparison_plot import check_plotting, draw
    from .interrupt import StopOnSignal
    from .progress import Reporter
    from .report import write_bytes, write_report

    target = Path(folder)
    files = {kind: target / f"comparison.{kind}" for kind in ("json", "png", "mp4")}
    check_folder(target if target.exists() else target.parent, folder)
    for file in files.values():
        check_absent(file, overwrite=overwrite)
    if not no_plot:
        check_plotting("give --no-plot")
    with Reporter(context.obj) as reporter:
        stop = StopOnSignal(lambda: reporter.say("stopping; press Ctrl-C again to give up"))
        with stop:
            created = not target.exists()
            target.mkdir(exist_ok=True)
            try:
                reporter.begin(Path(painted).name, None)
                found = compare_videos(
                    Path(original),
                    Path(painted),
                    None if per_frame is None else Path(per_frame),
                    still=still,
                    show=None if no_video else files["mp4"],
                    overwrite=overwrite,
                    stop=stop,
                    on_frame=reporter.advance,
                )
            except BaseException:
                if created and not any(target.iterdir()):
                    target.rmdir()
                raise
        reporter.finish()
        names = {"input": original, "output": painted, "per_frame": per_frame, "still": still}
        write_report(names | found.to_dict(), files["json"])
        if not no_plot:
            write_bytes(draw(found), files["png"])
        tell = reporter.say if found.damaged else reporter.note
        for warning in found.warnings:
            tell(f"warning: {warning}")
    _print(found)
    if stop():
        return stop.exit_code
    return ExitCode.DAMAGED if found.damaged else ExitCode.OK


def _print(found: Comparison) -> None:
    from .tables import print_table

    names = list(found.scores)
    rows = []
    for figure, (label, form) in _ROWS.items():
        values = [getattr(found.scores[name], figure) for name in names]
        if all(value is None for value in values):
            continue
        cells = ["-" if value is None else form.format(value) for value in values]
        ratio = found.ratios.get(figure)
        rows.append([label, *cells, "" if ratio is None else f"{ratio:.3f}"])
    headings = [f"{found.frames} frames", *(name.replace("_", "-") for name in names), "ratio"]
    print_table(rows, headings)
