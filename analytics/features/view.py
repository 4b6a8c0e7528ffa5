"""All that detectors may see of a home at one moment, computed once. Pure and bounded.

Detectors read it and never change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.activity import Activity
from analytics.features.coverage import Coverage
from analytics.features.localtime import LocalTime
from analytics.features.occupancy import Occupancy
from analytics.features.wording import clock

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan, HomePlan, Zone
    from core.model.observation import Observation


class HomeView:
    """One home now.

    Parameters
    ----------
    plan
        The home.
    now
        Logical time at which the watch begins, in seconds since 1970.
    """

    __slots__ = (
        "_ticked",
        "_waking_home_s",
        "activity",
        "at",
        "coverage",
        "day",
        "day_closed",
        "device",
        "fresh",
        "local",
        "now",
        "occupancy",
        "plan",
        "previous_at",
        "previous_room",
        "previous_zone",
        "shown",
        "started",
    )

    def __init__(self, plan: HomePlan, now: float) -> None:
        self.plan = plan
        self.local = LocalTime(plan.zone)
        #: Logical time, in seconds.
        self.now = now
        #: Logical time at which the watch began.
        self.started = now
        self.activity = Activity()
        self.coverage = Coverage(now)
        self.occupancy = Occupancy(now)
        #: Day of behaviour (04:00 to 04:00 local).
        self.day = self.local.day(now)
        #: True during the first tick of a new day.
        self.day_closed = False
        self._waking_home_s = 0.0
        self._ticked = now
        self._no_event()

    def _no_event(self) -> None:
        #: When the present event happened, never after ``now``.
        self.at = self.now
        #: Its device; None during a tick.
        self.device: DevicePlan | None = None
        #: Whether a person made it.
        self.shown = False
        #: Whether it moved the last activity forward.
        self.fresh = False
        #: Last activity before it.
        self.previous_at = self.activity.last_at
        self.previous_zone: Zone = self.activity.zone
        self.previous_room = self.activity.room

    @property
    def days_watched(self) -> float:
        """Days since the watch began."""
        return (self.now - self.started) / 86400.0

    def observe(self, observation: Observation, device: DevicePlan, at: float) -> None:
        """Take in one observation of a device of this home.

        Parameters
        ----------
        at
            When it happened, in seconds; a moment after ``now`` is taken as ``now``.
        """
        self._no_event()
        self.at, self.device = min(at, self.now), device
        self.occupancy.begin()
        self.shown = self.coverage.hear(observation, self.at, self.now)
        if not self.shown:
            return
        previous = self.previous_at
        self.fresh = previous is None or self.at > previous
        self.occupancy.show(self.at, device, observation, (self.activity, self.plan))
        self.activity.show(self.at, device, self.local)

    def advance(self, now: float) -> None:
        """Let time pass to ``now`` without an event."""
        self.now = now
        self._no_event()
        self.occupancy.begin()
        self.coverage.advance(now, self.plan)
        self.occupancy.advance(now, self.activity)
        day, waking = self.local.day(now), self.local.is_waking(now)
        if waking and self.occupancy.home and not self.coverage.blind:
            self._waking_home_s += now - self._ticked
        self._ticked = now
        self.day_closed = day != self.day
        if self.day_closed:
            self.day = day
            self.activity.close_day(self._waking_home_s)
            self._waking_home_s = 0.0

    def still_s(self) -> float:
        """Seconds since the last activity that we would have seen; 0 before the first."""
        last = self.activity.last_at
        return 0.0 if last is None else self.coverage.elapsed(last, self.now)

    def clock(self, seconds: float) -> str:
        """Say a moment in the home's zone, with the day if that is not today."""
        return clock(self.local, seconds, self.now)

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "now": self.now,
            "started": self.started,
            "day": self.day,
            "waking": self._waking_home_s,
            "ticked": self._ticked,
            "activity": self.activity.snapshot(),
            "coverage": self.coverage.snapshot(),
            "occupancy": self.occupancy.snapshot(),
        }

    @classmethod
    def restored(cls, plan: HomePlan, state: dict[str, Any]) -> HomeView:
        """Return the view as `snapshot` saw it."""
        view = cls(plan, state["started"])
        view.now, view.day = state["now"], state["day"]
        view._waking_home_s, view._ticked = state["waking"], state["ticked"]
        view.activity = Activity.restored(state["activity"])
        view.coverage = Coverage.restored(state["coverage"])
        view.occupancy = Occupancy.restored(state["occupancy"])
        view._no_event()
        return view
