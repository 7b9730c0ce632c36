"""``stylecam doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from . import options

_HEADINGS = {
    "versions": ("Versions", "nothing"),
    "providers": ("Devices (--device)", "none"),
    "encoders": ("Encoders (--codec)", "none"),
    "cameras": ("Cameras", "no camera was found"),
    "models": ("Models", "no model was found; give one with --model"),
}


@click.command(short_help="Show what works on this machine, and why the rest does not.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings for programs.")
@options.verbosity
def doctor(as_json: bool) -> None:
    """Show what works here: versions, devices, encoders, cameras, models."""
    from ..doctor import examine

    findings = examine()
    if as_json:
        topics = {topic: [asdict(entry) for entry in found] for topic, found in findings.items()}
        click.echo(json.dumps(topics, indent=2))
        return
    from .tables import print_table

    for topic, found in findings.items():
        title, nothing = _HEADINGS[topic]
        click.secho(title, bold=True)
        if found:
            print_table(
                (entry.name, "yes" if entry.works else "no", entry.detail) for entry in found
            )
        else:
            click.echo(nothing)
        click.echo()
