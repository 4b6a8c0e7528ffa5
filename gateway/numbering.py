"""Numbered messages: which came, so that the ones that never came are seen.

A gateway reports stretches: the lowest and highest number since its last report, and how many different
ones came. What is missing follows when stretches are added up (``core.store.presence``), in any order and
from several gateways.
"""

from __future__ import annotations

from core.model.intake import NumberedStretch

WINDOW = 1024
"""Numbers below the highest that are remembered one by one; an older one is taken for a redelivery."""
_FULL = (1 << WINDOW) - 1


class Numbering:
    """Numbers of one device.

    Parameters
    ----------
    boot
        The boot that was last reported; None when none was.
    highest
        Its highest number. Which of the last `WINDOW` below it came is not known any more: one that comes
        now is taken to have been missing, redeliveries being told apart before (``gateway.receipts``).

    Examples
    --------
    >>> numbers = Numbering()
    >>> for number in (1, 2, 5, 5, 4):
    ...     numbers.note("b1", number)
    >>> numbers.take()
    (NumberedStretch(boot='b1', lowest=1, highest=5, received=4),)
    """

    __slots__ = ("_before", "_boot", "_high", "_low", "_mask", "_previous", "_received", "highest")

    def __init__(self, boot: str | None = None, highest: int | None = None) -> None:
        self._boot = boot if highest is not None else None
        self._previous: str | None = None
        #: Highest number of the present boot.
        self.highest = highest or 0
        self._mask = 1
        #: The stretch since the last report; nothing came while ``_received`` is 0.
        self._low = self._high = self._received = 0
        #: The stretch of the boot before, where that is not reported yet.
        self._before: NumberedStretch | None = None

    def note(self, boot: str, number: int) -> None:
        """Take note of a number that came; again, or late, does no harm."""
        if boot != self._boot:
            if boot != self._previous:  # else a straggler from before the device started anew
                self._start(boot, number)
            return
        ahead = number - self.highest
        if ahead > 0:
            self._mask = ((self._mask << ahead) | 1) & _FULL if ahead < WINDOW else 1
            self.highest = number
        elif ahead <= -WINDOW or self._mask >> -ahead & 1:
            return
        else:
            self._mask |= 1 << -ahead
        if not self._received:
            self._low = self._high = number
        elif number > self._high:
            self._high = number
        elif number < self._low:
            self._low = number
        self._received += 1

    def resume(self, stretch: NumberedStretch) -> None:
        """Take up a stretch that was noted and not reported when the last process ended."""
        if stretch.boot != self._boot:
            self._start(stretch.boot, stretch.highest)
        self.highest = max(self.highest, stretch.highest)
        self._low, self._high, self._received = stretch.lowest, stretch.highest, stretch.received

    def open(self) -> tuple[str, int, int, int]:
        """Return boot, lowest, highest and received of the present stretch; received 0 for none."""
        return self._boot or "", self._low, self._high, self._received

    def take(self) -> tuple[NumberedStretch, ...]:
        """Return what there is to report, oldest first, and hold it no longer."""
        before, now = self._before, self._stretch()
        self._before, self._received = None, 0
        return tuple(stretch for stretch in (before, now) if stretch is not None)

    def _stretch(self) -> NumberedStretch | None:
        if not self._received:
            return None
        return NumberedStretch(
            boot=self._boot or "", lowest=self._low, highest=self._high, received=self._received
        )

    def _start(self, boot: str, number: int) -> None:
        self._before = self._stretch() or self._before
        self._previous, self._boot = self._boot, boot
        self.highest, self._mask = number, 1
        self._low = self._high = number
        self._received = 1
