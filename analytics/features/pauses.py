"""How long people of one home stay still, by hour and room; and when stillness is worth a call. Pure.

Only pauses of 20 min and more are kept, each with its day, hour, room and length; beside them how many
hours were spent at home with the last movement in each room at each hour. From both follows how often a
pause in a context like this one outlasts a limit, per hour at home in it.

The limit is chosen by what a false alarm is worth (docs/decisions/0110). Movement in a context x ends
``E(x)`` hours of exposure, and a limit θ there costs θ hours of delay if somebody stays down, and
``R(θ|x)`` false alarms an hour. Over all contexts the mean delay at a given rate of false alarms is least
where each θ minimises ``price · R(θ|x) + θ`` with one price: the contexts in which delay is cheap to buy
get it (Neyman-Pearson).

References
----------
detection.md §1; Efron 1967, Proc. 5th Berkeley Symposium 4:831 (pauses cut short by blindness).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from analytics.features.limits import HALF_LIFE_DAYS, Evidence, Prior, best_limit_s, exceedance
from analytics.features.localtime import HOUR_S
from analytics.features.plan import Zone
from analytics.features.rests import AT_MOST_S
from analytics.features.sightings import Sightings

if TYPE_CHECKING:
    from analytics.features.coverage import Coverage
    from analytics.features.localtime import LocalTime
    from analytics.features.plan import DevicePlan, HomePlan

SHORTEST_S = 1200.0
LONGEST_S = 16 * HOUR_S
"""Longer ones are an absence or an outage that nobody saw (detection.md §1)."""
SETTLE_S = 900.0
"""What comes later than this finds the pause settled (detection.md §0)."""
NIGHT_WORTH = 1.0 / 3.0
"""What an hour of delay between 22 and 07 h counts beside one by day."""
UNSEEN_S = 30.0
"""If who leaves the place of the last movement spends so long where nobody is seen, on average, silence may
be a stay there. A passage that is not seen hides nobody, nor does a room into which hardly anybody
gets from there (docs/decisions/0293)."""
ROOMS = 12
"""Contexts by room; what is beyond shares the last one."""
KEPT = 640
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_HOURS = 24
_WAKING_H = (7, 22)
_ZONES = {zone.value: zone for zone in Zone}


class Pauses:
    """Long pauses and the time at home of one home."""

    __slots__ = (
        "_bed",
        "_bed_id",
        "_bed_since",
        "_context",
        "_contexts",
        "_day",
        "_exposure",
        "_from",
        "_hour",
        "_hour_ends",
        "_last",
        "_length",
        "_numbers",
        "_pending",
        "_room",
        "_row",
        "_seen_by",
        "_sightings",
        "days",
        "zone",
    )

    def __init__(self) -> None:
        #: Known (room, zone), in order of first sight.
        self._contexts: list[tuple[int, str]] = []
        #: Number of each of them.
        self._numbers: dict[tuple[int, str], int] = {}
        #: Weighted hours at home by context and hour of the day, decayed.
        self._exposure = array("f", bytes(4 * ROOMS * _HOURS))
        #: Day, local hour, length in hours (below 0: at least so long) and context of each pause.
        self._day, self._hour = array("H"), array("f")
        self._length, self._room = array("f"), array("B")
        #: Pauses that late data may still cut: [start, end, context].
        self._pending: list[tuple[float, float, int]] = []
        self._last: float | None = None
        #: Bed that is occupied, as (room, zone): then whatever fires alone elsewhere, she is in it.
        self._bed: tuple[int, str] | None = None
        #: Since when, and by which device.
        self._bed_since, self._bed_id = 0.0, 0
        #: Since when the time of the present context is not yet counted, and where it belongs.
        self._from, self._hour_ends = 0.0, 0.0
        self._context, self._row = 0, 0
        #: Device whose further signs in the same hour change nothing; None when not known.
        self._seen_by: DevicePlan | None = None
        self._sightings = Sightings(ROOMS)
        #: Class of the place of the last movement; that of the bed while it is occupied.
        self.zone = Zone.OTHER
        #: Effective days that the counts stand for.
        self.days = 0.0

    @property
    def in_bed(self) -> bool:
        """Whether a bed says that it is occupied."""
        return self._bed is not None

    @property
    def place(self) -> tuple[int, str]:
        """Room and class of the place of the last movement; a room 0 before the first."""
        return self._contexts[self._context] if self._contexts else (0, "")

    @property
    def hidden(self) -> bool:
        """Whether who was seen last may stay where nobody is seen as usual (docs/decisions/0216, 0293)."""
        seen = self._sightings
        if not seen.hidden:
            return False
        unseen = seen.unseen(self._context)
        if unseen is None:
            return True
        return sum(share * self._stay_s(place) for place, share in unseen.items()) >= UNSEEN_S

    def _stay_s(self, place: int) -> float:
        """Mean seconds, those of the night at `NIGHT_WORTH`, from showing at a place to showing elsewhere."""
        stayed = sum(self._exposure[place * _HOURS : (place + 1) * _HOURS]) * HOUR_S
        return stayed / max(self._sightings.arrivals(place), 1.0)

    def lie(self, at: float, device: DevicePlan, *, occupied: bool) -> None:
        """Take in that a bed was occupied or left, before `show`."""
        self._bed = device.context if occupied else None
        self._bed_since, self._bed_id = at, device.device_id
        self._seen_by = None

    def refit(self, before: HomePlan, after: HomePlan) -> None:
        """Take in that devices came, went or were moved.

        A place that is seen by fewer than before is not hidden because it is seen less: how often it is
        visited is learned anew. A bed whose sensor has gone is not occupied for ever.
        """
        present = _seers(after)
        for context, known in _seers(before).items():
            now = present.get(context, frozenset())
            number = self._numbers.get(context)
            if number is not None and known - now and not now - known:
                self._sightings.forget(number)
        for context, number in self._numbers.items():
            if context not in present:
                self._sightings.forget(number)
        self._make_room([one for one in present if one not in self._numbers], set(present))
        beds = (one for one in after.devices if one.context == self._bed)
        if not any(self._bed_id in (0, one.device_id) for one in beds):
            self._bed = self._seen_by = None

    def _make_room(self, new: list[tuple[int, str]], present: set[tuple[int, str]]) -> None:
        """Give new places the numbers of those that are gone, where there are no others left."""
        gone = [one for one in self._contexts if one not in present]
        spare = [self._numbers[one] for one in gone if self._numbers[one] != self._context]
        for context, number in zip(new[ROOMS - len(self._contexts) :], spare, strict=False):
            del self._numbers[self._contexts[number]]
            self._contexts[number], self._numbers[context] = context, number
            self._exposure[number * _HOURS : (number + 1) * _HOURS] = array("f", bytes(4 * _HOURS))
            self._pending = [one for one in self._pending if one[2] != number]
            kept = [place for place, one in enumerate(self._room) if one != number]
            self._day, self._room = (
                array(column.typecode, [column[place] for place in kept])
                for column in (self._day, self._room)
            )
            self._hour, self._length = (
                array(column.typecode, [column[place] for place in kept])
                for column in (self._hour, self._length)
            )

    def show(
        self,
        at: float,
        device: DevicePlan,
        local: LocalTime,
        coverage: Coverage,
        now: float,
        *,
        stayed: bool,
    ) -> None:
        """Take in that a person showed.

        Parameters
        ----------
        stayed
            Whether somebody was taken to be home, alone, until now.
        """
        last = self._last
        if last is None:
            self._last = at
            self._begin(at, device, local, stayed=stayed)
            return
        if at < last:
            self._late(at, device)
            return
        self._last = at
        if self._bed is not None and at - self._bed_since > AT_MOST_S:
            self._doubt_bed(device)
        brief = at - last < SHORTEST_S
        if device is self._seen_by and brief and stayed and at < self._hour_ends:
            return
        if not brief:
            self._long(last, at, local, coverage, now, stayed=stayed)
        elif (
            stayed
            and at < self._hour_ends
            and self._contexts[self._context] == (self._bed or device.context)
        ):
            self._seen_by = device
            return
        elif stayed:
            self._exposure[self._row] += (at - self._from) / HOUR_S * self._worth()
        self._begin(at, device, local, stayed=stayed)

    def close_day(self) -> None:
        """Let what is known fade by one day."""
        self._exposure = array("f", [hours * _KEEP for hours in self._exposure])
        self._sightings.fade(_KEEP)
        self.days = self.days * _KEEP + 1.0

    def _doubt_bed(self, device: DevicePlan) -> None:
        """Believe no more in a bed that has been occupied for too long once somebody shows elsewhere."""
        if device.context != self._bed:
            self._bed = self._seen_by = None

    def _worth(self) -> float:
        return 1.0 if _WAKING_H[0] <= self._row % _HOURS < _WAKING_H[1] else NIGHT_WORTH

    def _begin(self, at: float, device: DevicePlan, local: LocalTime, *, stayed: bool) -> None:
        hour = local.hour(at)
        self._from, self._hour_ends = at, at + (1.0 - hour % 1.0) * HOUR_S
        self._context = self._number(device)
        self._row = self._context * _HOURS + int(hour)
        self.zone, self._seen_by = _ZONES[self._contexts[self._context][1]], None
        if stayed:
            self._sightings.visit(at, self._context, hour)

    def _number(self, device: DevicePlan) -> int:
        key = self._bed or device.context
        number = self._numbers.get(key)
        if number is not None:
            return number
        if len(self._contexts) < ROOMS:
            self._numbers[key] = len(self._contexts)
            self._contexts.append(key)
        return len(self._contexts) - 1

    def _late(self, at: float, device: DevicePlan) -> None:
        for place, (start, end, context) in enumerate(self._pending):
            if start < at < end:
                halves = (start, at, context), (at, end, self._number(device))
                self._pending[place : place + 1] = halves
                return

    def _long(
        self,
        start: float,
        end: float,
        local: LocalTime,
        coverage: Coverage,
        now: float,
        *,
        stayed: bool,
    ) -> None:
        self._settle(now, local, coverage)
        if not stayed or end - start >= LONGEST_S:
            if stayed:
                self._exposure[self._row] += (start - self._from) / HOUR_S * self._worth()
            return
        waking = local.waking_s(self._from, end)
        worth = waking + (end - self._from - waking) * NIGHT_WORTH
        self._exposure[self._row] += worth / HOUR_S
        self._pending.append((start, end, self._context))

    def _settle(self, now: float, local: LocalTime, coverage: Coverage) -> None:
        while self._pending and self._pending[0][1] <= now - SETTLE_S:
            start, end, context = self._pending.pop(0)
            seen = coverage.first_blind(start, end)
            length = (end - start) if seen is None else start - seen
            if abs(length) < SHORTEST_S:
                continue
            if len(self._day) >= KEPT:
                for column in (self._day, self._hour, self._length, self._room):
                    del column[0]
            self._day.append(local.day(start))
            self._hour.append(local.hour(start))
            self._length.append(length / HOUR_S)
            self._room.append(context)

    # What follows from it

    def limit_s(
        self, local: LocalTime, prior: Prior, price: float, bounds: tuple[float, float]
    ) -> float:
        """Return the stillness in seconds after the last movement that is worth a call.

        Parameters
        ----------
        price
            Hours of delay, spent in every hour at home, that one false alarm an hour is worth: h².
        bounds
            Floor and cap in seconds.
        """
        if self._last is None:
            return bounds[1]
        worth = 1.0 if local.is_waking(self._last) else NIGHT_WORTH
        return best_limit_s(self._evidence(self._last, local), prior, worth, price, bounds)

    def per_day(self, local: LocalTime, prior: Prior, still_s: float) -> float:
        """Return how many pauses a day, in contexts like the present one, outlast ``still_s``."""
        evidence = self._evidence(self._last or 0.0, local)
        return exceedance(evidence, prior, self.days, still_s)

    def _evidence(self, at: float, local: LocalTime) -> Evidence:
        return Evidence(
            day=local.day(at),
            hour=local.hour(at),
            context=self._context,
            days=self._day,
            hours=self._hour,
            lengths=self._length,
            contexts=self._room,
            exposure=self._exposure,
        )

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        columns = (self._exposure, self._day, self._hour, self._length, self._room)
        return [
            [list(one) for one in self._contexts],
            [column.tobytes() for column in columns],
            [list(one) for one in self._pending],
            self._last,
            [self._from, self._hour_ends, self._context, self._row],
            self.days,
            None if self._bed is None else list(self._bed),
            self._sightings.snapshot(),
            [self._bed_since, self._bed_id],
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Pauses:
        """Return the pauses as `snapshot` saw them."""
        pauses = cls()
        pauses._contexts = [(room, zone) for room, zone in state[0]]
        pauses._numbers = {key: number for number, key in enumerate(pauses._contexts)}
        pauses._exposure = array("f", state[1][0])
        pauses._day, pauses._hour = array("H", state[1][1]), array("f", state[1][2])
        pauses._length, pauses._room = array("f", state[1][3]), array("B", state[1][4])
        pauses._pending = [(start, end, context) for start, end, context in state[2]]
        pauses._last = state[3]
        pauses._from, pauses._hour_ends, pauses._context, pauses._row = state[4]
        if pauses._contexts:
            pauses.zone = Zone(pauses._contexts[pauses._context][1])
        pauses.days = state[5]
        pauses._bed = None if state[6] is None else (state[6][0], state[6][1])
        pauses._sightings = Sightings.restored(state[7])
        # before 0253 it was not kept
        of_bed = state[8] if len(state) > 8 else (pauses._last or 0.0, 0)  # noqa: PLR2004
        pauses._bed_since, pauses._bed_id = of_bed
        return pauses


def _seers(home: HomePlan) -> dict[tuple[int, str], frozenset[int]]:
    """Return the devices by which each place is seen."""
    found: dict[tuple[int, str], frozenset[int]] = {}
    for device in home.devices:
        found[device.context] = found.get(device.context, frozenset()) | {device.device_id}
    return found
