"""The size that pictures are painted at: as large as the machine can keep up with."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from ..model import MINIMUM_SIDE
from ..sizes import SizeRequest

_SCALES = (1.0, 0.85, 0.72, 0.6, 0.5, 0.42, 0.35)
_SMALLEST_SIDE = 180
"""Painted smaller, a picture is mush: then it had better stutter."""
_SETTLE_FRAMES = 3
"""The first pictures of a new size take longer and tell nothing."""
_WEIGHT = 0.15
"""Of the newest measurement in the running mean."""
_SHARE = 0.8
"""Of the time from picture to picture that painting may take. A painter that is busy all the time
lets every frame wait for the one before, and reading, drawing and encoding need some of it too."""
_DOWN_SECONDS = 0.5
_UP_SECONDS = 3.0
_LONGEST_UP_SECONDS = 60.0
_ROOM = 0.9
"""A larger size must be expected to take at most this share of what painting may take."""


_WINDOW_SECONDS = 1.0
"""Over which the rate of the pictures shown is taken."""
_TOLERANCE = 0.9
"""Of the rate wanted, below which the machine counts as too slow: rates waver a little."""
_GAIN = 0.95
"""A smaller size is of use if pictures come in at most this share of the time before."""


class WorkingSize:
    """Chooses the working size from how long pictures take to paint, and how often one is shown.

    It steps down soon after the machine falls behind, at once to a size that should fit, and up
    one step at a time when there has been room for a while. A step up that turns out to be too
    much doubles the wait before the next try, so that the size does not swing.

    Where painting alone is fast enough but other work, an encoder's perhaps, lets too few pictures
    through, it steps down too. If that does not help, it goes back and leaves it for a while.

    A source that is slower than the target leaves more time for each picture; see `expect`.

    `took` and `shown` may be called from different threads.

    Args:
        target_fps: pictures per second to keep up with; None always paints at full size.
        fixed: the size that the user asked for; then nothing is chosen.

    Attributes:
        changed: counts the changes.
    """

    def __init__(self, target_fps: float | None, fixed: SizeRequest | None = None) -> None:
        self._target = None if target_fps is None or fixed is not None else 1 / target_fps
        self._claimed = self._period = self._target
        self._fixed = fixed
        self._step = 0
        self._least = 0.0
        self._mean = 0.0
        self._measured = 0
        self._good_since: float | None = None
        self._bad_since: float | None = None
        self._patience = _UP_SECONDS
        self._went_up = float("-inf")
        self._shown: deque[tuple[float, int]] = deque()
        self._shown_at = 0
        self._interval: float | None = None
        self._tried: tuple[float, int] | None = None
        self._useless_until = float("-inf")
        self.changed = 0

    @property
    def scale(self) -> float:
        """Side of the working size over that of the full size."""
        return self._scale_of(self._step)

    @property
    def _budget(self) -> float | None:
        """Seconds that painting a picture may take; None where nothing is chosen."""
        return None if self._period is None else _SHARE * self._period

    def expect(self, rate: Fraction | None) -> None:
        """Take the source's rate into account, where it is slower than the target.

        Args:
            rate: frames per second that the source claims; None where it says nothing. That it
                comes even more slowly is no reason to paint larger: its decoder may be waiting
                for the cores that painting takes.
        """
        if self._target is not None and rate:
            self._claimed = self._period = max(self._target, float(1 / rate))

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) to paint a picture of ``width`` x ``height`` pixels at.

        Raises:
            OptionError: the size asked for does not fit the picture.
        """
        if self._fixed is not None:
            return self._fixed.resolve(width, height)
        self._least = _SMALLEST_SIDE / min(width, height)
        scale = self.scale
        return (width, height) if scale == 1 else (_even(width * scale), _even(height * scale))

    def took(self, seconds: float, now: float) -> None:
        """Note how long a picture took to paint, and when that was, in seconds."""
        if self._budget is None:
            return
        self._measured += 1
        if self._measured <= _SETTLE_FRAMES:
            self._mean = seconds
            return
        self._mean += _WEIGHT * (seconds - self._mean)
        interval = self._interval if now >= self._useless_until else None
        if self._mean > self._budget or interval is not None:
            self._good_since = None
            self._bad_since = now if self._bad_since is None else self._bad_since
            if now - self._bad_since >= _DOWN_SECONDS:
                self._relieve(interval, now)
        else:
            self._bad_since = None
            self._consider_up(now)

    def shown(self, now: float, dropped: int) -> None:
        """Note that a picture is on the screen, when, and how many were dropped up to then.

        Args:
            now: in seconds, of any clock.
            dropped: frames that the source delivered and that were never shown.
        """
        if self._budget is None:
            return
        if self._shown_at != self.changed:
            self._shown_at = self.changed
            self._shown.clear()
        self._shown.append((now, dropped))
        while now - self._shown[0][0] > _WINDOW_SECONDS:
            self._shown.popleft()
        self._interval = self._interval_if_behind()

    def _interval_if_behind(self) -> float | None:
        """Seconds from picture to picture; None while as many are shown as wanted, or as come."""
        assert self._target is not None
        assert self._claimed is not None
        (start, dropped_before), (end, dropped) = self._shown[0], self._shown[-1]
        if end - start < _DOWN_SECONDS:
            return None
        count = len(self._shown) - 1
        came = count + dropped - dropped_before
        # A source may be faster than it says.
        self._period = max(self._target, min(self._claimed, (end - start) / came))
        wanted = min((end - start) / self._target, came)
        return (end - start) / count if count < _TOLERANCE * wanted else None

    def _relieve(self, interval: float | None, now: float) -> None:
        """Step down, unless the last step down was of no use."""
        assert self._budget is not None
        tried, self._tried = self._tried, None
        if self._mean > self._budget or interval is None:
            self._step_down(now, 0.0)
        elif tried is not None and interval > _GAIN * tried[0]:
            self._useless_until = now + _LONGEST_UP_SECONDS
            self._change(tried[1])
        else:
            before = self._step
            self._step_down(now, max(0.0, interval - self._mean))
            self._tried = None if before == self._step else (interval, before)

    def _scale_of(self, step: int) -> float:
        return min(1.0, max(_SCALES[step], self._least))

    def _step_down(self, now: float, rest: float) -> None:
        """Paint smaller, where everything else takes ``rest`` seconds a picture."""
        assert self._budget is not None
        assert self._period is not None
        budget = min(self._budget, self._period - rest)
        steps = range(self._step + 1, len(_SCALES))
        smaller = [step for step in steps if self._scale_of(step) < self.scale]
        if not smaller:
            return
        if now - self._went_up < 2 * self._patience:
            self._patience = min(2 * self._patience, _LONGEST_UP_SECONDS)
        else:
            self._patience = _UP_SECONDS
        fitting = [step for step in smaller if self._expected(step) <= budget]
        if fitting:
            self._change(fitting[0])
        else:
            # What the rest takes may become less too, as cores become free.
            self._change(smaller[0] if rest else min(smaller, key=self._scale_of))

    def _consider_up(self, now: float) -> None:
        assert self._budget is not None
        larger = [step for step in range(self._step) if self._scale_of(step) > self.scale]
        if not larger or self._expected(larger[-1]) > _ROOM * self._budget:
            self._good_since = None
        elif self._good_since is None:
            self._good_since = now
        elif now - self._good_since >= self._patience:
            self._change(larger[-1])
            self._went_up = now

    def _expected(self, step: int) -> float:
        """Seconds at another step: a network's time goes with the number of pixels."""
        return self._mean * (self._scale_of(step) / self.scale) ** 2

    def _change(self, step: int) -> None:
        self._step = step
        self._measured = 0
        self._good_since = self._bad_since = None
        self.changed += 1


def _even(side: float) -> int:
    return max(MINIMUM_SIDE, 2 * round(side / 2))
