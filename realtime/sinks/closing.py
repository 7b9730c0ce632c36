"""What every sink does as a context manager."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Leaving the ``with`` block closes a sink, and aborts it on any exception.

    A sink whose output cannot be taken back, a connection for instance, is closed either way.
    """

    def close(self) -> None:
        """Complete the output; harmless when repeated."""
        raise NotImplementedError

    def abort(self) -> None:
        """End the output at once."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()
