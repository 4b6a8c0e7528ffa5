"""How long somebody who left the bed at night is up, and how many rooms that takes. Pure and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.localtime import NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.plan import Zone
from analytics.features.survival import Grid, Histograms
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from analytics.features.view import HomeView
    from core.model.observation import Observation

ASLEEP_S = 600.0
"""Who was in bed for so long has gone to bed (detection.md §4)."""
BACK_S = 300.0
"""Without a bed sensor: who is still in the bedroom for so long is back in bed."""
SHARE, FACTOR = 0.975, 1.5
LEAST_S, MOST_S = 1200.0, 2400.0
EARLY_SHARE, EARLY_STEP_H = 0.2, 0.15
EARLIEST_H = 4.0
BEFORE_RISE_H = 0.5
"""So long before the time by which a fifth of all nights are over, being up is no more of the night."""
HALF_LIFE_DAYS = 28.0
_NIGHT_S = 6 * 3600.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_GRID = Grid(60.0, 7200.0, 24)
#: Ten trips of CASAS Aruba: median 2.6 min, 95 % 4.3 (detection.md §2).
_PRIOR = _GRID.lognormal(10.0, 156.0, 0.31)


class NightWays:
    """The present time out of bed, and how long those before took."""

    __slots__ = (
        "_bed_since",
        "_night",
        "_rise_h",
        "_trips",
        "_up_since",
        "changes",
        "since",
        "told",
    )

    def __init__(self) -> None:
        #: Since when somebody is out of bed at night; None while in bed, or by day.
        self.since: float | None = None
        #: Room changes of the home when the bed was left.
        self.changes = 0
        #: Whether it has been told that this time out of bed is long.
        self.told = False
        self._bed_since: float | None = None
        #: Local hour by which a fifth of the nights are over, 6 at the latest.
        self._rise_h = NIGHT_UNTIL_H
        self._night = -1
        self._up_since: float | None = None
        self._trips = Histograms(_GRID, 1)

    def feed(self, observation: Observation, view: HomeView) -> None:
        """Take in that a person showed, later than before."""
        in_bed = view.device is not None and view.device.zone is Zone.BED
        if view.plan.senses_bed:
            if observation.quantity is not Quantity.BED:
                return
            in_bed = observation.value > 0
        if in_bed:
            self._lie(view)
        else:
            self._rise(view)

    def _lie(self, view: HomeView) -> None:
        if self._bed_since is None:
            self._bed_since = view.at
        sensed = view.plan.senses_bed
        if self.since is not None and (sensed or view.at - self._bed_since >= BACK_S):
            self._back(self._bed_since)

    def _rise(self, view: HomeView) -> None:
        lay = self._bed_since
        if lay is not None and self.since is not None and view.at - lay >= BACK_S:
            self._back(lay)
        if lay is not None:
            self._up_since = view.at
        self._bed_since = None
        slept = lay is not None and view.at - lay >= ASLEEP_S
        if self.since is None and slept and self._asleep_at(view):
            self.since, self.changes, self.told = view.at, view.walks.counts, False

    def _back(self, at: float) -> None:
        if self.since is not None and at - self.since >= _GRID.low_s:
            self._trips.add(0, at - self.since)
        self.since = None

    def _asleep_at(self, view: HomeView) -> bool:
        hour = view.local.hour(view.at)
        return hour >= NIGHT_FROM_H or hour < self._rise_h - BEFORE_RISE_H

    def end(self, view: HomeView) -> None:
        """Take in that it is day, or that nobody is home: it is no time out of bed any more."""
        night = view.local.day(view.now)
        if self._night != night and not view.local.is_night(view.now):
            self._night = night
            self._learn_rise(view)
        self.since = None

    def _learn_rise(self, view: HomeView) -> None:
        up = self._up_since if self._bed_since is None else None
        hour = NIGHT_UNTIL_H if up is None or view.now - up > _NIGHT_S else view.local.hour(up)
        step = EARLY_SHARE if hour >= self._rise_h else EARLY_SHARE - 1.0
        risen = self._rise_h + EARLY_STEP_H * step
        self._rise_h = min(max(risen, EARLIEST_H), NIGHT_UNTIL_H)

    def close_day(self) -> None:
        """Let old trips fade."""
        self._trips.decay(_KEEP)

    def in_bed(self, now: float) -> bool:
        """Whether somebody seems to be back: in the bedroom, and nothing else since."""
        return self._bed_since is not None and now - self._bed_since >= BACK_S

    @property
    def limit_s(self) -> float:
        """Seconds after which being up is long for this person."""
        counts = [prior + seen for prior, seen in zip(_PRIOR, self._trips.row(0), strict=True)]
        wanted, seen = SHARE * sum(counts), 0.0
        for index, count in enumerate(counts):
            seen += count
            if seen >= wanted:
                return min(max(FACTOR * _GRID.edges[index + 1], LEAST_S), MOST_S)
        return MOST_S

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            [self.since, self.changes, self.told],
            [self._bed_since, self._up_since, self._rise_h, self._night],
            self._trips.snapshot(),
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> NightWays:
        """Return it as `snapshot` saw it."""
        ways = cls()
        ways.since, ways.changes, ways.told = state[0]
        ways._bed_since, ways._up_since, ways._rise_h, ways._night = state[1]
        ways._trips.restore(state[2])
        return ways
