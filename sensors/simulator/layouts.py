"""Floor plans: rooms, how far it is from one to the next, and where the doors lead out."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property

from core.model.home import RoomKind

_KINDS = {
    "Hall": RoomKind.HALL,
    "Landing": RoomKind.HALL,
    "Bedroom": RoomKind.BEDROOM,
    "Spare room": RoomKind.BEDROOM,
    "Bathroom": RoomKind.BATHROOM,
    "WC": RoomKind.BATHROOM,
    "Kitchen": RoomKind.KITCHEN,
    "Lounge": RoomKind.LIVING,
    "Dining room": RoomKind.LIVING,
    "Study": RoomKind.OTHER,
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Rooms as a graph; a link has the metres from the middle of one room to that of the next."""

    name: str
    rooms: tuple[str, ...]
    links: tuple[tuple[str, str, float], ...]
    #: Door and the room it leads out of; the first one is used most.
    doors: tuple[tuple[str, str], ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each room."""
        return {room: number for number, room in enumerate(self.rooms)}

    @cached_property
    def exits(self) -> frozenset[str]:
        """Rooms with a door that leads out."""
        return frozenset(room for _, room in self.doors)

    @cached_property
    def near(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """For each room its neighbours with their distance in metres."""
        found: list[list[tuple[int, float]]] = [[] for _ in self.rooms]
        for first, second, metres in self.links:
            one, other = self.index[first], self.index[second]
            found[one].append((other, metres))
            found[other].append((one, metres))
        return tuple(tuple(links) for links in found)

    @cached_property
    def paths(self) -> dict[tuple[int, int], tuple[tuple[int, float], ...]]:
        """Shortest way between two rooms: each room entered, with the metres walked until then."""
        return {
            (start, end): way
            for start in range(len(self.rooms))
            for end, way in self._ways(start).items()
        }

    @cached_property
    def metres(self) -> tuple[tuple[float, ...], ...]:
        """How far it is from each room to each other."""
        rooms = range(len(self.rooms))
        return tuple(
            tuple(way[-1][1] if (way := self.paths[one, other]) else 0.0 for other in rooms)
            for one in rooms
        )

    def kind(self, room: str) -> RoomKind:
        """Return what a room is for."""
        return _KINDS[room]

    def _ways(self, start: int) -> dict[int, tuple[tuple[int, float], ...]]:
        ways: dict[int, tuple[tuple[int, float], ...]] = {}
        queue: list[tuple[float, int, tuple[tuple[int, float], ...]]] = [(0.0, start, ())]
        while queue:
            walked, room, way = heapq.heappop(queue)
            if room in ways:
                continue
            ways[room] = way
            for other, metres in self.near[room]:
                if other not in ways:
                    further = walked + metres
                    heapq.heappush(queue, (further, other, (*way, (other, further))))
        return ways


def _hub(rooms: tuple[str, ...], metres: float) -> tuple[tuple[str, str, float], ...]:
    return tuple(("Hall", room, metres + 0.5 * (number % 3)) for number, room in enumerate(rooms))


_FRONT = (("front_door", "Hall"),)
_FRONT_AND_BACK = (*_FRONT, ("back_door", "Kitchen"))
_FIVE = ("Hall", "Bedroom", "Bathroom", "Kitchen", "Lounge")

STANDARD = Layout(name="standard", rooms=_FIVE, links=_hub(_FIVE[1:], 4.0), doors=_FRONT)
"""Five rooms off one hall: the home of the demo."""
LAYOUTS = (
    STANDARD,
    Layout(
        name="flat",
        rooms=_FIVE,
        links=(
            ("Hall", "Lounge", 4.0),
            ("Lounge", "Kitchen", 3.5),
            ("Lounge", "Bedroom", 4.5),
            ("Hall", "Bathroom", 3.0),
            ("Bedroom", "Bathroom", 3.5),
        ),
        doors=_FRONT,
    ),
    Layout(
        name="bungalow",
        rooms=(*_FIVE, "Spare room", "WC"),
        links=_hub(("Bedroom", "Bathroom", "Kitchen", "Lounge", "Spare room", "WC"), 4.0),
        doors=_FRONT_AND_BACK,
    ),
    Layout(
        name="terrace",
        rooms=(*_FIVE, "Landing"),
        links=(
            ("Hall", "Lounge", 3.5),
            ("Lounge", "Kitchen", 4.0),
            ("Hall", "Landing", 5.0),
            ("Landing", "Bedroom", 3.0),
            ("Landing", "Bathroom", 2.5),
        ),
        doors=_FRONT_AND_BACK,
    ),
    Layout(
        name="house",
        rooms=(*_FIVE, "Landing", "Dining room", "Spare room", "WC"),
        links=(
            ("Hall", "Lounge", 4.0),
            ("Hall", "Dining room", 4.5),
            ("Lounge", "Dining room", 4.0),
            ("Dining room", "Kitchen", 3.5),
            ("Hall", "Kitchen", 5.0),
            ("Hall", "WC", 2.5),
            ("Hall", "Landing", 5.0),
            ("Landing", "Bedroom", 3.0),
            ("Landing", "Bathroom", 2.5),
            ("Landing", "Spare room", 3.5),
        ),
        doors=_FRONT_AND_BACK,
    ),
    Layout(
        name="cottage",
        rooms=(*_FIVE, "Study"),
        links=(
            ("Hall", "Kitchen", 4.0),
            ("Kitchen", "Lounge", 4.0),
            ("Lounge", "Study", 3.5),
            ("Study", "Bedroom", 3.5),
            ("Bedroom", "Bathroom", 3.0),
            ("Hall", "Lounge", 4.5),
        ),
        doors=_FRONT_AND_BACK,
    ),
)
EYES_OF_TIHM = Layout(
    name="tihm",
    rooms=_FIVE,
    links=(
        *_hub(_FIVE[1:], 4.0),
        ("Kitchen", "Lounge", 4.0),
        ("Bedroom", "Bathroom", 3.5),
    ),
    doors=_FRONT_AND_BACK,
)
"""Five rooms and two doors: what the TIHM study could see of a home."""
