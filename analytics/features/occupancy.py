"""Whether somebody is home, from doors and what follows them. Pure and bounded.

``HOME → LEAVING`` when a door that leads out opens shortly after activity near it; ``LEAVING → AWAY``
after silence inside; back to ``HOME`` on trusted activity inside (detection.md §1). A sensor that fires
alone while all are out, with no door before it, is not trusted: heaters and curtains do that. Silence
after a door never ends the watch by itself: the detector of late returns runs from the door on, because a
fall in the hall after closing the door looks the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.features.activity import Activity
    from analytics.features.plan import DevicePlan, HomePlan
    from core.model.observation import Observation

EXIT_WITHIN_S = 120.0
"""Activity near the door at most so long before it opens (detection.md §1)."""
AWAY_AFTER_S = 600.0
"""Silence inside after which somebody who left counts as away (detection.md §1)."""
DOORSTEP_S = 60.0
"""The sensor behind the door still sees the person who is leaving for so long."""


DOOR_BEFORE_S = 900.0
"""A door that moved so shortly before makes movement inside a return."""
DOUBT_S = 1800.0
"""Without a door, movement must be confirmed within so long …"""
DOUBT_DEVICES, DOUBT_EVENTS = 2, 3
"""… by so many devices, or so many times by one."""


class Place(StrEnum):
    """Where the residents are."""

    HOME = "home"
    LEAVING = "leaving"
    AWAY = "away"


class Occupancy:
    """State machine of one home."""

    __slots__ = ("_doubtful", "before", "door_at", "left_at", "place", "returned", "since")

    def __init__(self, now: float) -> None:
        self.place = Place.HOME
        #: State before the present event.
        self.before = Place.HOME
        #: Since when the state holds.
        self.since = now
        #: When the last person left; kept until the return.
        self.left_at: float | None = None
        #: Last movement of a door that leads out.
        self.door_at: float | None = None
        #: (when, device) of movement inside that is not trusted yet.
        self._doubtful: list[tuple[float, int]] = []
        #: (left, back) of the outing that the present event ended; None otherwise.
        self.returned: tuple[float, float] | None = None

    @property
    def home(self) -> bool:
        """Whether somebody is taken to be home."""
        return self.place is Place.HOME

    def begin(self) -> None:
        """Forget what the last event did."""
        self.before, self.returned = self.place, None

    def show(
        self,
        at: float,
        device: DevicePlan,
        observation: Observation,
        past: tuple[Activity, HomePlan],
    ) -> None:
        """Take in that a person showed.

        Parameters
        ----------
        past
            Activity before this event, and the plan of the home.
        """
        if device.exterior_door:
            self._door(at, opened=observation.value > 0, past=past)
        elif device.interior and not self.home:
            self._inside(at, device)

    def advance(self, now: float, activity: Activity) -> None:
        """Let time pass to ``now``."""
        if now >= self.next_due(activity):
            self.place, self.since = Place.AWAY, now

    def next_due(self, activity: Activity) -> float:
        """Return from when on `advance` changes something, if nothing is heard."""
        if self.place is not Place.LEAVING:
            return float("inf")
        return max(self.door_at or 0.0, activity.interior_at or 0.0) + AWAY_AFTER_S

    def _door(self, at: float, *, opened: bool, past: tuple[Activity, HomePlan]) -> None:
        activity, plan = past
        if self.door_at is not None and at < self.door_at:
            return
        self.door_at = at
        if not opened or not self.home:
            return
        near = activity.near_exit_at if plan.senses_exit else activity.interior_at
        seen_inside_since = (
            activity.interior_at is not None and activity.interior_at > at + DOORSTEP_S
        )
        if near is not None and abs(at - near) <= EXIT_WITHIN_S and not seen_inside_since:
            self.place, self.since, self.left_at = Place.LEAVING, at, at

    def _inside(self, at: float, device: DevicePlan) -> None:
        left = self.left_at if self.left_at is not None else self.since
        door = self.door_at if self.door_at is not None else left
        on_doorstep = device.near_exit and at <= door + DOORSTEP_S
        if at <= left or (self.place is Place.LEAVING and on_doorstep):
            return
        if self.place is Place.AWAY:
            back = self._trusted(at, device, door if door > left + DOORSTEP_S else None)
            if back is None:
                return
            self.returned = (left, back)
        self.place, self.since, self.left_at = Place.HOME, at, None
        self._doubtful = []

    def _trusted(self, at: float, device: DevicePlan, door: float | None) -> float | None:
        """Return when the return began; None while it may be a sensor alone."""
        if door is not None and at - door <= DOOR_BEFORE_S:
            return at
        recent = [one for one in self._doubtful if abs(at - one[0]) <= DOUBT_S]
        self._doubtful = [*recent[-DOUBT_EVENTS:], (at, device.device_id)]
        devices = {number for _, number in self._doubtful}
        if len(devices) >= DOUBT_DEVICES or len(self._doubtful) >= DOUBT_EVENTS:
            return min(when for when, _ in self._doubtful)
        return None

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [self.place.value, self.since, self.left_at, self.door_at, self._doubtful]

    @classmethod
    def restored(cls, state: list[Any]) -> Occupancy:
        """Return the occupancy as `snapshot` saw it."""
        occupancy = cls(state[1])
        occupancy.place = occupancy.before = Place(state[0])
        occupancy.left_at, occupancy.door_at = state[2:4]
        occupancy._doubtful = [(at, device) for at, device in state[4]]
        return occupancy
