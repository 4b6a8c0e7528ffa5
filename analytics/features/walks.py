"""Walks from room to room, out of what the sensors of rooms see. Pure and bounded.

A walk begins when a room is left and ends in a room in which somebody stays for two minutes, in a bed or a
chair, or outside. Which rooms lie side by side, and through which people only pass, is learned from the
home's own walks (detection.md §2): a home has no map.

A sensor that is blind for a while after each movement sees some of the ways only. How long it is blind is
learned from what it says; who comes back into a room as soon as its sensor can see that, again and again,
walks rather than stays (docs/decisions/0120).
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from analytics.features.eyes import BLIND_FACTOR, FIRST_BLIND_S, LONGEST_S, seen_again
from analytics.features.walk_patterns import UNKNOWN, Pattern, Walk
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from analytics.features.plan import DevicePlan
    from core.model.observation import Observation

DEBOUNCE_S = 3.0
"""A room counts as entered once somebody has been there for so long (detection.md §2)."""
REST_S = 120.0
"""Who stays in a room for longer walks no more (detection.md §2)."""
EYES_EVERY = 16
"""After so many room changes it is looked again how long the sensors are blind: that changes over days."""
PAUSE_S = 20.0
"""Of the time in one room at most so much counts as walking (detection.md §2, both ends of pacing)."""
BACK_S = (60.0, LONGEST_S)
"""Who is back in a room within the first, or by the time its sensor sees again, walks; never beyond the
second."""
BLIND_SHARE = 1.0 / 3.0
"""Of the time for which a sensor is blind, so much counts as walking where somebody is back at once: as much
as `PAUSE_S` is of the usual minute."""
HUB_DEGREE = 3
HUB_DWELL_S = 15.0
"""A hub has so many rooms beside it, and half of all stays in it are shorter (detection.md §2)."""
STEP_S = (0.5, 30.0)
"""Shortest and longest way between the sensors of two rooms (detection.md §8)."""
NEAR_SHARE = 0.03
"""Share of the ways out of a room that must lead to another one for both to lie side by side."""
NEAR_WAYS = 20.0
"""Ways out of a room after which it is known what lies beside it."""
MOST_WAYS = 72
MOST_WALKS = 24
_KEEP = 2.0 ** (-1.0 / 28.0)
_LONGER, _SHORTER = math.exp(0.1), math.exp(-0.1)
_DIRECT = Pattern.DIRECT
_MOTION = Quantity.MOTION
_SEATS = frozenset({Quantity.BED, Quantity.CHAIR})


class Step(NamedTuple):
    """One way from the sensor of a room to that of another one."""

    start: int
    end: int
    #: Seconds between the last movement there and the first one here.
    seconds: float


class Done(NamedTuple):
    """A walk that is over."""

    start: float
    end: float
    walked_s: float
    pattern: Pattern
    moves: int


def _soon_s(blind_s: Sequence[float]) -> float:
    blind = median(blind_s) if blind_s else FIRST_BLIND_S
    return min(max(BACK_S[0], BLIND_FACTOR * blind), BACK_S[1])


def _pause_s(soon_s: float) -> float:
    return max(PAUSE_S, BLIND_SHARE / BLIND_FACTOR * soon_s)


class Walks:
    """The walks of one home."""

    __slots__ = (
        "_back",
        "_dwell",
        "_entered_at",
        "_eyes",
        "_hubs",
        "_last",
        "_out",
        "_pending",
        "_since",
        "_ways",
        "counts",
        "done",
        "entered",
        "pause_s",
        "room",
        "soon_s",
        "step",
        "today",
        "walk",
        "yesterday",
    )

    def __init__(self) -> None:
        #: Number of the room somebody was last taken to be in; 0 before the first.
        self.room = 0
        self._since = 0.0
        self._last = 0.0
        #: Room that has been seen but not for `DEBOUNCE_S`, and since when.
        self._pending: tuple[int, float] | None = None
        #: The walk under way; None while somebody rests.
        self.walk: Walk | None = None
        #: The last walks with a pattern, the latest last.
        self.done: list[Done] = []
        #: Room that the present event showed to be entered; 0 for none.
        self.entered = 0
        #: What the present event tells of walking speed; None for nothing.
        self.step: Step | None = None
        #: Room changes since the watch began.
        self.counts = 0
        #: Room changes, walks, walks with a pattern and their minutes, of today and of yesterday.
        self.today = [0, 0, 0, 0.0]
        self.yesterday = [0, 0, 0, 0.0]
        self._ways: dict[tuple[int, int], float] = {}
        #: The same by room, in the same order; None when it is to be made anew.
        self._out: dict[int, dict[int, float]] | None = None
        self._dwell: dict[int, float] = {}
        self._hubs: frozenset[int] = frozenset()
        #: When each room was last entered.
        self._entered_at: dict[int, float] = {}
        #: Whether the present room was entered again so soon that it is walking.
        self._back = False
        #: Each motion sensor's last sign, and the lower envelope of the times between two.
        self._eyes: dict[int, tuple[float, float]] = {}
        #: Seconds within which somebody who walks is seen to be back, by a middling sensor.
        self.soon_s = _soon_s([])
        #: Seconds in one room that count as walking at most: what the sensors of this home can tell.
        self.pause_s = _pause_s(self.soon_s)

    # What happens

    def show(self, at: float, device: DevicePlan, observation: Observation) -> None:
        """Take in that a person showed at ``at``, later than before."""
        room = device.room_id
        if not room or not device.interior:
            return
        if observation.quantity is _MOTION:
            seen_again(self._eyes, device.device_id, at)
        pending = self._pending
        if room == self.room and pending is None:
            self._last = at
        else:
            self._elsewhere(room, at, pending)
        if observation.quantity in _SEATS and observation.value > 0:
            self._enter_pending()
            self.rest()

    def keep(self, devices: Container[int]) -> None:
        """Forget for how long all other devices are blind."""
        self._eyes = {eye: seen for eye, seen in self._eyes.items() if eye in devices}

    def leave(self) -> None:
        """Take in that nobody is home any more."""
        self.rest()
        self.room, self._pending = 0, None

    def _elsewhere(self, room: int, at: float, pending: tuple[int, float] | None) -> None:
        # the last sign of the room that is left, seen for a moment or for long
        before, last = (self.room, self._last) if pending is None else pending
        if before and before != room and STEP_S[0] < at - last < STEP_S[1]:
            self.step = Step(before, room, at - last)
        if pending is not None and at - pending[1] >= DEBOUNCE_S:
            self._enter(*pending)
            pending = self._pending = None
        if room == self.room:
            self._pending, self._last = None, at
        elif pending is None or pending[0] != room:
            self._pending = (room, at)

    def _enter_pending(self) -> None:
        if self._pending is not None:
            self._enter(*self._pending)
            self._pending = None

    def _enter(self, room: int, at: float) -> None:
        before, stayed = self.room, at - self._since
        self.room, self._since, self._last = room, at, at
        if not before:
            return
        self._learn(before, room, stayed)
        self.entered = room
        self.counts += 1
        self.today[0] += 1
        if self.counts % EYES_EVERY == 0:
            self.soon_s = _soon_s([blind for _, blind in self._eyes.values()])
            self.pause_s = _pause_s(self.soon_s)
        soon_s = self.soon_s
        if stayed > max(REST_S, soon_s) or self.walk is None:
            self.rest()
            self.walk = Walk(before, at, self.passed)
        walked = min(stayed, self.pause_s) if self._back else 0.0
        self._back = at - self._entered_at.get(room, -math.inf) <= soon_s
        self._entered_at[room] = at
        if not self.near(before, room):
            self.walk.enter(UNKNOWN, at, 0.0)
        self.walk.enter(room, at, walked)

    def rest(self) -> None:
        """Take in that somebody rests: a walk under way is over."""
        walk, self.walk = self.walk, None
        if walk is None:
            return
        self.today[1] += 1
        pattern = walk.pattern
        if pattern is _DIRECT:
            return
        one = Done(walk.start, walk.last_at, walk.walked_s, pattern, walk.moves)
        self.done = [*self.done[-MOST_WALKS + 1 :], one]
        self.today[2] += 1
        self.today[3] += walk.walked_s / 60.0

    # What others ask

    def restless_s(self, since: float) -> tuple[float, int]:
        """Return seconds walked in patterns since a moment, and in how many walks."""
        total, count = 0.0, 0
        for one in reversed(self.done):
            if one.end <= since:
                break
            share = min(1.0, (one.end - since) / max(one.end - one.start, 1.0))
            total, count = total + share * one.walked_s, count + 1
        walk = self.walk
        if walk is not None and walk.last_at > since and not walk.direct:
            share = min(1.0, (walk.last_at - since) / max(walk.last_at - walk.start, 1.0))
            total, count = total + share * walk.walked_s, count + 1
        return total, count

    def restless_from(self, since: float) -> float:
        """Return when the first walk in a pattern began that lasted beyond ``since``."""
        first = next((one.start for one in self.done if one.end > since), None)
        if first is not None:
            return first
        return self.walk.start if self.walk is not None else since

    @property
    def last_restless_at(self) -> float:
        """When a room was last entered on a walk in a pattern, in seconds."""
        if self.walk is not None and not self.walk.direct:
            return self.walk.last_at
        return self.done[-1].end if self.done else -math.inf

    def passed(self, room: int) -> bool:
        """Whether people only pass through a room."""
        return room in self._hubs

    def near(self, one: int, other: int) -> bool:
        """Whether two rooms lie side by side, as far as the home's own ways tell."""
        return self._beside(one, other) or self._beside(other, one)

    def _beside(self, one: int, other: int) -> bool:
        ways = self._ways_out().get(one)
        if ways is None:
            return True
        total = sum(ways.values())
        return total < NEAR_WAYS or ways.get(other, 0.0) >= NEAR_SHARE * total

    def _ways_out(self) -> dict[int, dict[int, float]]:
        out = self._out
        if out is None:
            out = self._out = {}
            for (start, end), count in self._ways.items():
                out.setdefault(start, {})[end] = count
        return out

    # Learning

    def _learn(self, before: int, room: int, stayed: float) -> None:
        ways, key = self._ways, (before, room)
        count = ways[key] = ways.get(key, 0.0) + 1.0
        if self._out is not None:
            self._out.setdefault(before, {})[room] = count
        if len(ways) > MOST_WAYS:
            del ways[min(ways, key=lambda one: (ways[one], one))]
            self._out = None
        half = self._dwell.get(before, 2 * HUB_DWELL_S)
        self._dwell[before] = half * (_LONGER if stayed > half else _SHORTER)

    def close_day(self) -> None:
        """Let old ways fade; find the hubs anew."""
        self.yesterday, self.today = self.today, [0, 0, 0, 0.0]
        faded = ((way, count * _KEEP) for way, count in self._ways.items())
        self._ways = {way: count for way, count in faded if count >= 0.1}  # noqa: PLR2004
        self._out = None
        rooms = {room for way in self._ways for room in way}
        self._dwell = {room: dwell for room, dwell in self._dwell.items() if room in rooms}
        self._entered_at = {room: at for room, at in self._entered_at.items() if room in rooms}
        self._hubs = frozenset(room for room in rooms if self._is_hub(room, rooms))

    def _is_hub(self, room: int, rooms: set[int]) -> bool:
        if self._dwell.get(room, math.inf) >= HUB_DWELL_S:
            return False
        total = sum(count for (start, _), count in self._ways.items() if start == room)
        if total < NEAR_WAYS:
            return False
        beside = sum(
            self._ways.get((room, other), 0.0) >= NEAR_SHARE * total
            for other in rooms
            if other != room
        )
        return beside >= HUB_DEGREE

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "room": [self.room, self._since, self._last],
            "pending": self._pending,
            "walk": self.walk.snapshot() if self.walk is not None else None,
            "done": [[*one[:3], one.pattern.value, one.moves] for one in self.done],
            "counts": self.counts,
            "days": [self.today, self.yesterday],
            "ways": [[*way, count] for way, count in self._ways.items()],
            "dwell": list(self._dwell.items()),
            "hubs": sorted(self._hubs),
            "back": [self._back, list(self._entered_at.items())],
            "eyes": [[eye, *known] for eye, known in self._eyes.items()],
            "soon": self.soon_s,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Walks:
        """Return the walks as `snapshot` saw them."""
        walks = cls()
        walks.room, walks._since, walks._last = state["room"]
        pending = state["pending"]
        walks._pending = None if pending is None else (pending[0], pending[1])
        if state["walk"] is not None:
            walks.walk = Walk.restored(state["walk"], walks.passed)
        walks.done = [
            Done(start, end, walked, Pattern(pattern), moves)
            for start, end, walked, pattern, moves in state["done"]
        ]
        walks.counts = state["counts"]
        walks.today, walks.yesterday = (list(one) for one in state["days"])
        walks._ways = {(one, other): count for one, other, count in state["ways"]}
        walks._dwell = dict(state["dwell"])
        walks._hubs = frozenset(state["hubs"])
        walks._back, entered = state["back"]
        walks._entered_at = dict(entered)
        walks._eyes = {eye: (last, blind) for eye, last, blind in state["eyes"]}
        walks.soon_s = state["soon"]
        walks.pause_s = _pause_s(walks.soon_s)
        return walks
