"""When and where a person last showed, and how densely the home is sensed. Pure and bounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.features.localtime import HOUR_S
from analytics.features.plan import Zone

if TYPE_CHECKING:
    from analytics.features.localtime import LocalTime
    from analytics.features.plan import DevicePlan, HomePlan

DENSE_PER_H = 40.0
"""Minutes with activity per waking hour at home from which a home counts as densely sensed."""
SPARSE_PER_H = 20.0
"""The same below which it counts as sparsely sensed."""
PER_SENSOR_PER_H = 2.5
"""Expected per device that senses people, before the home has shown it (docs/decisions/0042)."""
PRIOR_DAYS = 3.0
HALF_LIFE_DAYS = 28.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)


class Activity:
    """Last activity of the home, with its place."""

    __slots__ = (
        "_days",
        "_minute",
        "_minutes_today",
        "_sum",
        "interior_at",
        "last_at",
        "near_exit_at",
        "room",
        "zone",
    )

    def __init__(self) -> None:
        #: Latest moment at which a person showed, in seconds; None before the first.
        self.last_at: float | None = None
        self.zone = Zone.OTHER
        #: Kind of the room of the last activity; empty when it has none.
        self.room = ""
        #: Latest activity inside, doors that lead out not counted.
        self.interior_at: float | None = None
        #: Latest activity in a room with a door that leads out.
        self.near_exit_at: float | None = None
        self._minute = -1
        self._minutes_today = 0
        self._sum = 0.0
        self._days = 0.0

    def show(self, at: float, device: DevicePlan, local: LocalTime) -> None:
        """Take in that a person showed at ``at``; late news never turn the clock back."""
        if self.last_at is None or at >= self.last_at:
            self.last_at, self.zone, self.room = at, device.zone, device.room
        if device.interior:
            if self.interior_at is None or at > self.interior_at:
                self.interior_at = at
            if device.near_exit and (self.near_exit_at is None or at > self.near_exit_at):
                self.near_exit_at = at
        minute = int(at // 60)
        if minute > self._minute:
            self._minute = minute
            if local.is_waking(at):
                self._minutes_today += 1

    def close_day(self, waking_home_s: float) -> None:
        """Learn today's density from the waking seconds in which somebody was home and we could see."""
        hours = waking_home_s / HOUR_S
        if hours >= 4:  # noqa: PLR2004
            self._sum = self._sum * _KEEP + self._minutes_today / hours
            self._days = self._days * _KEEP + 1.0
        self._minutes_today = 0

    def per_hour(self, plan: HomePlan) -> float:
        """Minutes with activity per waking hour at home: how densely the home is sensed."""
        prior = PER_SENSOR_PER_H * plan.sensors * PRIOR_DAYS
        return max((prior + self._sum) / (PRIOR_DAYS + self._days), 0.1)

    def density(self, plan: HomePlan) -> float:
        """0 for a sparsely sensed home, 1 for a densely sensed one, logarithmic between."""
        rate = self.per_hour(plan)
        return min(
            max(math.log(rate / SPARSE_PER_H) / math.log(DENSE_PER_H / SPARSE_PER_H), 0.0), 1.0
        )

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self.last_at,
            self.zone.value,
            self.room,
            self.interior_at,
            self.near_exit_at,
            self._minute,
            self._minutes_today,
            self._sum,
            self._days,
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Activity:
        """Return the activity as `snapshot` saw it."""
        activity = cls()
        activity.last_at, zone, activity.room = state[:3]
        activity.zone = Zone(zone)
        activity.interior_at, activity.near_exit_at = state[3:5]
        activity._minute, activity._minutes_today = state[5:7]
        activity._sum, activity._days = state[7:9]
        return activity
