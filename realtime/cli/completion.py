"""``stylecam completion``."""

from __future__ import annotations

import click

from .group import PROGRAM, root


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash:  stylecam completion bash > ~/.local/share/bash-completion/completions/stylecam
    zsh:   stylecam completion zsh > a file named _stylecam in a folder of your $fpath
    fish:  stylecam completion fish > ~/.config/fish/completions/stylecam.fish
    """  # noqa: D301 - click reads the \b, which keeps the lines apart
    from click.shell_completion import get_completion_class

    generator = get_completion_class(shell)
    assert generator is not None
    click.echo(generator(root, {}, PROGRAM, "_STYLECAM_COMPLETE").source())
