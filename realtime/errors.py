"""The errors that stylecam raises on purpose.

    StylecamError               anything the user can mend
    ├── SourceError             an input that cannot be opened or decoded
    ├── SinkError               an output that cannot be written
    ├── ModelError              a model file that is not one of ours, or is damaged
    ├── ProviderError           an ONNX Runtime provider that was asked for and does not run
    └── OptionError             a value that makes no sense

Each message is one line: what is wrong, with the offending value, and what to do about it.
Anything else that escapes is a bug and keeps its traceback.
"""


class StylecamError(Exception):
    """Base class: catching it catches every error of the user's making."""


class SourceError(StylecamError):
    """An input that cannot be opened or decoded."""


class SinkError(StylecamError):
    """An output that cannot be written."""


class ModelError(StylecamError):
    """A model file that is not one of ours, or is damaged."""


class ProviderError(StylecamError):
    """An ONNX Runtime provider that was asked for and does not run here."""


class OptionError(StylecamError):
    """An option whose value makes no sense."""
