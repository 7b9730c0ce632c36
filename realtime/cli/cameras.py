"""``stylecam cameras``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from . import options

_NOT_OPENED = "cannot be opened; is another program using it?"


@click.command(short_help="List cameras with their sizes and rates.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@options.verbosity
def cameras(as_json: bool) -> None:
    """List the cameras of this machine with the sizes and rates that their drivers claim.

    'stylecam live NUMBER' paints one.
    """
    from ..sources.cameras import list_cameras

    found = list_cameras()
    if as_json:
        click.echo(json.dumps([asdict(camera) for camera in found], indent=2, ensure_ascii=False))
        return
    if not found:
        click.echo(
            "no camera was found; 'stylecam live synthetic' works without one, and so does a video"
            " file or an address"
        )
        return
    from .tables import print_table

    print_table(
        [
            [
                str(camera.number),
                camera.name,
                "; ".join(map(str, camera.modes)) or _NOT_OPENED,
            ]
            for camera in found
        ],
        ["number", "name", "sizes and rates"],
    )
