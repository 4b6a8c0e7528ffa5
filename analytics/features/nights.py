"""Times out of bed in each night, beside what is usual for this person. Pure and bounded.

With a bed sensor a time out of bed lasts until the bed is occupied again, or until the last sign from
elsewhere where that does not come. Without one it is told from movement: it begins with the first sign from
another room after ten minutes of nothing but the bedroom, and ends with the return to the bedroom. A way
back into bed is easily missed: of such a time only what lies between signs that follow each other within
20 minutes counts, so it is "at least" so long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.bed_absence import BedAbsence
from analytics.features.localtime import DAY_S, DAY_STARTS_H, HOUR_S, NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.night_ways import FACTOR, LEAST_S, SHARE, TRIPS, trip_s
from analytics.features.plan import Zone

if TYPE_CHECKING:
    from analytics.features.hours import SettledDay
    from analytics.features.view import HomeView
    from core.model.observation import Observation

TURN_S = 45.0
"""Shorter ones are turning over in bed (detection.md §4)."""
UNSEEN_S = 1200.0
"""Without a bed sensor: who has shown nowhere for so long may be back in bed."""
MOST_S = 7200.0
"""Whatever was learned, a longer one is long."""
RARE_COUNT, MORE = 0.99, 2
"""So many more times than all but one in a hundred nights are many (detection.md (a) D5)."""
HALF_LIFE_DAYS = 56.0
"""Of daily baselines (detection.md §10)."""
PRIOR_NIGHTS = 7.0
#: Nights of CASAS Aruba with 0, 1 and more times out of bed (detection.md §2).
_PRIOR = (0.4, 0.5, 0.08, 0.02)
MOST_TIMES = 16
_SEEN_MIN = 54.0
_NOON_H = 12.0
_BEDROOM = Zone.BED
_HOURS_OF_NIGHT = slice(19, 24)
"""Of a day from 04:00 on, those from 23:00."""
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)


class Nights(BedAbsence):
    """The times out of bed of the present night, and how many and how long is usual."""

    __slots__ = ("_counts", "_lain", "_longest", "_seen", "_unseen_s", "known", "times")

    def __init__(self) -> None:
        super().__init__()
        #: (left, how long) of this night, in seconds.
        self.times: list[tuple[float, float]] = []
        #: Nights learned from.
        self.known = 0
        #: Last sign of somebody who is out of bed, and how much of this time nothing was seen of.
        self._seen = self._unseen_s = 0.0
        #: Whether somebody rose this night or morning who had gone to bed.
        self._lain = False
        self._counts = [0.0] * MOST_TIMES
        #: Nights by the length of their longest time out of bed, as `TRIPS`.
        self._longest = [0.0] * TRIPS.bins

    def feed(self, observation: Observation, view: HomeView) -> None:
        """Take in that a person showed, later than before."""
        super().feed(observation, view)
        device = view.device
        if self.since is None or device is None or device.zone is _BEDROOM:
            return
        if view.at - self._seen > UNSEEN_S and not view.plan.senses_bed:
            self._unseen_s += view.at - self._seen
        self._seen = view.at

    def _left(self, view: HomeView) -> None:
        self._seen, self._unseen_s = view.at, 0.0

    def _slept(self, view: HomeView) -> None:
        hour = view.local.hour(view.at)
        self._lain = self._lain or hour < _NOON_H or hour >= NIGHT_FROM_H

    def _over(self, since: float, back: float, view: HomeView) -> None:
        hour = view.local.hour(back)
        if NIGHT_UNTIL_H < hour < NIGHT_FROM_H:
            back -= (hour - NIGHT_UNTIL_H) * HOUR_S
        if not view.plan.senses_bed and back - self._seen > UNSEEN_S:
            back = self._seen
        lasted = back - since - self._unseen_s
        seen = view.coverage.first_blind(since, back) is None
        if lasted >= TURN_S and seen and not view.occupancy.visitor:
            self.times = [*self.times[-MOST_TIMES + 1 :], (since, lasted)]

    def end(self, view: HomeView) -> None:
        """Take in that the night is over, or that nobody is home."""
        since = self.since
        # who gets up after 04:00 and stays up has risen early; a mat that lost her is no time out of bed
        if since is not None and not self._risen(since, view):
            self._over(since, self._seen, view)
        super().end(view)

    @staticmethod
    def _risen(since: float, view: HomeView) -> bool:
        return DAY_STARTS_H <= view.local.hour(since) < NIGHT_UNTIL_H and view.occupancy.home

    # What is usual

    def limit_s(self, margin: float) -> float:
        """Seconds out of bed at a time that are long for this person."""
        usual = FACTOR * trip_s(self._longest, SHARE)
        return min(max(usual * margin, LEAST_S), MOST_S)

    @property
    def usual_s(self) -> float:
        """Seconds by which nine of ten nights' longest time out of bed is over."""
        return trip_s(self._longest, 0.9)

    def count_quantile(self, share: float) -> int:
        """Return how many times out of bed the ``share`` of all nights do not exceed."""
        counts = list(self._counts)
        for times, prior in enumerate(_PRIOR):
            counts[times] += PRIOR_NIGHTS * prior
        wanted, total = share * sum(counts), 0.0
        for times, count in enumerate(counts):
            total += count
            if total >= wanted:
                return times
        return MOST_TIMES

    @property
    def many(self) -> int:
        """Times out of bed in a night that are many for this person."""
        return self.count_quantile(RARE_COUNT) + MORE

    # Ends of nights

    def whole(self, settled: SettledDay) -> bool:
        """Whether the night was seen from 23 to 04, somebody alone at home in bed, no clock set."""
        seen = settled.valid[_HOURS_OF_NIGHT]
        return bool(settled.day.usual_length and self._lain and seen.min() >= _SEEN_MIN)

    def close(self, weight: float) -> None:
        """End the night: learn from it, with a weight; 0 for not at all."""
        self._longest = [count * _KEEP for count in self._longest]
        self._counts = [count * _KEEP for count in self._counts]
        times, self.times, self._lain = self.times, [], False
        if weight <= 0.0:
            return
        longest = max((lasted for _, lasted in times), default=0.0)
        self.known += 1
        self._counts[min(len(times), MOST_TIMES - 1)] += weight
        self._longest[TRIPS.index(max(longest, TRIPS.low_s))] += weight

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "now": [self.since, self._seen, self._unseen_s, self._lain, self.known],
            "bed": self._saved(),
            "times": self.times,
            "counts": self._counts,
            "longest": self._longest,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Nights:
        """Return it as `snapshot` saw it."""
        nights = cls()
        nights.since, nights._seen, nights._unseen_s = state["now"][:3]
        nights._lain, nights.known = state["now"][3:]
        nights._become(state["bed"])
        nights.times = [(left, lasted) for left, lasted in state["times"]]
        nights._counts = list(state["counts"])
        nights._longest = list(state["longest"])
        return nights


def next_morning(view: HomeView) -> float:
    """Return when the present or next night ends, in seconds; also where the clock is set in it."""
    now, local = view.now, view.local
    left_s = (NIGHT_UNTIL_H - local.hour(now)) % 24.0 * HOUR_S
    at = now + (left_s if left_s > 0.0 else DAY_S)
    return at - (local.offset(at) - local.offset(now))
