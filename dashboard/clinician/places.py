"""From positions to places: where home is, where somebody stayed, how often. Pure; no map."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.clinician.charts import Column, Table
from dashboard.language import marked
from dashboard.missing.compass import bearing_deg, distance_m, wind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from core.store.places import Fix
    from dashboard.missing.compass import Point

ZONE_M = 100.0
"""The safe zone around home that detection learns (docs/decisions/0118)."""
SAME_PLACE_M = 100.0
VAGUE_M = 100.0
"""A fix with a larger radius says nothing of a place."""
LEAST_STAY = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(minutes=30)
"""After so long without a fix it is not known that it was one stay."""
NIGHT_HOURS = range(5)
FEWEST_AT_NIGHT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Some time at one place away from home."""

    point: Point
    day: date
    minutes: float


@dataclass(slots=True, kw_only=True)
class Place:
    """A place away from home where somebody stayed, once or more often."""

    point: Point
    stays: list[Stay] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Home and the places around it; what was visited most first."""

    home: Point
    places: tuple[Place, ...]
    #: Believable fixes, and those of them outside the safe zone.
    fixes: int
    outside: int


def places_of(fixes: Sequence[Fix], zone: ZoneInfo) -> Places | None:
    """Return places; None while it is not known where home is.

    Home is the middle of the fixes from midnight to five: no home has registered coordinates.
    """
    near = [one for one in fixes if (one[3] or 0.0) <= VAGUE_M]
    night = [one for one in near if one[0].astimezone(zone).hour in NIGHT_HOURS]
    if len(night) < FEWEST_AT_NIGHT:
        return None
    home = _middle((one[1], one[2]) for one in night)
    outside = sum(distance_m(home, (one[1], one[2])) > ZONE_M for one in near)
    found: list[Place] = []
    for stay in _stays(near, home, zone):
        place = next((p for p in found if distance_m(p.point, stay.point) <= SAME_PLACE_M), None)
        if place is None:
            place = Place(point=stay.point)
            found.append(place)
        place.stays.append(stay)
        place.point = _middle(one.point for one in place.stays)
    found.sort(key=lambda one: (-len(one.stays), distance_m(home, one.point)))
    return Places(home=home, places=tuple(found), fixes=len(near), outside=outside)


def _stays(fixes: Sequence[Fix], home: Point, zone: ZoneInfo) -> Iterable[Stay]:
    group: list[Fix] = []
    for one in [*fixes, None]:
        if one is not None and _goes_on(group, one, home):
            group.append(one)
            continue
        if group and group[-1][0] - group[0][0] >= LEAST_STAY:
            yield Stay(
                point=_middle((at[1], at[2]) for at in group),
                day=group[0][0].astimezone(zone).date(),
                minutes=(group[-1][0] - group[0][0]).total_seconds() / 60,
            )
        away = one is not None and distance_m(home, (one[1], one[2])) > ZONE_M
        group = [one] if one is not None and away else []


def _goes_on(group: Sequence[Fix], one: Fix, home: Point) -> bool:
    if not group or one[0] - group[-1][0] > LONGEST_PAUSE:
        return False
    here = (one[1], one[2])
    start = _middle((at[1], at[2]) for at in group[:5])
    return distance_m(start, here) <= SAME_PLACE_M and distance_m(home, here) > ZONE_M


def _middle(points: Iterable[Point]) -> Point:
    latitudes, longitudes = zip(*points, strict=True)
    return statistics.median(latitudes), statistics.median(longitudes)


def table(found: Places) -> Table:
    """Return the places in numbers; no coordinates."""
    columns = (
        Column(
            name=marked("Place"),
            definition=marked("Number in the picture, the most visited first."),
        ),
        Column(name=marked("Distance"), unit="m", definition=marked("Straight line from home.")),
        Column(name=marked("Direction"), definition=marked("Seen from home.")),
        Column(
            name=marked("Stays"),
            unit="1",
            definition=marked("Stays of 10 min and more within 100 m."),
        ),
        Column(name=marked("Usual stay"), unit="min", definition=marked("Median of the stays.")),
        Column(name=marked("Last"), definition=marked("Day of the last stay.")),
    )
    rows = tuple(
        (
            n,
            round(distance_m(found.home, one.point)),
            wind(bearing_deg(found.home, one.point)),
            len(one.stays),
            round(statistics.median(stay.minutes for stay in one.stays)),
            one.stays[-1].day.isoformat(),
        )
        for n, one in enumerate(found.places, 1)
    )
    return Table(columns=columns, rows=rows)
