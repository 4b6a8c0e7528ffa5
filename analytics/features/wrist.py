"""Whether something worn at the wrist rests, and how much that says in this home. Pure and bounded.

A watch tells every quarter of an hour in which share of the minutes it moved. A report of less than half or
so finds a wrist that *rests*: asleep, lying, or a hand in the lap. Only a wrist that is worn can rest: a beat
of a heart, or some movement, is proof of it; one that was not heard for an hour rests anew.

References
----------
Depresjon (Garcia-Ceja 2018, MMSys): minutes of activity by day and by night (docs/decisions/0230).
"""

from __future__ import annotations

from typing import Any

from analytics.features.steps import SPAN_S, Steps

UP_PERCENT = 60.0
"""Share of the minutes with movement from which a wrist is busy: 0.87 of the quarters of an hour by day, 0.25
by night (Depresjon)."""
WORN_FOR_S = 2400.0
"""A beat proves for so long that it is worn: two reports of most watches, and their delay."""
HEARD_FOR_S = 1200.0
"""A report of rest holds for so long: the next one is due after a quarter of an hour."""
LONGEST_REPORT_S = 3900.0
"""Who was not heard for longer has not shown that it rested."""
PRIOR_PAUSES, PRIOR_RESTED = 6.0, 3.0
"""Pauses of the rooms, and those at which the wrist rested, that are known of nobody in particular: 0.3 to
0.5 of 45 min and more in simulated homes."""
_KEEP = 2.0 ** (-1.0 / 28.0)


class Wrist:
    """One worn device."""

    __slots__ = ("_beat", "_off", "_since", "_steps", "heard_at", "up_at")

    def __init__(self) -> None:
        #: Last sign of a wrist that is busy, or of steps.
        self.up_at: float | None = None
        #: Last report while it was worn, and since when none is missing.
        self.heard_at: float | None = None
        self._since: float | None = None
        self._beat: float | None = None
        self._off = False
        self._steps = Steps()

    def beat(self, at: float) -> None:
        """Take in that it felt a heart."""
        if self._beat is None or at > self._beat:
            self._beat = at

    def walk(self, at: float, steps: float) -> None:
        """Take in steps."""
        if self._steps.count(at, steps):
            self._up(at)

    def wear(self, at: float, *, worn: bool) -> None:
        """Take in that it was put on or taken off: an arm that does that is busy."""
        self._off, self.heard_at, self._since = not worn, None, None
        self._up(at)

    def report(self, at: float, percent: float) -> None:
        """Take in in which share of the minutes since its last report it moved."""
        if percent >= UP_PERCENT:
            self._up(at)
        worn = percent > 0 or (self._beat is not None and at - self._beat <= WORN_FOR_S)
        if self._off or not worn:
            return
        heard = self.heard_at
        if heard is None or at - heard > LONGEST_REPORT_S:
            self._since = at
        if heard is None or at > heard:
            self.heard_at = at

    def _up(self, at: float) -> None:
        if self.up_at is None or at > self.up_at:
            self.up_at = at

    def rests(self, since: float, now: float) -> bool:
        """Tell whether it has been worn and resting since a moment; its first report also tells of before."""
        first, heard, limit = self._since, self.heard_at, since + SPAN_S
        if first is None or heard is None or first > limit or not since < heard:
            return False
        return now - heard <= HEARD_FOR_S and (self.up_at is None or self.up_at <= limit)

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        steps = self._steps.snapshot()
        return [self.up_at, self.heard_at, self._since, self._beat, self._off, steps]

    @classmethod
    def restored(cls, state: list[Any]) -> Wrist:
        """Return the wrist as `snapshot` saw it."""
        wrist = cls()
        wrist.up_at, wrist.heard_at, wrist._since, wrist._beat, wrist._off = state[:5]
        wrist._steps = Steps.restored(state[5])
        return wrist


class Rested:
    """At which share of the pauses of the rooms the wrist rests too: 1 where it says nothing."""

    __slots__ = ("_counted", "_pauses", "_rested")

    def __init__(self) -> None:
        self._pauses, self._rested = 0.0, 0.0
        #: Last sign before the pause that was counted last.
        self._counted: float | None = None

    @property
    def share(self) -> float:
        """The share, with what is known of nobody in particular."""
        return (self._rested + PRIOR_RESTED) / (self._pauses + PRIOR_PAUSES)

    def count(self, since: float, *, rests: bool) -> None:
        """Count a pause of the rooms, once."""
        if since == self._counted:
            return
        self._counted = since
        self._pauses += 1.0
        self._rested += rests

    def close_day(self) -> None:
        """Let what is known fade by one day."""
        self._pauses *= _KEEP
        self._rested *= _KEEP

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return [self._pauses, self._rested, self._counted]

    @classmethod
    def restored(cls, state: list[Any]) -> Rested:
        """Return it as `snapshot` saw it."""
        rested = cls()
        rested._pauses, rested._rested, rested._counted = state
        return rested
