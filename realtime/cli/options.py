"""Options that several commands share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .painting import PaintOptions
from .settings import Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Function = TypeVar("Function", bound=Callable[..., object])


def verbosity(function: Function) -> Function:
    """``--verbose`` and ``--quiet``: kept in the settings, not passed to the command."""
    function = click.option(
        "--quiet", "-q", is_flag=True, expose_value=False, callback=_set_quiet,
        help="Show errors only.",
    )(function)  # fmt: skip
    return click.option(
        "--verbose", "-v", is_flag=True, expose_value=False, callback=_set_verbose,
        help="Show log messages, and the causes of an error.",
    )(function)  # fmt: skip


def model(function: Function) -> Function:
    """``--model``."""
    return click.option(
        "--model", metavar="FILE.onnx", type=click.Path(),
        help="Model to use instead of the one that comes with stylecam.",
    )(function)  # fmt: skip


def style(function: Function) -> Function:
    """``--style``."""
    return click.option(
        "--style", "-s", metavar="NAME[:WEIGHT][,...]", shell_complete=_complete_style,
        help="Style, or a mixture such as a:0.7,b:0.3; the model's first style if not given."
        " 'stylecam styles' lists them.",
    )(function)  # fmt: skip


def device(function: Function) -> Function:
    """``--device``."""
    return click.option(
        "--device", metavar="NAME", default="auto", show_default=True,
        shell_complete=_complete_device,
        help="What to run on: auto, cpu, cuda, ...; 'stylecam doctor' lists what works here.",
    )(function)  # fmt: skip


def threads(function: Function) -> Function:
    """``--threads``."""
    return click.option(
        "--threads", type=click.IntRange(1, 1024), metavar="N",
        help="Processor threads of the model; one for each core if not given.",
    )(function)  # fmt: skip


def quality(function: Function) -> Function:
    """``--quality``."""
    return click.option(
        "--quality", type=click.Choice(["best", "fast"]), default="best", show_default=True,
        help="fast paints at half of the size and enlarges the painting with the frame's edges:"
        " for large pictures; strokes are larger and finer texture is lost.",
    )(function)  # fmt: skip


def temporal(function: Function) -> Function:
    """``--temporal``; None stands for the stabilizer's own default, which loads with it."""
    return click.option(
        "--temporal", metavar="0..1", type=click.FloatRange(0, 1),
        help="How much flicker is held down: 0 paints every frame for itself, 1 is stillest;"
        " 0.95 if not given.",
    )(function)  # fmt: skip


def painting(function: Callable[..., int]) -> Callable[..., int]:
    """What decides how a picture is painted, and on which device: the argument ``paint``."""

    @wraps(function)
    def with_paint(**values: Any) -> int:  # noqa: ANN401 - click's values
        paint = {entry.name: values.pop(entry.name) for entry in fields(PaintOptions)}
        return function(paint=PaintOptions(**paint), **values)

    decorators = [
        style,
        click.option(
            "--strength", metavar="0..1", type=click.FloatRange(0, 1), default=1.0,
            help="How much of the painting shows; 1 if not given.",
        ),
        click.option(
            "--size", metavar="H|WxH|source", default="source", show_default=True,
            help="Height, or width and height, that pictures are brought to before they are"
            " painted.",
        ),
        quality,
        click.option(
            "--keep-colors", is_flag=True,
            help="Take the brightness from the painting and the colours from the input.",
        ),
        click.option(
            "--side-by-side", is_flag=True, help="Show the input to the left of the painting.",
        ),
        model,
        device,
        threads,
        click.option(
            "--max-pixels", type=click.IntRange(256, 2**31 - 1), metavar="N",
            help="Refuse inputs whose pictures have more pixels; 150 million if not given.",
        ),
    ]  # fmt: skip
    decorated: Callable[..., int] = with_paint
    for decorate in reversed(decorators):
        decorated = decorate(decorated)
    return decorated


def output(what: str) -> Callable[[Function], Function]:
    """``-o``, ``--overwrite`` and ``--resume``."""

    def decorate(function: Function) -> Function:
        function = click.option(
            "--resume", is_flag=True,
            help="Leave out what an earlier run has finished.",
        )(function)  # fmt: skip
        function = click.option(
            "--overwrite", is_flag=True, help="Replace outputs that exist."
        )(function)  # fmt: skip
        return click.option(
            "--output", "-o", required=True, metavar="OUT", type=click.Path(),
            help=f"{what} to write; a folder for several inputs, a folder or a pattern.",
        )(function)  # fmt: skip

    return decorate


def _set_quiet(context: click.Context, option: click.Parameter, value: bool) -> None:
    del option
    if value:
        context.ensure_object(Settings).quiet = True


def _set_verbose(context: click.Context, option: click.Parameter, value: bool) -> None:
    del option
    if value:
        context.ensure_object(Settings).verbose = True
        _log_to_stderr(context)


def _log_to_stderr(context: click.Context) -> None:
    """Show the package's log until the command ends."""
    package = logging.getLogger(__name__.partition(".")[0])
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(relativeCreated)6.0f ms  %(name)s: %(message)s"))
    level = package.level
    package.addHandler(handler)
    package.setLevel(logging.DEBUG)
    context.call_on_close(lambda: package.setLevel(level))
    context.call_on_close(lambda: package.removeHandler(handler))


def _complete_style(
    context: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    del option
    from click.shell_completion import CompletionItem

    from ..errors import StylecamError
    from ..model_files import default_model, describe

    try:
        model = context.params.get("model")
        styles = describe(Path(model) if model else default_model()).painted_styles
    except StylecamError:
        return []
    done, comma, word = incomplete.rpartition(",")
    return [
        CompletionItem(done + comma + style.name, help=f"{style.title}, {style.artist}")
        for style in styles
        if style.name.startswith(word)
    ]


def _complete_device(context: click.Context, option: click.Parameter, incomplete: str) -> list[str]:
    del context, option
    from ..providers import DEVICES

    return [device for device in DEVICES if device.startswith(incomplete)]
