"""The list of commands. Each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import click

from ..about import __version__
from ..messages import did_you_mean

PROGRAM = "stylecam"
ENTRY_POINTS = "stylecam.commands"
"""Other packages add commands through entry points of this group."""

COMMANDS = {
    "video": ".video:video",
    "image": ".image:image",
    "live": ".live:live",
    "styles": ".styles:styles",
    "bench": ".bench:bench",
    "compare": ".compare:compare",
    "cameras": ".cameras:cameras",
    "doctor": ".doctor:doctor",
    "completion": ".completion:completion",
}
"""Own commands in the order of the help page: name -> module and attribute."""


class LazyGroup(click.Group):
    """Knows its commands by name and imports one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Own commands first, then those of entry points."""
        del ctx
        return [*COMMANDS, *(name for name in _entry_points() if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        del ctx
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name].partition(":")
            return _command(import_module(module, __package__), attribute)
        target = _entry_points().get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        try:
            return _command(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            return _unavailable(cmd_name, error)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but suggests the nearest name among all commands.

        Raises:
            click.UsageError: there is no such command.
        """
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = did_you_mean(name, self.list_commands(ctx))
            raise click.UsageError(f"there is no command '{name}'{hint}", ctx)
        return super().resolve_command(ctx, args)


def _command(module: ModuleType, attribute: str) -> click.Command:
    command = getattr(module, attribute)
    assert isinstance(command, click.Command)
    return command


def _unavailable(name: str, error: Exception) -> click.Command:
    """Stands in the help page for a command that cannot be imported, and says why when called."""

    def fail(**_: object) -> None:
        raise error

    return click.Command(
        name,
        callback=fail,
        short_help=f"(not available: {error})",
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
    )


def _entry_points() -> dict[str, str]:
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def root() -> None:
    """Repaint videos in the style of a painting, with a neural network on ONNX Runtime."""
