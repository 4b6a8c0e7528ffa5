"""Going from room to room: what can be seen on the way, and the doors gone through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensors.simulator.behaviour import IN_BED, OUTSIDE, Activity, Stay
from sensors.simulator.layouts import Layout
from sensors.simulator.rows import Floats, Whole

LOOKS_SHARE = {"front_door": 0.15, "back_door": 0.052}
"""Share of errands near a door that leads out in which it is opened and nobody leaves, by door."""
LOOKS_AT_NIGHT = 0.15
"""Factor on it once she has gone to bed."""
SHORT_S = 1800.0
BACK_DOOR = (0.1, 0.6)
"""Share of the ways out by the back door, of long outings and of short ones."""
PACE_SPREAD = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Movements:
    """Movements in rooms, in no order."""

    at: Floats
    room: Whole

    def plus(self, other: Movements) -> Movements:
        """Return both."""
        return Movements(
            at=np.concatenate((self.at, other.at)), room=np.concatenate((self.room, other.room))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A door that leads out is opened and closed."""

    at: float
    door: int


class _Walk:
    """Collects what can be seen on the ways of one person."""

    def __init__(self, layout: Layout, rng: np.random.Generator, habits: Sequence[float]) -> None:
        self._layout = layout
        self._rng = rng
        self._exits = [layout.index[room] for _, room in layout.doors]
        factors = [*habits, 1.0, 1.0]
        self._looks = {
            layout.index[room]: LOOKS_SHARE[door] * factor
            for (door, room), factor in zip(layout.doors, factors, strict=False)
        }
        self._door = 0
        self.at: list[float] = []
        self.rooms: list[int] = []
        self.passages: list[Passage] = []

    def go(self, before: Stay, stay: Stay, pace_m_s: float, chance: float) -> None:
        """Go from one stay to the next; ``chance`` is drawn between 0 and 1."""
        if stay.room == OUTSIDE:
            short = stay.end - stay.start < SHORT_S
            self._door = int(len(self._exits) > 1 and self._rng.random() < BACK_DOOR[short])
        exit_room = self._exits[self._door]
        if before.room == OUTSIDE:
            self.passages.append(Passage(at=stay.start, door=self._door))
            self._show(stay.start + 3.0 + 2.0 * chance, exit_room)
        else:
            self._show(stay.start + chance, before.room)
        begin = exit_room if before.room == OUTSIDE else before.room
        end = exit_room if stay.room == OUTSIDE else stay.room
        arrived = stay.start
        at, rooms = self.at, self.rooms
        for room, metres in self._layout.paths[begin, end]:
            arrived = stay.start + metres / pace_m_s
            at.append(arrived)
            rooms.append(room)
        if stay.room == OUTSIDE:
            # coat and keys keep her in front of the door for a moment
            self._show(arrived + 2.0 + 2.0 * chance, exit_room)
            self.passages.append(Passage(at=arrived + 5.0 + 4.0 * chance, door=self._door))

    def _show(self, at: float, room: int) -> None:
        self.at.append(at)
        self.rooms.append(room)

    def look_out(self, stays: Sequence[Stay]) -> None:
        """Open a door now and then though nobody leaves: post, milk, a neighbour."""
        in_bed = False
        chances = self._rng.random(len(stays)).tolist()
        for one, chance in zip(stays, chances, strict=True):
            in_bed = in_bed or one.activity in IN_BED
            if one.activity is not Activity.POTTER or one.room not in self._looks:
                continue
            if chance < self._looks[one.room] * (LOOKS_AT_NIGHT if in_bed else 1.0):
                at = float(self._rng.uniform(one.start, one.end))
                self.passages.append(Passage(at=at, door=self._exits.index(one.room)))


def walking(
    stays: Sequence[Stay],
    layout: Layout,
    speed_m_s: float,
    rng: np.random.Generator,
    habits: Sequence[float] = (),
) -> tuple[Movements, list[Passage]]:
    """Return the movements of going from one stay to the next, and the doors gone through.

    ``habits`` are factors on how often she opens each door that leads out and stays.
    """
    walk = _Walk(layout, rng, habits)
    paces = (speed_m_s * np.exp(rng.normal(0.0, PACE_SPREAD, len(stays)))).tolist()
    chances = rng.random(len(stays)).tolist()
    for before, stay, pace, chance in zip(stays, stays[1:], paces, chances, strict=False):
        if before.room != stay.room:
            walk.go(before, stay, pace, chance)
    walk.look_out(stays[1:])
    seen = Movements(at=np.array(walk.at, dtype=float), room=np.array(walk.rooms, dtype=int))
    return seen, walk.passages
