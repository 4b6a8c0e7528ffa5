"""A home over a span of time: behaviour, company, sensing, faults and episodes put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np

from core.model.observation import Observation
from sensors.simulator import (
    belongings,
    company,
    enacting,
    faults,
    homes,
    outdoors,
    sensing,
    wearing,
)
from sensors.simulator.behaviour import Activity, Clock, Day, Stay, rising
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import REAL, Circumstances
from sensors.simulator.gateway_clocks import GatewayClocks
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.people import mood
from sensors.simulator.rows import Floats, Rows, observations, positions, together
from sensors.simulator.walking import Movements, Passage, walking

_ASTRAY = frozenset({Kind.LOST, Kind.DOOR_AT_NIGHT})
_FAINT_S = 1500.0
"""Mean time between the movements of somebody who lies but can stir."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One home, one span of time, what goes wrong in it; everything follows from these."""

    home: SimulatedHome
    span: tuple[datetime, datetime]
    episodes: tuple[Episode, ...] = ()
    circumstances: Circumstances = field(default=REAL)

    @cached_property
    def _clock(self) -> Clock:
        return Clock(self.home.zone)

    @cached_property
    def _known(self) -> dict[date, list[Stay]]:
        return {}

    @cached_property
    def around(self) -> outdoors.Neighbourhood:
        """Places that she goes to, and the ways there."""
        return outdoors.Neighbourhood.drawn(
            self.home.place, np.random.default_rng((self.home.seed, 4))
        )

    def observations(self) -> Iterator[Observation]:
        """Yield all observations in the order in which they are received; a day in memory."""
        devices = [device.device_id for device in self.home.household.devices]
        for batch in self.stored():
            yield from observations(self.home.home_id, batch, devices)

    def stored(self) -> Iterator[Rows]:
        """Yield them as columns, day by day, at the times that the gateway stores."""
        clocks = GatewayClocks(self.circumstances)
        for batch in self.batches():
            yield clocks.stored(batch)

    def batches(self) -> Iterator[Rows]:
        """Yield what devices say as columns, day by day, what is late with the day of its arrival."""
        start, end = (one.timestamp() for one in self.span)
        waiting: list[Rows] = []
        day = self._clock.day(start) - timedelta(days=1)
        while self._rising(day) < end:
            until = self._rising(day + timedelta(days=1))
            if until > start:
                found = together([*waiting, self._day(day)])
                found = found.only((found.received >= start) & (found.received < end))
                today = found.received < until
                yield found.only(today).in_order().tidied()
                waiting = [found.only(~today).tidied()]
            day += timedelta(days=1)
        yield together(waiting).in_order()

    def stays(self, day: date) -> list[Stay]:
        """Return what the resident does from getting up on ``day`` to getting up on the next."""
        if day not in self._known:
            for old in [one for one in self._known if abs((one - day).days) > 1]:
                del self._known[old]
            self._known[day] = self._planned(day)
        return self._known[day]

    def visits(self, day: date) -> list[tuple[float, float]]:
        """Return when somebody else comes and goes, from getting up on ``day`` to getting up on the next."""
        return self._visits(self.stays(day))

    def _rising(self, day: date) -> float:
        return rising(self.home.person, self._clock, day, self.home.seed)

    def _planned(self, day: date) -> list[Stay]:
        home = self.home
        feels = mood(home.person, day, home.seed).times(enacting.mood(self.episodes, day))
        rng = np.random.default_rng((home.seed, 3, day.toordinal()))
        life = Day(home.person, home.equipment.layout, self._clock, feels, rng)
        plan = life.stays(day, self._rising(day), self._rising(day + timedelta(days=1)))
        speed = home.person.speed_m_s * feels.speed
        return enacting.enacted(plan, self.episodes, home.equipment.layout, speed, home.seed)

    def _day(self, day: date) -> Rows:
        stays = self.stays(day)
        moves, passages = self._moves(stays, day)
        said = [self._motion(moves, day), *self._used(stays, day)]
        layout, index = self.home.equipment.layout, self.home.equipment.index
        doors = [index[door] for door, _ in layout.doors]
        said.append(sensing.doors(passages, doors, self._rng(9, day)))
        span = (stays[0].start, stays[-1].end)
        found = faults.broken(together(said), self.episodes, self.home.equipment, span)
        return faults.delivered(
            found, self.circumstances, self.home.equipment, self.home.seed, day.toordinal()
        )

    def _rng(self, layer: int, day: date) -> np.random.Generator:
        return np.random.default_rng((self.home.seed, layer, day.toordinal()))

    def _moves(self, stays: Sequence[Stay], day: date) -> tuple[Movements, list[Passage]]:
        home, layout = self.home, self.home.equipment.layout
        feels = mood(home.person, day, home.seed).times(enacting.mood(self.episodes, day))
        person, rng = home.person, self._rng(6, day)
        lively = (person.lively * feels.lively, person.lively_in_bed)
        moves = sensing.staying(stays, lively, home.sight, rng, home.view_spread)
        moves = moves.plus(self._faint(stays, day))
        # where she was when the day began
        last = self.stays(day - timedelta(days=1))[-1]
        on_foot, passages = walking(
            [last, *stays], layout, person.speed_m_s * feels.speed, self._rng(7, day), person.doors
        )
        moves = moves.plus(sensing.passing(on_foot, home.passing, self._rng(36, day)))
        for start, end in self._visits(stays):
            guest = company.guest(start, end, layout, self._rng(8, day))
            walked, doors = walking(guest, layout, 0.95, self._rng(8, day))
            rng = self._rng(24, day)
            walked = sensing.passing(walked, home.passing, self._rng(37, day))
            stayed = sensing.staying(guest, (1.0, 1.0), home.sight, rng, home.view_spread)
            moves = moves.plus(walked).plus(stayed)
            passages += doors
        return moves, passages

    def _visits(self, stays: Sequence[Stay]) -> list[tuple[float, float]]:
        asked = self.circumstances
        if not (asked.visitors or asked.carers):
            return []
        home = self.home
        found = company.visits(
            home,
            self._clock,
            (stays[0].start, stays[-1].end),
            friends=asked.visitors,
            carers=asked.carers,
        )
        away = [one for one in self.episodes if one.kind in {Kind.LONG_LIE, Kind.FALL}]
        return [
            (start, end)
            for start, end in found
            if company.at_home(stays, start, end)
            and not any(one.overlaps(start, end) for one in away)
        ]

    def _faint(self, stays: Sequence[Stay], day: date) -> Movements:
        rng = self._rng(10, day)
        at: list[float] = []
        rooms: list[int] = []
        for one in self.episodes:
            if one.how != "faint" or not one.overlaps(stays[0].start, stays[-1].end):
                continue
            here = next((stay for stay in stays if stay.activity is Activity.LIE), None)
            if here is not None:
                count = int(rng.poisson((here.end - here.start) / _FAINT_S))
                at += rng.uniform(here.start, here.end, count).tolist()
                rooms += [here.room] * count
        return Movements(at=np.array(at, dtype=float), room=np.array(rooms, dtype=int))

    def _motion(self, moves: Movements, day: date) -> Rows:
        home, layout = self.home, self.home.equipment.layout
        start, end = self._rising(day), self._rising(day + timedelta(days=1))
        per_hour = self.circumstances.phantoms_per_hour
        moves = moves.plus(sensing.phantoms(per_hour, layout, start, end, self._rng(11, day)))
        per_hour = home.pet_per_hour if self.circumstances.pets else 0.0
        if self.circumstances.pet_everywhere:
            per_hour = max(home.pet_per_hour, 1.5)
        if per_hour:
            moves = moves.plus(company.pet(per_hour, layout, start, end, self._rng(12, day)))
        index = home.equipment.index
        eyes = [
            (number, index[homes.motion_sensor(room)], home.eye(number))
            for number, room in enumerate(layout.rooms)
        ]
        return sensing.motion(moves, eyes, self._rng(14, day))

    def _used(self, stays: Sequence[Stay], day: date) -> Iterator[Rows]:
        equipment, index = self.home.equipment, self.home.equipment.index
        start, end = stays[0].start, stays[-1].end
        yield belongings.reports(equipment, start, end, self.home.seed)
        if equipment.has(homes.BED):
            yield belongings.bed(stays, index[homes.BED], self._rng(15, day))
        if equipment.has(homes.FRIDGE):
            yield belongings.fridge(stays, index[homes.FRIDGE], self._rng(16, day))
        if equipment.has(homes.STOVE):
            rng = self._rng(21, day)
            yield belongings.stove(stays, self.episodes, index[homes.STOVE], rng)
        if equipment.has(homes.WATCH):
            rng, moves = self._rng(22, day), self._rng(26, day)
            yield wearing.watch(stays, self.episodes, index[homes.WATCH], rng, moves)
        if equipment.has(homes.PENDANT):
            yield belongings.pendant(self.episodes, index[homes.PENDANT], start, end)
        if equipment.has(homes.TRACKER):
            yield from self._tracked(stays, index[homes.TRACKER], day)

    def _tracked(self, stays: Sequence[Stay], device: int, day: date) -> Iterator[Rows]:
        there, rng = self.around, self._rng(23, day)
        start, end = stays[0].start, stays[-1].end
        at = outdoors.times(start, end, outdoors.HOME_FIX_S, rng)
        out = [one for one in stays if one.activity is Activity.OUT]
        inside = np.array(
            [not any(one.start <= when < one.end for one in out) for when in at], bool
        )
        home = np.zeros((int(inside.sum()), 2))
        yield positions(device, at[inside], outdoors.fixes(there, home, rng, indoors=True))
        for one in out:
            at = outdoors.times(one.start, one.end, outdoors.FIX_S, rng)
            true = self._gone(one, at, rng)
            yield positions(device, at, outdoors.fixes(there, true, rng, indoors=False))

    def _gone(self, out: Stay, at: Floats, rng: np.random.Generator) -> Floats:
        lost = [one for one in self.episodes if one.kind in _ASTRAY]
        astray = next((one for one in lost if one.overlaps(out.start, out.end)), None)
        if astray is None:
            return outdoors.outing(self.around, at, out.start, out.end, rng)
        left = max(astray.onset_s - out.start, 0.0) if astray.kind is Kind.LOST else None
        return outdoors.astray(self.around, at, (out.start, out.end), rng, left)


def recorded(
    home: SimulatedHome, span: tuple[datetime, datetime], episodes: Sequence[Episode] = ()
) -> Iterator[Observation]:
    """Yield the observations of a home as the engine takes them."""
    return Recording(home=home, span=span, episodes=tuple(episodes)).observations()
