"""Which clock to believe (detection.md §0): the device's, the device's corrected, or the gateway's.

The skew of one message is ``s = t_gateway - t_event``: delay plus clock error, in seconds. Delay is never
negative, so the lower envelope of ``s`` is the clock error. A new minimum replaces the envelope; otherwise
it leaks upward by 1 s an hour, to follow a clock that drifts. A message that comes days late from a hub's
queue lies far above the envelope and keeps its own time.

A clock that was set, or lost its time with its battery, lies above the envelope too, but steadily: each
message by the same. A queue that is delivered comes nearer to the present with each message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

TRUSTED_S = 5.0
"""Up to this envelope the device's time is taken as it is."""
CORRECTED_S = 300.0
"""Up to this envelope the device's time is corrected by it; beyond, the gateway's time counts."""
FUTURE_S = 30.0
"""So far ahead of the gateway no event may be."""
LEAK_S_PER_H = 1.0
LONGEST_LEAK_S = 1.0
"""What one silence may leak at most: a hub that was off for a week says nothing about its clock."""
IMPOSSIBLE_S = 366 * 86_400.0
"""A claim so far off is of a clock that was never set, or lost its cell: it says nothing of the time."""
UNSETTLED_S = 2.5
"""From this envelope on a clock is so near to correction that a repeated claim is looked up."""
LATE_S = 600.0
"""So late a message may be a replay from before the clock was set."""
SET_AFTER_S = 3600.0
SET_MESSAGES = 5
STEADY_S = 60.0
"""So many messages over so long, none nearer to the present than the first by more: the clock was set."""


_LEAK = LEAK_S_PER_H / 3600.0
_NEVER = float("inf")


class Trust(StrEnum):
    """What became of a device's claim."""

    TRUSTED = "trusted"
    CORRECTED = "corrected"
    DISTRUSTED = "distrusted"
    FUTURE = "future"
    """Ahead of the gateway by more than the envelope explains: set to the gateway's time."""


_TRUSTED, _FUTURE = Trust.TRUSTED, Trust.FUTURE  # the attribute of an enum is slow to look up


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """The time to store for a claim."""

    trust: Trust
    observed_at: datetime
    #: True where an earlier row of the same claim may stand at another time.
    unsettled: bool


class Skew:
    """The clock of one device.

    Parameters
    ----------
    envelope_s
        What was known before; None when nothing was.
    at
        When that was so.
    """

    __slots__ = ("_ahead_s", "_at_s", "_steady", "_wavered", "envelope_s")

    def __init__(
        self,
        envelope_s: float | None = None,
        at: datetime | None = None,
        *,
        wavered: bool = False,
    ) -> None:
        self.envelope_s = envelope_s
        self._at_s = at.timestamp() if at is not None else _NEVER
        self._wavered = wavered
        self._ahead_s: float | None = None
        self._steady: _Steady | None = None

    def judge(self, claimed: datetime, received: datetime) -> Judgement:
        """Learn from a claim and return the time to store for it, which is never after ``received``
        by more than 5 s.
        """  # noqa: D205
        skew_s = (received - claimed).total_seconds()
        if not self._follow(skew_s, received.timestamp()):
            return Judgement(_FUTURE, received, True)  # noqa: FBT003
        envelope_s = self.envelope_s or 0.0
        size_s = abs(envelope_s)
        if size_s <= TRUSTED_S:
            unsettled = self._wavered or size_s > UNSETTLED_S or skew_s > LATE_S
            return Judgement(_TRUSTED, claimed, unsettled)
        self._wavered = True
        if size_s <= CORRECTED_S:
            return Judgement(
                Trust.CORRECTED, claimed + timedelta(seconds=envelope_s), unsettled=True
            )
        return Judgement(Trust.DISTRUSTED, received, unsettled=True)

    def _follow(self, skew_s: float, received_s: float) -> bool:
        """Move the envelope; return False for a claim from the future that it does not explain."""
        if skew_s < -CORRECTED_S:
            return False
        envelope_s = self.envelope_s
        if envelope_s is None:
            envelope_s = skew_s
        elif skew_s < -FUTURE_S and skew_s < envelope_s - FUTURE_S:
            # One leap ahead is a glitch, two in a row are a clock: a glitch would spoil weeks.
            first_s, self._ahead_s = self._ahead_s, skew_s
            if first_s is None or skew_s < first_s - FUTURE_S:
                return False
            envelope_s = max(first_s, skew_s)
        elif skew_s > envelope_s:
            if envelope_s < -TRUSTED_S or skew_s - envelope_s > CORRECTED_S:
                return self._set(skew_s, received_s, envelope_s)
            leak_s = (received_s - self._at_s) * _LEAK
            if leak_s > 0.0:  # without min(), which costs as much as all the rest
                envelope_s += min(LONGEST_LEAK_S, leak_s)
                envelope_s = min(skew_s, envelope_s)
        else:
            envelope_s = skew_s
        self.envelope_s = envelope_s
        self._at_s = received_s
        self._ahead_s = self._steady = None
        return True

    def _set(self, skew_s: float, received_s: float, envelope_s: float) -> bool:
        """Follow a clock that may have been set since: at once where it shows steadily, else by the leak."""
        steady = self._steady
        if steady is None or skew_s < steady.first_s - STEADY_S:
            steady = self._steady = _Steady(skew_s, received_s)
        if steady.add(skew_s, received_s):
            envelope_s, self._steady = max(steady.least_s, envelope_s), None
        else:
            leak_s = (received_s - self._at_s) * _LEAK
            if leak_s > 0.0:
                envelope_s = min(skew_s, envelope_s + min(LONGEST_LEAK_S, leak_s))
        self.envelope_s, self._at_s, self._ahead_s = envelope_s, received_s, None
        return True


class _Steady:
    """Messages that lie above the envelope by about the same."""

    __slots__ = ("_messages", "_since_s", "first_s", "least_s")

    def __init__(self, first_s: float, since_s: float) -> None:
        self.first_s = self.least_s = first_s
        self._since_s, self._messages = since_s, 0

    def add(self, skew_s: float, received_s: float) -> bool:
        """Count one; return whether there are enough."""
        self.least_s = min(self.least_s, skew_s)
        self._messages += 1
        return self._messages >= SET_MESSAGES and received_s - self._since_s >= SET_AFTER_S
