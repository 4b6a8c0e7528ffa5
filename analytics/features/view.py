"""All that detectors may see of a home at one moment, computed once. Pure and bounded.

Detectors read it and never change it.
"""

# ruff: noqa: PLR1730 (at each event, a comparison costs a third of min or max)
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.features.activity import Activity
from analytics.features.bed_nights import BedNights
from analytics.features.coverage import Coverage
from analytics.features.guests import Guests
from analytics.features.hours import Hours
from analytics.features.localtime import LocalTime
from analytics.features.lone_signs import LoneSigns, Sign
from analytics.features.margins import Margins
from analytics.features.occupancy import Occupancy, Place
from analytics.features.outdoors import Outdoors
from analytics.features.pauses import Pauses
from analytics.features.plan import Zone
from analytics.features.waking import Waking
from analytics.features.walks import Walks
from analytics.features.wording import clock
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan, HomePlan
    from core.model.observation import Observation

_AT_ONCE = -math.inf
_POSITION, _BED, _HOME, _AWAY = Quantity.POSITION, Quantity.BED, Place.HOME, Place.AWAY


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
        "_anew",
        "_day_ends",
        "_marked",
        "_stirred",
        "_waking",
        "activity",
        "at",
        "bed_nights",
        "changed",
        "coverage",
        "day",
        "day_closed",
        "device",
        "due",
        "fresh",
        "guests",
        "hours",
        "local",
        "lone",
        "margins",
        "now",
        "occupancy",
        "outdoors",
        "pauses",
        "plan",
        "previous_at",
        "previous_room",
        "previous_zone",
        "seen_anew",
        "shown",
        "started",
        "vouched",
        "walks",
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
        self.outdoors = Outdoors()
        self.bed_nights = BedNights()
        self.walks = Walks()
        self.margins = Margins()
        self.pauses = Pauses()
        #: Movements that nothing vouches for yet; None where no animal lives.
        self.lone = LoneSigns() if plan.animal else None
        #: Who was expected and has come; None where nobody is expected.
        self.guests = Guests(plan.rounds) if plan.rounds else None
        #: What the present event vouches for, itself the last; to be taken in one by one.
        self.vouched: list[Sign] = []
        self.hours = Hours(now, self.local)
        #: Day of behaviour (04:00 to 04:00 local).
        self.day = self.local.day(now)
        self._day_ends = self.local.next_day(now)
        #: True during the first tick of a new day.
        self.day_closed = False
        #: True during a tick at which place, blindness or day are other than at the last one.
        self.changed = False
        #: From when on it may change by itself, in seconds; may be too early, never too late.
        self.due = _AT_ONCE
        self._stirred = self._anew = False
        #: True during a tick at which more has changed than who is home: our sight, the devices, the day.
        self.seen_anew = False
        self._waking = Waking(now)
        #: Whether the last event or tick left something that the next one must forget.
        self._marked = True
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
        if at > self.now:
            at = self.now
        self.at, self.device = at, device
        if self._marked:
            self._forget()
        coverage = self.coverage
        dark = coverage.dark_from
        self.shown = shown = coverage.hear(observation, at, self.now)
        if dark is not None or coverage.dark_from is not None:
            self._look_again(dark)
        if shown:
            self._hear(observation, device, at)
        elif observation.quantity is _POSITION:
            self._track(observation, at)

    def _hear(self, observation: Observation, device: DevicePlan, at: float) -> None:
        """Take in a sign that may be of a person."""
        witnesses = self.occupancy.witnesses
        counts = device.zone is not Zone.BED or self.local.is_waking(at)
        if device.interior or device.exterior_door:
            self.shown = witnesses.heed(at, device, observation, counts=counts)
        if not self.shown:
            self.occupancy.stray(device)
            if observation.quantity is _BED and (observation.value <= 0 or not counts):
                self._lie(at, device, occupied=observation.value > 0)
        elif self.lone is not None:
            self._wait(self.lone, observation, device, at)
        elif witnesses.unheeded is not None and device.interior:
            self.shown = False
            sign = Sign(at, device.device_id, observation.quantity, observation.value)
            self.vouched = [*witnesses.vouched(at), sign]
        else:
            self._show(observation, device, at)

    def _wait(
        self, lone: LoneSigns, observation: Observation, device: DevicePlan, at: float
    ) -> None:
        """Take in a sign that an animal may have made, or that shows whose the last ones were."""
        self.shown, out = False, self.occupancy.left_at is not None
        self.occupancy.stray(device)
        sign = Sign(at, device.device_id, observation.quantity, observation.value)
        self.vouched = lone.take(sign, device, out=out) or []

    def vouch(self, observation: Observation, device: DevicePlan, at: float) -> None:
        """Take in a sign of a person that had to wait until something vouched for it (`vouched`)."""
        self.at, self.device, self.shown = at, device, True
        self._forget()
        self._show(observation, device, at)

    def _forget(self) -> None:
        """Begin an event: what the last one did, or the last tick, is past."""
        self._marked = self.day_closed = self.changed = self.seen_anew = self.fresh = False
        activity, walks, occupancy = self.activity, self.walks, self.occupancy
        self.previous_at = activity.last_at
        self.previous_zone, self.previous_room = activity.zone, activity.room
        occupancy.before, occupancy.returned = occupancy.place, None
        occupancy.unsettled = occupancy.left_at is not None
        walks.entered, walks.step = 0, None
        self.outdoors.heard = None

    def _show(self, observation: Observation, device: DevicePlan, at: float) -> None:
        """Take in that a person showed."""
        activity, coverage, occupancy = self.activity, self.coverage, self.occupancy
        previous = self.previous_at
        self._marked, self.fresh = True, previous is None or at > previous
        occupancy.show(at, device, observation, (activity, self.plan))
        activity.show(at, device, self.local)
        if observation.quantity is _BED:
            self._lie(at, device, occupied=observation.value > 0)
        stayed = occupancy.before is _HOME and not occupancy.visitor
        self.pauses.show(at, device, self.local, coverage, self.now, stayed=stayed)
        if self.fresh:
            self.walks.show(at, device, observation)
        self.hours.show(at, device, self.walks, fresh=self.fresh)
        if self.guests is not None and self.guests.show(at, device, observation, self):
            self.stir()
        if occupancy.left_at is not None or occupancy.unsettled:
            self._look_around()

    def _lie(self, at: float, device: DevicePlan, *, occupied: bool) -> None:
        self.pauses.lie(at, device, occupied=occupied)
        noon = self.local.last_noon(at)
        self.bed_nights.hear(at, device.device_id, noon, occupied=occupied)

    def _look_around(self) -> None:
        """Take in that somebody may have left or come back."""
        occupancy = self.occupancy
        if occupancy.returned is not None:
            self.hours.come_back(*occupancy.returned)
        if occupancy.place is not occupancy.before:
            self.stir()
        else:
            self.due = _AT_ONCE

    def _track(self, observation: Observation, at: float) -> None:
        self._marked = True
        alone = self.plan.resident_id is not None
        home = (self.activity, self.occupancy, self.local)
        unfollowed = len(self.outdoors.unfollowed)
        self.outdoors.show(observation, at, home, alone=alone, in_use=self.plan.by_id)
        if unfollowed != len(self.outdoors.unfollowed):
            self._anew = True
            self.stir()

    def look(self, heard_at: float, heard_since: float | None) -> None:
        """Take in a proof of life of the pipeline; see `Coverage.look`."""
        dark = self.coverage.dark_from
        self.coverage.look(heard_at, heard_since)
        if dark is not None:
            self._look_again(dark)

    def set_offline(self, gone: tuple[int, ...]) -> None:
        """Take in which devices are gone by their last will."""
        before = self.coverage.offline
        self.coverage.set_offline(gone)
        if before != self.coverage.offline:
            self._anew = True
            self.stir()

    def stir(self) -> None:
        """Have everybody ticked at the next moment of the grid: something has changed."""
        self._stirred, self.due = True, _AT_ONCE

    def _look_again(self, dark: float | None) -> None:
        self.due = _AT_ONCE
        if dark != self.coverage.dark_from:
            self._stirred = self._anew = True

    def advance(self, now: float) -> None:
        """Let time pass to ``now`` without an event.

        Between two moments that are due nothing changes: it does not matter which are visited.
        """
        self.now = self.at = now
        self._forget()
        self.device, self.shown, self._marked = None, False, True
        if now < self.due:
            self.hours.settled = None
            return
        self._change(now)

    def _change(self, now: float) -> None:
        """Find out what time has changed."""
        dark = self.coverage.dark_from
        self.coverage.advance(now, self.plan)
        self.occupancy.advance(now)
        left = self.guests is not None and self.guests.advance(now, self.occupancy)
        moved = left or self.occupancy.place is not self.occupancy.before
        day = self.local.day(now)
        self.day_closed = day != self.day
        self.hours.advance(now, self.local, self.coverage)
        self.seen_anew = self._anew or self.day_closed or dark != self.coverage.dark_from
        self.changed = self._stirred or moved or self.seen_anew or self.hours.settled is not None
        self._stirred = self._anew = False
        if self.changed:
            self._note_change(now)
            if self.occupancy.place is _AWAY:
                self.walks.leave()
        if self.day_closed:
            self.day, self._day_ends = day, self.local.next_day(now)
            self.activity.close_day(self._waking.seconds)
            self.walks.close_day()
            self.pauses.close_day()
            self.outdoors.close_day()
            self._waking.seconds = 0.0
        self.due = min(
            self._day_ends,
            self.coverage.next_due(now, self.plan),
            self.occupancy.next_due(),
            math.inf if self.guests is None else self.guests.due,
            self.hours.due,
        )

    def _note_change(self, now: float) -> None:
        home = self.occupancy.home
        self._waking.note(now, self.local, seen=home and not self.coverage.blind)
        self.hours.note(now, home=home, guest=self.occupancy.visitor)

    def still_s(self) -> float:
        """Seconds since the last activity that we would have seen; 0 before the first."""
        last = self.activity.last_at
        return 0.0 if last is None else self.coverage.elapsed(last, self.now)

    def margin(self, detector: str, at: float) -> float:
        """Return the factor, 0.8 to 1.6, by which carers' answers have moved a detector's limit.

        Parameters
        ----------
        at
            Onset in seconds of what the detector judges; its 3-hour local bin is the context.
        """
        return self.margins.factor(detector, self.local.bin(at), self.now)

    def clock(self, seconds: float) -> str:
        """Say a moment in the home's zone, with the day if that is not today."""
        return clock(self.local, seconds, self.now)

    def refit(self, before: HomePlan) -> None:
        """Take in that devices came, went or were moved since the home was as ``before``."""
        self._stirred = self._anew = True
        self.due = _AT_ONCE
        known = self.plan.by_id
        for part in (self.coverage, self.occupancy, self.walks, self.bed_nights, self.outdoors):
            part.keep(known)
        self.pauses.refit(before, self.plan)

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "now": self.now,
            "started": self.started,
            "day": self.day,
            "stirred": [self._stirred, self._anew],
            **self._waking.snapshot(),
            "activity": self.activity.snapshot(),
            "coverage": self.coverage.snapshot(),
            "occupancy": self.occupancy.snapshot(),
            "outdoors": self.outdoors.snapshot(),
            "bed_nights": self.bed_nights.snapshot(),
            "walks": self.walks.snapshot(),
            "margins": self.margins.snapshot(),
            "pauses": self.pauses.snapshot(),
            "lone": None if self.lone is None else self.lone.snapshot(),
            "hours": self.hours.snapshot(),
            **({} if self.guests is None else {"guests": self.guests.snapshot()}),
        }

    @classmethod
    def restored(cls, plan: HomePlan, state: dict[str, Any]) -> HomeView:
        """Return the view as `snapshot` saw it."""
        view = cls(plan, state["started"])
        view.now, view.day = state["now"], state["day"]
        view._day_ends = view.local.next_day(view.now)
        view._stirred, view._anew = state["stirred"]
        view._waking.restore(state)
        view.activity = Activity.restored(state["activity"])
        view.coverage = Coverage.restored(state["coverage"])
        view.occupancy = Occupancy.restored(state["occupancy"])
        view.outdoors = Outdoors.restored(state.get("outdoors"))
        view.bed_nights = BedNights.restored(state["bed_nights"])
        view.walks = Walks.restored(state["walks"])
        view.margins = Margins.restored(state["margins"])
        view.pauses = Pauses.restored(state["pauses"])
        view.pauses.refit(plan, plan)
        if view.lone is not None and state["lone"] is not None:
            view.lone = LoneSigns.restored(state["lone"])
        view.hours = Hours.restored(state["hours"], view.local)
        if view.guests is not None:
            view.guests.restore(state.get("guests"), view.occupancy)
        view._no_event()
        return view
