"""``stylecam styles``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import options


@click.command(short_help="List the styles of a model.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@options.model
@options.verbosity
def styles(as_json: bool, model: str | None) -> None:
    """List the styles of a model: name, painting, painter, licence."""
    from ..model_files import default_model, describe

    known = describe(Path(model) if model else default_model()).painted_styles
    rows = [
        {"name": s.name, "title": s.title, "artist": s.artist, "license": s.license} for s in known
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from .tables import print_table

    print_table([list(row.values()) for row in rows], ["name", "painting", "painter", "licence"])
