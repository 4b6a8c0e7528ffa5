"""When somebody has left the bed at night, and when they are back in it. Pure and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.localtime import NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.plan import Zone
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from analytics.features.view import HomeView
    from core.model.observation import Observation

ASLEEP_S = 600.0
"""Who was in bed for so long has gone to bed (detection.md §4)."""
BACK_S = 300.0
"""Without a bed sensor: who is still in the bedroom for so long is back in bed."""
EARLY_SHARE, EARLY_STEP_H = 0.2, 0.15
EARLIEST_H = 4.0
BEFORE_RISE_H = 0.5
"""So long before the time by which a fifth of all nights are over, being up is no more of the night."""
_NIGHT_S = 6 * 3600.0
_BED, _BEDROOM = Quantity.BED, Zone.BED


class BedAbsence:
    """The present time out of bed; who wants to know of those that are over says so in a subclass."""

    __slots__ = ("_bed_since", "_night", "_rise_h", "_up_since", "since")

    def __init__(self) -> None:
        #: Since when somebody is out of bed at night; None while in bed, or by day.
        self.since: float | None = None
        self._bed_since: float | None = None
        #: Local hour by which a fifth of the nights are over, 6 at the latest.
        self._rise_h = NIGHT_UNTIL_H
        self._night = -1
        self._up_since: float | None = None

    def feed(self, observation: Observation, view: HomeView) -> None:
        """Take in that a person showed, later than before."""
        if view.plan.senses_bed:
            if observation.quantity is not _BED:
                return
            in_bed = observation.value > 0
        else:
            in_bed = view.device is not None and view.device.zone is _BEDROOM
        if in_bed:
            self._lie(view)
        else:
            self._rise(view)

    def _lie(self, view: HomeView) -> None:
        if self._bed_since is None:
            self._bed_since = view.at
        if self.since is None:
            return
        if view.plan.senses_bed or view.at - self._bed_since >= BACK_S:
            self._back(self._bed_since, view)

    def _rise(self, view: HomeView) -> None:
        lay = self._bed_since
        if lay is None:
            return
        if self.since is not None and view.at - lay >= BACK_S:
            self._back(lay, view)
        self._up_since, self._bed_since = view.at, None
        if view.at - lay >= ASLEEP_S:
            self._slept(view)
            if self.since is None and self._asleep_at(view):
                self.since = view.at
                self._left(view)

    def _back(self, at: float, view: HomeView) -> None:
        since, self.since = self.since, None
        if since is not None:
            self._over(since, at, view)

    def _slept(self, view: HomeView) -> None:
        """Take in that somebody rises who had gone to bed, by day or night."""

    def _left(self, view: HomeView) -> None:
        """Take in that the bed was left at night."""

    def _over(self, since: float, back: float, view: HomeView) -> None:
        """Take in a time out of bed that is over."""

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

    def in_bed(self, now: float) -> bool:
        """Whether somebody seems to be back: in the bedroom, and nothing else since."""
        return self._bed_since is not None and now - self._bed_since >= BACK_S

    def _saved(self) -> list[Any]:
        return [self._bed_since, self._up_since, self._rise_h, self._night]

    def _become(self, state: list[Any]) -> None:
        self._bed_since, self._up_since, self._rise_h, self._night = state
