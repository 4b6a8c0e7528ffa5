"""Where to look: rings around the last known place by terrain, and places that draw somebody. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.search_rings import Rings, Terrain, rings
from dashboard.missing.compass import Point, bearing_deg, distance_m

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.model.missing import Traces

TERRAINS = (
    Terrain.URBAN,
    Terrain.TEMPERATE_FLAT,
    Terrain.TEMPERATE_MOUNTAIN,
    Terrain.DRY_FLAT,
    Terrain.DRY_MOUNTAIN,
)
"""Where most people who are watched live comes first."""
SOURCE = (
    "Straight lines from the place where people with dementia were last known to where they were found"
    " (Koester, Lost Person Behavior, 2008, as coded in IGT4SAR). Vehicles make the long distances."
)
HABITS = (
    "In Virginia half of 87 lost people with Alzheimer’s were found within 0.5 miles, none beyond 3 miles."
    " Half were within 33 yards of a road; only 1 in 100 answered to shouts. Some walk to a former home"
    " (dbS Productions)."
)
STRAY_ACCURACY_M = 100.0
"""Taken for a position whose device does not say how sure it is."""
BEFORE_DOOR = timedelta(hours=1)
"""A position that is older than the last sign at home by more does not tell where somebody went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The last known place."""

    #: ``tracker`` or ``home``.
    kind: str
    at: datetime
    point: Point | None
    #: Radius in metres that holds it with 68 % probability.
    radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A place that may draw somebody, seen from the last known one."""

    label: str
    address: str
    point: Point | None
    #: None where one of the two is not on the map.
    distance_m: float | None
    bearing_deg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchArea:
    """Where to look."""

    origin: Origin
    #: Seconds since the last known place, when this was made.
    since_s: float
    by_terrain: tuple[tuple[Terrain, Rings], ...]


def origin_of(traces: Traces, home: Point | None) -> Origin | None:
    """Return the last known place; None when there is no trace at all.

    Who looks for somebody moves in the home and opens its door too, so a position is believed over a later
    sign at home, unless it is older by more than an hour.
    """
    position, signs = traces.position, [one.at for one in (traces.door, traces.movement) if one]
    left_at = max(signs, default=None)
    if position is not None and (left_at is None or position.at >= left_at - BEFORE_DOOR):
        return Origin(
            kind="tracker",
            at=position.at,
            point=(position.latitude, position.longitude),
            radius_m=position.accuracy_m or STRAY_ACCURACY_M,
        )
    return None if left_at is None else Origin(kind="home", at=left_at, point=home, radius_m=0.0)


def search_area(origin: Origin, now: datetime) -> SearchArea:
    """Return the rings of every terrain."""
    since = max(0.0, (now - origin.at).total_seconds())
    return SearchArea(
        origin=origin,
        since_s=since,
        by_terrain=tuple((terrain, rings(since, origin.radius_m, terrain)) for terrain in TERRAINS),
    )


def draws(
    places: Iterable[tuple[str, str, Point | None]], origin: Point | None
) -> tuple[Draw, ...]:
    """Return places with distance and direction, those that are near first, unknown ones last."""
    seen = [_draw(label, address, point, origin) for label, address, point in places]
    return tuple(sorted(seen, key=lambda one: (one.distance_m is None, one.distance_m or 0.0)))


def _draw(label: str, address: str, point: Point | None, origin: Point | None) -> Draw:
    known = point is not None and origin is not None
    return Draw(
        label=label,
        address=address,
        point=point,
        distance_m=distance_m(origin, point) if known and origin and point else None,
        bearing_deg=bearing_deg(origin, point) if known and origin and point else None,
    )
