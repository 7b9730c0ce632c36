"""The exit codes of ``stylecam``."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process returns.

    Attributes:
        OK: all done.
        DAMAGED: done as far as a damaged input could be decoded.
        BUG: an error of the program; its traceback is shown.
        FAILED: an error that the user can mend; one line says which.
        INTERRUPTED: Ctrl-C; SIGTERM gives 143. Begun files were finished.
        BROKEN_PIPE: the reader of the standard output has gone.
    """

    OK = 0
    DAMAGED = 1
    BUG = 1  # an alias: both mean "look at what was said"
    FAILED = 2
    INTERRUPTED = 130
    BROKEN_PIPE = 141
