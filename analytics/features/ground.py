"""Ground that a person knows: home, places where she stays, ways that she has walked. Pure and bounded.

Nothing is registered; all of it is learned from fixes. Home is where fixes gather while sensors inside say
that somebody moves, and at night. Ways are cells of a grid, counted once an outing, with the directions in
which they were walked: who crosses a known way is not on it.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analytics.features.fixes import Fix

CELL_M = 40.0
"""Side of a cell: as long as a geohash of 8 letters, and wide enough for a street with σ = 10 m."""
MOST_CELLS = 1024
"""41 km of ways; detection.md §3 allows 4,096, which would not fit a home's 64 kB (decision 0118)."""
VISIT = 16
"""A visit in the units in which cells count."""
KNOWN_VISITS = 2
"""Outings, decayed, from which a cell is known (detection.md §3)."""
AXES = 8
"""Directions, both ways alike, of 22.5° each; a known one and its neighbours count as known."""
_KNOWN_FROM = KNOWN_VISITS * VISIT - VISIT // 2
_MOST_COUNT = 0xFFFF
_AXES_FROM = 16
#: Bits of each direction and its neighbours.
_NEAR = tuple(
    (1 << way | 1 << (way + 1) % AXES | 1 << (way - 1) % AXES) << _AXES_FROM for way in range(AXES)
)
_KEPT = (253, 256)
"""A day's share of a count: half in 59 days."""
_HALF_LIFE_DAYS = 56.0
_KEEP = 2.0 ** (-1.0 / _HALF_LIFE_DAYS)

_PACKED_BYTES = 7

SAME_PLACE_M = 100.0
MOST_PLACES = 16
KNOWN_PLACE_VISITS = 1.5
"""Stays, decayed, from which a place is an anchor."""
_FORGOTTEN = 0.1

MOST_HOMES = 4
HOME_FROM = 3.0
"""Hours with a fix that say *home*, before a place is taken to be it."""
HOME_LEAD = 1.5
"""And so many times the hours of the next one."""
_HOME_CAP = 300.0


class Ground:
    """What one household has shown of its neighbourhood."""

    __slots__ = ("_cells", "_homes", "home", "places")

    def __init__(self) -> None:
        #: Count, and from bit 16 on the directions, of each cell.
        self._cells: dict[int, int] = {}
        #: [east, north, hours, last hour] of places that may be home.
        self._homes: list[list[float]] = []
        #: Metres east and north of home; None until it is learned.
        self.home: tuple[float, float] | None = None
        #: [east, north, stays] of other places.
        self.places: list[list[float]] = []

    # Home

    def dwell(self, fix: Fix) -> None:
        """Take in a fix at a moment at which she is taken to be home."""
        hour = fix.at // 3600.0
        near = next((one for one in self._homes if fix.distance(*one[:2]) <= SAME_PLACE_M), None)
        if near is None:
            if len(self._homes) == MOST_HOMES:
                self._homes.remove(min(self._homes, key=lambda one: one[2]))
            self._homes.append([fix.east, fix.north, 1.0, hour])
        elif hour != near[3]:
            pull = 1.0 / (near[2] + 1.0)
            near[0] += (fix.east - near[0]) * pull
            near[1] += (fix.north - near[1]) * pull
            near[2], near[3] = min(near[2] + 1.0, _HOME_CAP), hour
        self._choose_home()

    def _choose_home(self) -> None:
        ranked = sorted(self._homes, key=lambda one: -one[2])
        next_best = ranked[1][2] if len(ranked) > 1 else 0.0
        if ranked and ranked[0][2] >= max(HOME_FROM, HOME_LEAD * next_best):
            self.home = (ranked[0][0], ranked[0][1])

    # Places and ways

    def stay(self, east: float, north: float) -> None:
        """Learn that she stayed somewhere for a while."""
        for one in self.places:
            if math.hypot(one[0] - east, one[1] - north) <= SAME_PLACE_M:
                one[0] += (east - one[0]) / (one[2] + 1.0)
                one[1] += (north - one[1]) / (one[2] + 1.0)
                one[2] += 1.0
                return
        if len(self.places) == MOST_PLACES:
            self.places.remove(min(self.places, key=lambda one: one[2]))
        self.places.append([east, north, 1.0])

    def anchors(self) -> Iterator[tuple[float, float]]:
        """Yield home and the places she knows."""
        if self.home is not None:
            yield self.home
        for east, north, stays in self.places:
            if stays >= KNOWN_PLACE_VISITS:
                yield east, north

    def learn(self, cells: Mapping[int, int]) -> None:
        """Count the cells of an outing that is over, with their directions as bits."""
        for cell, axes in cells.items():
            before = self._cells.get(cell, 0)
            count = min((before & _MOST_COUNT) + VISIT, _MOST_COUNT)
            self._cells[cell] = count | (before >> _AXES_FROM | axes) << _AXES_FROM
        if len(self._cells) > MOST_CELLS:
            kept = sorted(self._cells.items(), key=lambda one: (-(one[1] & _MOST_COUNT), one[0]))
            self._cells = dict(kept[:MOST_CELLS])

    def knows(self, east: float, north: float, axis: int) -> bool:
        """Tell whether she has gone there or next to there before, this way, often enough."""
        column, row = math.floor(east / CELL_M - 0.5), math.floor(north / CELL_M - 0.5)
        near, cells = _NEAR[axis], self._cells
        for cell in (
            _cell(column, row),
            _cell(column, row + 1),
            _cell(column + 1, row),
            _cell(column + 1, row + 1),
        ):
            found = cells.get(cell, 0)
            if found & near and (found & _MOST_COUNT) >= _KNOWN_FROM:
                return True
        return False

    def close_day(self) -> None:
        """Forget a little."""
        share, whole = _KEPT
        left = {
            cell: (found & _MOST_COUNT) * share // whole | found & ~_MOST_COUNT
            for cell, found in self._cells.items()
        }
        self._cells = {cell: found for cell, found in left.items() if found & _MOST_COUNT}
        for one in (*self.places, *self._homes):
            one[2] *= _KEEP
        self.places = [one for one in self.places if one[2] >= _FORGOTTEN]

    def snapshot(self) -> list[Any]:
        """Return it as plain values, the cells packed."""
        cells = sorted(self._cells)
        found = [self._cells[cell] for cell in cells]
        counts, axes = (
            [one & _MOST_COUNT for one in found],
            bytes(one >> _AXES_FROM for one in found),
        )
        packed = struct.pack(f"<{len(cells)}I{len(cells)}H", *cells, *counts) + axes
        homes = [list(one) for one in self._homes]
        return [packed, homes, self.home, [list(one) for one in self.places]]

    @classmethod
    def restored(cls, state: list[Any]) -> Ground:
        """Return it as `snapshot` saw it."""
        ground = cls()
        packed = state[0]
        count = len(packed) // _PACKED_BYTES
        values = struct.unpack(f"<{count}I{count}H{count}B", packed)
        cells, counts, axes = values[:count], values[count : 2 * count], values[2 * count :]
        ground._cells = {
            cell: many | ways << _AXES_FROM
            for cell, many, ways in zip(cells, counts, axes, strict=True)
        }
        ground._homes = [list(one) for one in state[1]]
        ground.home = None if state[2] is None else (state[2][0], state[2][1])
        ground.places = [list(one) for one in state[3]]
        return ground


def axis(east: float, north: float) -> int:
    """Return the direction of a step, 0 to 7 over half a turn."""
    return round(math.atan2(east, north) / math.pi * AXES) % AXES


def cell(east: float, north: float) -> int:
    """Return the number of the cell that holds a place."""
    return _cell(math.floor(east / CELL_M), math.floor(north / CELL_M))


def _cell(column: int, row: int) -> int:
    # 16 bits each way: the grid repeats every 2,600 km
    return (column & 0xFFFF) << 16 | (row & 0xFFFF)
