"""Which key does what: one table for the session, the help in the window and the README."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from .controls import Controls, View

_NUDGE = 0.05
_VIEWS = (View.PAINTED, View.SPLIT, View.ORIGINAL)


class Command(Enum):
    """What a key asks for."""

    NEXT_STYLE = auto()
    PREVIOUS_STYLE = auto()
    NEXT_PARTNER = auto()
    PREVIOUS_PARTNER = auto()
    MORE_MIX = auto()
    LESS_MIX = auto()
    MORE_STRENGTH = auto()
    LESS_STRENGTH = auto()
    MORE_TEMPORAL = auto()
    LESS_TEMPORAL = auto()
    STEADY = auto()
    VIEW = auto()
    COLORS = auto()
    FREEZE = auto()
    MIRROR = auto()
    OVERLAY = auto()
    HELP = auto()
    SAVE = auto()
    RECORD = auto()
    FULLSCREEN = auto()
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Binding:
    """One line of the help.

    Attributes:
        label: the keys, as the user reads them.
        text: what they do.
        keys: name of each key (see ``sinks.window.Key``) to what it asks for.
    """

    label: str
    text: str
    keys: dict[str, Command]


BINDINGS = (
    Binding("1 … 9, 0", "choose a style", {}),
    Binding(
        "← →",
        "style before, next style",
        {"left": Command.PREVIOUS_STYLE, "right": Command.NEXT_STYLE},
    ),
    Binding(
        "↑ ↓",
        "style to mix with",
        {"up": Command.PREVIOUS_PARTNER, "down": Command.NEXT_PARTNER},
    ),
    Binding(
        "-  +",
        "mix the two",
        {"-": Command.LESS_MIX, "+": Command.MORE_MIX, "=": Command.MORE_MIX},
    ),
    Binding("[  ]", "strength", {"[": Command.LESS_STRENGTH, "]": Command.MORE_STRENGTH}),
    Binding(",  .", "temporal strength", {",": Command.LESS_TEMPORAL, ".": Command.MORE_TEMPORAL}),
    Binding("t", "temporal on, off", {"t": Command.STEADY}),
    Binding("v", "painting, split, original", {"v": Command.VIEW}),
    Binding("c", "keep the colours", {"c": Command.COLORS}),
    Binding("m", "mirror", {"m": Command.MIRROR}),
    Binding("space", "freeze", {"space": Command.FREEZE}),
    Binding("s", "save a picture", {"s": Command.SAVE}),
    Binding("r", "record, stop recording", {"r": Command.RECORD}),
    Binding("f", "full screen", {"f": Command.FULLSCREEN, "f11": Command.FULLSCREEN}),
    Binding("i", "hide or show this overlay", {"i": Command.OVERLAY}),
    Binding("h  ?", "these keys", dict.fromkeys(("h", "?", "f1"), Command.HELP)),
    Binding("q  Esc", "quit", {"q": Command.QUIT, "escape": Command.QUIT}),
)

_COMMANDS = {key: command for binding in BINDINGS for key, command in binding.keys.items()}


def command_of(key: str) -> Command | int | None:
    """What a key asks for: a command, the number of a style from 0, or nothing.

    Args:
        key: its name; capital letters are taken as small ones, for Caps Lock.
    """
    if len(key) == 1 and "0" <= key <= "9":
        return (int(key) - 1) % 10
    return _COMMANDS.get(key.lower())


def apply(command: Command | int, controls: Controls) -> bool:
    """Change the controls as a command asks; false if that is up to the session."""
    if isinstance(command, int):
        controls.choose_style(command)
        return True
    if command in _STYLE_STEPS:
        controls.step_style(_STYLE_STEPS[command])
    elif command in _PARTNER_STEPS:
        controls.step_partner(_PARTNER_STEPS[command])
    elif command in _NUDGES:
        controls.nudge(*_NUDGES[command])
    elif command in _SWITCHES:
        name = _SWITCHES[command]
        setattr(controls, name, not getattr(controls, name))
    elif command is Command.VIEW:
        controls.view = _VIEWS[(_VIEWS.index(controls.view) + 1) % len(_VIEWS)]
    else:
        return False
    return True


_STYLE_STEPS = {Command.NEXT_STYLE: 1, Command.PREVIOUS_STYLE: -1}
_PARTNER_STEPS = {Command.NEXT_PARTNER: 1, Command.PREVIOUS_PARTNER: -1}
_NUDGES = {
    Command.MORE_MIX: ("mix", _NUDGE),
    Command.LESS_MIX: ("mix", -_NUDGE),
    Command.MORE_STRENGTH: ("strength", _NUDGE),
    Command.LESS_STRENGTH: ("strength", -_NUDGE),
    Command.MORE_TEMPORAL: ("temporal", _NUDGE),
    Command.LESS_TEMPORAL: ("temporal", -_NUDGE),
}
_SWITCHES = {
    Command.STEADY: "steady",
    Command.COLORS: "keep_colors",
    Command.FREEZE: "frozen",
    Command.MIRROR: "mirror",
    Command.OVERLAY: "show_overlay",
    Command.HELP: "show_help",
}
