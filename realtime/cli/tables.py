"""Tables on the standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

import click

NARROWEST = 60
"""Columns that a table is given at least, whatever the terminal says."""


def print_table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> None:
    """Print rows of text in columns: as wide as the terminal, or with unbroken lines into a pipe.

    Args:
        rows: cells, as many in each row.
        headings: of the columns; none are shown if empty.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [tuple(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, show_header=bool(headings), show_edge=False, pad_edge=False)
    for index, heading in enumerate(headings or cells[0]):
        # The first cell names the row: it is there to be copied, so it stays whole.
        table.add_column(heading if headings else "", no_wrap=index == 0)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    if sys.stdout is not None and sys.stdout.isatty():
        width = max(NARROWEST, shutil.get_terminal_size().columns)
    else:
        width = sum(
            max(map(len, column)) + 3 for column in zip(*_lines(headings, cells), strict=True)
        )
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def _lines(headings: Sequence[str], rows: list[tuple[str, ...]]) -> list[Sequence[str]]:
    return [headings, *rows] if headings else list(rows)
