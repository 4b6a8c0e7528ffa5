"""Whether somebody is home, from doors and what follows them. Pure and bounded.

Only a door that leads out makes an absence possible: with each passage somebody may have left or come
back, and what is heard inside afterwards, or not heard, moves the log-odds that somebody is home until
they are sure again (docs/decisions/0113). Each firing counts by how much more often that device fires
when somebody is home than in an empty home (`strays`); silence counts by how densely this home is sensed,
with a heavy tail. Place is `HOME` while the odds are above even, `LEAVING` for ten minutes after they fell
to or below it, then `AWAY`.

Silence after a door never ends the watch by itself: the detector of late returns runs from the door on,
because a fall in the hall after closing the door looks the same.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analytics.features.strays import PRIOR_PER_H, Strays
from analytics.features.witnesses import DOORSTEP_S, EXIT_WITHIN_S, Witnesses

if TYPE_CHECKING:
    from collections.abc import Container

    from analytics.features.activity import Activity
    from analytics.features.plan import DevicePlan, HomePlan
    from core.model.observation import Observation

    _Past = tuple[Activity, HomePlan]

AWAY_AFTER_S = 600.0
"""Silence inside after which somebody who left counts as away (detection.md §1)."""
SAME_PASSAGE_S = 90.0
"""A door that opens again so shortly after it moved is the same passage."""
SWINGS_S = 15.0
"""The same where somebody has surely come in meanwhile and the door opens anew."""
STOOD_OPEN_S = 1800.0
"""A door that is shut so long after it last moved, as far as was heard, was opened unheard (0251)."""
LEAVES, ARRIVES, SHUT = 0.6, 0.99, 0.5
"""Chance that who is home leaves by a door that opens, that it lets in who is out (docs/decisions/0271), and
that who is out has come in when a door that stood open is shut (docs/decisions/0282)."""
DOUBT_S, DOUBT_DEVICES, DOUBT_EVENTS = 1800.0, 2, 3
"""Movement in an empty home that is confirmed within so long by so many devices, or so many times, may be
hers: a late return is counted from then on."""
ARRIVING = 1.0
"""Log-odds after a door opened from which it let somebody in: who is seen behind it then has come."""
SPARSE_PER_H, DENSE_PER_H = 18.0, 26.0
"""Minutes with activity an hour at home between which a home is sparsely or densely sensed here; homes of
TIHM lie at the first (median 18), simulated ones at the second."""
FEWEST_DOUBTS, MOST_DOUBTS = 4.2, 5.0
"""Log-odds against anybody being home that silence can reach in a sparsely and in a densely sensed home:
more than the word of one sensor outweighs."""
SOON_SURE, SURE = 0.5, 4.0
"""Log-odds from which somebody is home until a door moves again, in a sparsely and in a densely sensed home:
in the latter who is home shows again within minutes, in the former two movements must do (0113)."""
REST_SENSED = 0.3
"""Where bed and chair tell who rests, silence says at least as much as in a home of this density, from 0 for
sparse to 1: one word alone makes nobody sure (docs/decisions/0271)."""
SURE_INSIDE = 12.0
"""The same, densely sensed, after an absence that no door ended: she never left, or it is an animal."""
SURE_STAYED = 7.0
"""The same after a door by which somebody may have left, within the ten minutes before that is believed."""
LEAST = -5.0
"""Absence is never surer than so: movement inside must be able to overcome it."""
TAIL, TYPICAL_MIN = 2.0, 60.0
"""Silence of s min lowers the log-odds by TAIL · ln(1 + s · minutes with activity an hour / TYPICAL_MIN)."""
NOTHING_SENSED_S = 1e12
"""The same where nothing senses who is inside: silence says nothing (0253)."""
UNSEEN_PACE_S = 600.0
"""Typical silence, at least, where no sensor sees who stands behind the door (docs/decisions/0113)."""
LEAVES_RESTING = 0.05
"""Chance that she leaves by a door that opens while her bed or chair stays occupied."""


class Place(StrEnum):
    """Where the residents are."""

    HOME = "home"
    LEAVING = "leaving"
    AWAY = "away"


_HOME = Place.HOME


class Occupancy:
    """State machine of one home."""

    __slots__ = (
        "_arriving",
        "_away",
        "_doubtful",
        "_doubts",
        "_first",
        "_odds",
        "_odds_at",
        "_pace_s",
        "_passage_at",
        "_stayed",
        "_sure",
        "after_long",
        "before",
        "door_at",
        "left_at",
        "out_at",
        "perhaps_home",
        "place",
        "returned",
        "since",
        "strays",
        "unsettled",
        "visitor",
        "witnesses",
    )

    def __init__(self, now: float) -> None:
        self.place = Place.HOME
        #: State before the present event.
        self.before = Place.HOME
        #: Since when the state holds.
        self.since = now
        #: When the last person may have left, or was last perhaps there; None while somebody is surely home.
        self.left_at: float | None = None
        #: Movement of the door by which the present absence, if it is one, began.
        self.out_at = 0.0
        #: Whether movement inside has been confirmed since, without a door, and yet is not believed.
        self.perhaps_home = False
        #: Last movement of a door that leads out.
        self.door_at: float | None = None
        #: Whether the door of the present event had not moved for long, as far as was heard.
        self.after_long = False
        #: Whether somebody may have been out before the present event.
        self.unsettled = False
        #: (left, back) of the outing that the present event ended; None otherwise.
        self.returned: tuple[float, float] | None = None
        self.strays = Strays()
        #: Log-odds that somebody is home at ``_odds_at``; of no meaning while ``left_at`` is None.
        self._odds, self._odds_at = MOST_DOUBTS, now
        #: Silence that counts as typical in this home, in seconds.
        self._pace_s = AWAY_AFTER_S
        #: Log-odds against presence that silence can reach here, and from which somebody is surely home.
        self._doubts, self._sure = MOST_DOUBTS, SURE
        #: Whether the last door that opened probably let somebody in.
        self._arriving = False
        #: When `AWAY` began and when somebody first showed in it; None while it has not come to that.
        self._away: float | None = None
        self._first: float | None = None
        #: Last opening that may have let somebody in.
        self._passage_at: float | None = None
        #: The last passage, where nobody had been seen near it; None once somebody showed inside or out.
        self._stayed: float | None = None
        #: (when, device) of the last movements inside since then.
        self._doubtful: list[tuple[float, int]] = []
        #: Whether somebody who was expected has come, and has not gone (docs/decisions/0309).
        self.visitor = False
        self.witnesses = Witnesses()

    @property
    def home(self) -> bool:
        """Whether somebody is taken to be home."""
        return self.place is _HOME

    def show(
        self,
        at: float,
        device: DevicePlan,
        observation: Observation,
        past: _Past,
    ) -> None:
        """Take in that a person showed.

        Parameters
        ----------
        past
            Activity before this event, and the plan of the home.
        """
        if device.exterior_door:
            self._door(at, past, opened=observation.value > 0)
        elif device.interior:
            self.witnesses.hear(at, device, observation, past[1])
            if self.left_at is not None:
                self._inside(at, device, past)
            elif self._stayed is not None and device.near_exit:
                self._told_late(at, self._stayed, past)

    def keep(self, devices: Container[int]) -> None:
        """Forget what is known of all other devices as witnesses."""
        self.witnesses.keep(devices)

    def advance(self, now: float) -> None:
        """Let time pass to ``now``."""
        if self.left_at is None:
            return
        if self.place is Place.HOME and now >= self._doubted_at():
            self.place, self.since = (Place.LEAVING if self._away is None else Place.AWAY), now
        if self.place is Place.LEAVING and now >= self._away_at():
            self.place, self.since = Place.AWAY, now
            self._away = now

    def next_due(self) -> float:
        """Return from when on `advance` changes something, if nothing is heard."""
        if self.left_at is None or self.place is Place.AWAY:
            return math.inf
        return self._doubted_at() if self.place is Place.HOME else self._away_at()

    @property
    def doubted_at(self) -> float:
        """When silence alone will have made it likelier that nobody is home; infinite where it never does."""
        waits = self.left_at is not None and self.place is _HOME
        return self._doubted_at() if waits else math.inf

    def _doubted_at(self) -> float:
        """Return when silence will have lowered the odds to even; who rests is silent."""
        heard = max([self._odds_at, *self.witnesses.resting()])
        return heard + self._pace_s * math.expm1(max(self._odds, 0.0) / TAIL)

    def _away_at(self) -> float:
        return max(self.door_at or 0.0, self._odds_at) + AWAY_AFTER_S

    def _odds_now(self, at: float) -> float:
        rests = self._odds > 0.0 and self.witnesses.rests(at)
        quiet = 0.0 if rests else max(at - self._odds_at, 0.0)
        return max(self._odds - TAIL * math.log1p(quiet / self._pace_s), LEAST)

    def _door(self, at: float, past: _Past, *, opened: bool) -> None:
        last = self.door_at
        self.after_long = last is None or at - last > STOOD_OPEN_S
        if last is not None and at < last:
            return
        self.door_at = at
        again = SAME_PASSAGE_S if self.left_at is not None or not opened else SWINGS_S
        if last is not None and at - last <= again:
            return
        activity, plan = past
        self.witnesses.meet_door()
        self._stayed = None
        leaves = self._leaves(at, activity, plan)
        self.witnesses.pass_door(at, activity)
        if leaves is not None:
            self._pass(at, leaves, past, shut=not opened and not self.after_long)

    def _told_late(self, at: float, passed: float, past: _Past) -> None:
        """Judge the last passage anew where a word that comes late tells that somebody stood at the door."""
        shown = past[0].interior_at
        if shown is not None and shown > passed + DOORSTEP_S:
            self._stayed = None
        elif 0.0 <= passed - at <= self.witnesses.within_s:
            self._stayed = None
            self._pass(passed, LEAVES, past, shut=False)

    def _pass(self, at: float, leaves: float, past: _Past, *, shut: bool) -> None:
        activity, plan = past
        home = 1.0 if self.left_at is None else 1.0 / (1.0 + math.exp(-self._odds_now(at)))
        self._gauge(activity, plan)
        dense = (self._sure - SOON_SURE) / (SURE - SOON_SURE) if shut else 0.0
        home = home * (1.0 - leaves) + (1.0 - home) * (ARRIVES + (SHUT - ARRIVES) * dense)
        self._odds, self._odds_at = math.log(home / (1.0 - home)), at
        self._passage_at, self._arriving = at, self._odds > ARRIVING
        if self.left_at is None:
            self._leave(at)
        self._settle(at, activity.per_hour(plan), seen=False)

    def _gauge(self, activity: Activity, plan: HomePlan) -> None:
        """Note how much silence and movement mean in this home now."""
        rate = activity.per_hour(plan)
        pace = 60.0 * TYPICAL_MIN / rate if plan.sensors else NOTHING_SENSED_S
        self._pace_s = pace if self.witnesses.watch_door(plan) else max(pace, UNSEEN_PACE_S)
        # sensors that are blind for minutes show fewer of them: as many as others would
        shown = rate * self.witnesses.within_s / EXIT_WITHIN_S
        dense = min(max((shown - SPARSE_PER_H) / (DENSE_PER_H - SPARSE_PER_H), 0.0), 1.0)
        self._doubts = FEWEST_DOUBTS + (MOST_DOUBTS - FEWEST_DOUBTS) * dense
        dense = max(dense, REST_SENSED) if plan.senses_rest else dense
        self._sure = SOON_SURE + (SURE - SOON_SURE) * dense

    def _leave(self, at: float) -> None:
        """Begin what may become an absence."""
        self.left_at = self.out_at = at
        self._away = self._first = None
        self._doubtful, self.perhaps_home = [], False
        self.strays.begin()

    def _leaves(self, at: float, activity: Activity, plan: HomePlan) -> float | None:
        """Return how likely somebody who is home leaves now; None if she showed inside since."""
        if activity.interior_at is not None and activity.interior_at > at + DOORSTEP_S:
            return None
        if self.witnesses.rests(at):
            return LEAVES_RESTING
        if self.left_at is not None or not self.witnesses.watch_door(plan):
            return LEAVES
        if not self.witnesses.stays(at, activity):
            return LEAVES
        self._stayed = at
        return None

    def _inside(self, at: float, device: DevicePlan, past: _Past) -> None:
        door = self.door_at or 0.0
        doorstep = device.near_exit and at <= door + DOORSTEP_S and not self._arriving
        if at <= self.out_at or doorstep:
            return
        activity, plan = past
        here = activity.per_hour(plan) / max(plan.sensors, 1)
        weight = self.strays.weight(device, here)
        if not plan.animal:
            self.stray(device)
        if self._says_nothing(device):
            return
        odds = max(self._odds_now(at), -self._doubts)
        if odds <= LEAST / 2.0 or self._first is None:
            self._first = at
        self._doubt(at, device)
        self._odds, self._odds_at = odds + weight, max(at, self._odds_at)
        self._settle(at, activity.per_hour(plan), seen=True)

    def _says_nothing(self, device: DevicePlan) -> bool:
        """Tell whether a sign adds nothing to what was heard in what may be an empty home.

        So it is with one that often speaks while nothing else does, unless a better one spoke lately; and
        with a door or an appliance that moves again while nothing else does (docs/decisions/0268).
        """
        heard = [number for _, number in self._doubtful]
        if self.witnesses.alone(device.device_id):
            return all(map(self.witnesses.alone, heard))
        again = bool(heard) and heard[-1] == device.device_id
        return again and device.placement not in PRIOR_PER_H

    def stray(self, device: DevicePlan) -> None:
        """Take in that a device fired in what may be an empty home."""
        out = self.left_at is not None and self._away is not None
        if out and self._passage_at == self.out_at and device.interior:
            self.strays.note(device.device_id)

    def _doubt(self, at: float, device: DevicePlan) -> None:
        """Count a late return from now on if this movement may be hers."""
        recent = [one for one in self._doubtful if abs(at - one[0]) <= DOUBT_S]
        self._doubtful = [*recent[1 - DOUBT_EVENTS :], (at, device.device_id)]
        several = len({number for _, number in self._doubtful}) >= DOUBT_DEVICES
        if several or len(self._doubtful) >= DOUBT_EVENTS:
            self.left_at = max(self.left_at or at, at)
            self.perhaps_home = True

    def _settle(self, at: float, per_hour: float, *, seen: bool) -> None:
        """Draw the conclusions from the odds; a door alone never makes sure."""
        if seen and self._odds >= self._sure_from():
            self._back(at, per_hour)
        elif self._odds > 0.0 and self.place is not Place.HOME:
            self.place, self.since = Place.HOME, at
        elif self._odds <= 0.0 and self.place is Place.HOME:
            self.place, self.since = (Place.LEAVING if self._away is None else Place.AWAY), at

    def _sure_from(self) -> float:
        """Return the log-odds from which somebody is surely home."""
        if self._arriving:
            return self._sure
        inside = self._away is not None and self._passage_at == self.out_at
        dense = (self._sure - SOON_SURE) / (SURE - SOON_SURE)
        return SOON_SURE + ((SURE_INSIDE if inside else SURE_STAYED) - SOON_SURE) * dense

    def _back(self, at: float, per_hour: float) -> None:
        left, away, passed = self.out_at, self._away, self._passage_at
        if away is not None:
            certain = passed is not None and passed > left
            back = passed if certain and passed is not None else self._first or at
            self.returned = (left, max(back, left))
            if certain:
                self.strays.learn(back - away, per_hour)
        if self.place is not Place.HOME:
            self.place, self.since = Place.HOME, at
        self.left_at = self._away = self._first = None

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self.place.value,
            self.since,
            self.left_at,
            self.door_at,
            [self._odds, self._odds_at, self._pace_s, self._doubts, self._sure, self._arriving],
            [self._away, self._first, self._passage_at, self.out_at],
            [self._doubtful, self.perhaps_home],
            self.strays.snapshot(),
            self.witnesses.snapshot(),
            *([] if self._stayed is None else [self._stayed]),
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Occupancy:
        """Return the occupancy as `snapshot` saw it."""
        occupancy = cls(state[1])
        occupancy.place = occupancy.before = Place(state[0])
        occupancy.left_at, occupancy.door_at = state[2:4]
        occupancy._odds, occupancy._odds_at, occupancy._pace_s = state[4][:3]
        occupancy._doubts, occupancy._sure, occupancy._arriving = state[4][3:]
        occupancy._away, occupancy._first, occupancy._passage_at, occupancy.out_at = state[5]
        occupancy._doubtful = [(at, device) for at, device in state[6][0]]
        occupancy.perhaps_home = state[6][1]
        occupancy.strays = Strays.restored(state[7])
        occupancy.witnesses = Witnesses.restored(state[8])
        occupancy._stayed = next(iter(state[9:]), None)
        return occupancy
