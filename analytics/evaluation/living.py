"""One labelled home watched by the product's engine, minute by minute; and what a simple rule would say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analytics.detector import discover
from analytics.evaluation.labelled_homes import LabelledHome
from analytics.features.bed_nights import Bout
from analytics.home_engine import HomeEngine, Inputs, Noticed
from core.model.home import Placement, RoomKind
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analytics.detector import DetectorSpec
    from core.model.observation import Observation

MINUTE_S = 60.0
STILL_S = 1800.0
"""A pause of so long counts as rest where there is no bed sensor."""
_WASHING = re.compile(r"bath|shower|wash|ensuite")
_WIDE = timedelta(days=30)


@dataclass(slots=True, kw_only=True)
class Lived:
    """What the product said of one home."""

    home: LabelledHome
    #: Moments, one a minute, from the first to the last label.
    grid: npt.NDArray[np.float64]
    #: At each, whether all were taken to be out.
    away: npt.NDArray[np.bool_]
    #: The same by a rule: the door moved last, after all that moved inside.
    door_rule: npt.NDArray[np.bool_]
    #: Nights from the bed sensor; without one, rests at home.
    nights: list[Bout] = field(default_factory=list)
    #: When somebody showed in the toilet, and in any bathroom.
    toilet: list[float] = field(default_factory=list)
    bathroom: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def live(home: LabelledHome, specs: Mapping[str, DetectorSpec] | None = None) -> Lived:
    """Watch a home as a service would, with these detectors; with all of them when None."""
    whole = home.labelled
    grid = np.arange(whole.start, whole.end, MINUTE_S) if whole else np.array([])
    none = np.zeros(len(grid), bool)
    out = Lived(home=home, grid=grid, away=none.copy(), door_rule=none.copy())
    if home.events and len(grid):
        _Living(out, dict(discover()) if specs is None else specs).run()
    return out


class _Living:
    def __init__(self, out: Lived, specs: Mapping[str, DetectorSpec]) -> None:
        self._out = out
        home = out.home
        self._engine = HomeEngine(home.plan, specs)
        self._mat = home.has(Placement.BED)
        self._toilets, self._bathrooms = _toilets(home), bathrooms(home)
        self._door_last = False
        self._taken = -np.inf

    def run(self) -> None:
        out = self._out
        first = min(out.home.events[0][0], float(out.grid[0])) - MINUTE_S
        start, end = (datetime.fromtimestamp(at, UTC) for at in (first, float(out.grid[-1])))
        self._take(self._engine.tick(start))
        self._engine.look(Inputs(heard_at=end + _WIDE, heard_since=start))
        said = out.home.observations()
        waiting = next(said, None)
        for place, at in enumerate(out.grid.tolist()):
            while waiting is not None and waiting[0] <= at:
                self._feed(waiting[1])
                waiting = next(said, None)
            self._take(self._engine.tick(datetime.fromtimestamp(at, UTC)))
            view = self._engine.view
            out.away[place] = view is not None and not view.occupancy.home
            out.door_rule[place] = self._door_last
            self._nights()
        if self._engine.view is not None:
            self._engine.view.bed_nights.advance(np.inf)
            self._nights()

    def _feed(self, one: Observation) -> None:
        self._take(self._engine.feed(one))
        self._follow_rule(one)
        view = self._engine.view
        if view is None or view.device is None or not view.shown:
            return
        device, out = view.device, self._out
        if device.device_id in self._toilets:
            out.toilet.append(view.at)
        if device.device_id in self._bathrooms:
            out.bathroom.append(view.at)
        last = view.previous_at
        rested = last is not None and view.at - last >= STILL_S
        if not self._mat and rested and last is not None and view.occupancy.home:
            out.nights.append(Bout(last, view.at))

    def _follow_rule(self, one: Observation) -> None:
        """Take in an event as a rule would that knows no faults."""
        device = self._out.home.plan.by_id[int(one.device_id)]
        if one.value > 0 or one.quantity is Quantity.CONTACT:
            self._door_last = device.exterior_door or (self._door_last and not device.interior)

    def _nights(self) -> None:
        view = self._engine.view
        if view is None or not self._mat:
            return
        for one in view.bed_nights.nights:
            if one.start > self._taken:
                self._taken = one.start
                self._out.nights.append(one)

    def _take(self, noticed: Noticed | None) -> None:
        if noticed is not None:
            self._out.failures += [f"{one.detector}: {one.error}" for one in noticed.failures]


def _toilets(home: LabelledHome) -> frozenset[int]:
    """Return the devices that show somebody in the toilet.

    All of a room that the product takes for a bathroom; but where one room has the flush and the washing, and
    the flush is sensed, that alone: a basin says nothing of a toilet.
    """
    rooms: dict[str, list[int]] = {}
    for number, one in enumerate(home.sensors, 1):
        if one.room_kind is RoomKind.BATHROOM:
            rooms.setdefault(one.room.strip().lower(), []).append(number)
    found: set[int] = set()
    for room, numbers in rooms.items():
        flush = [one for one in numbers if home.sensors[one - 1].flush]
        found.update(flush if flush and _WASHING.search(room) else numbers)
    return frozenset(found)


def bathrooms(home: LabelledHome) -> frozenset[int]:
    """Return all devices of rooms that the product takes for a bathroom."""
    kind = RoomKind.BATHROOM.value
    return frozenset(one.device_id for one in home.plan.devices if one.room == kind)
