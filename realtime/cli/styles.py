"""``stylecam styles``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import OptionError
from . import options


@click.command(short_help="List the styles of a model.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@click.option(
    "--sheet",
    metavar="OUT.png",
    type=click.Path(path_type=Path),
    help="Draw a contact sheet instead: a picture in every style, with its name.",
)
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Picture for the sheet, instead of the one that comes with stylecam.",
)
@click.option("--overwrite", is_flag=True, help="Replace a sheet that exists.")
@options.model
@options.verbosity
def styles(
    *, as_json: bool, sheet: Path | None, picture: Path | None, overwrite: bool, model: str | None
) -> None:
    """List the styles of a model: name, painting, painter, licence."""
    from ..model_files import default_model, describe

    path = Path(model) if model else default_model()
    if sheet is not None:
        if as_json:
            raise OptionError("--json and --sheet ask for two outputs; choose one")
        _draw_sheet(sheet, picture, path, overwrite)
        return
    if picture is not None or overwrite:
        option = "--picture" if picture is not None else "--overwrite"
        raise OptionError(f"{option} belongs to --sheet; give the sheet a name, or leave it out")
    known = describe(path).painted_styles
    rows = [
        {"name": s.name, "title": s.title, "artist": s.artist, "license": s.license} for s in known
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from .tables import print_table

    print_table([list(row.values()) for row in rows], ["name", "painting", "painter", "licence"])


def _draw_sheet(sheet: Path, picture: Path | None, model: Path, overwrite: bool) -> None:
    from fractions import Fraction

    from ..engine import OnnxStylizer
    from ..frame import Frame
    from ..model_files import sample_picture
    from ..sheet import contact_sheet
    from ..sinks import IMAGE_SUFFIXES
    from ..sinks.images import ImageSink
    from ..sources.images import read_image

    if sheet.suffix.lower() not in IMAGE_SUFFIXES:
        raise OptionError(
            f"{sheet} has no known image format; end its name in one of"
            f" {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    if picture is not None and sheet.exists() and sheet.samefile(picture):
        raise OptionError(f"{sheet} is the picture that is to be painted; name another sheet")
    shown = read_image(picture or sample_picture())
    with (
        ImageSink(sheet, overwrite=overwrite) as sink,
        OnnxStylizer(model, device="cpu") as stylizer,
    ):
        sink.write(Frame(contact_sheet(stylizer, shown), Fraction(0), 0))
