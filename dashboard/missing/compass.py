"""Distance and direction between two points on the map, and both in words. Pure."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt

from core.model.search_rings import KILOMETRES_IN_MILE

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_SECTOR_DEG = 45.0
_NEAR_M = 1000.0

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


def distance_m(start: Point, end: Point) -> float:
    """Return the length of the straight line over the ground in metres.

    Examples
    --------
    >>> round(distance_m((53.8, -1.55), (53.9, -1.55)))
    11120
    """
    (lat1, lon1), (lat2, lon2) = start, end
    high = sin(radians(lat2 - lat1) / 2) ** 2
    wide = cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(high + wide)))


def bearing_deg(start: Point, end: Point) -> float:
    """Return the direction in which to set out, in degrees from north over east, 0 up to 360.

    Examples
    --------
    >>> round(bearing_deg((53.8, -1.55), (53.8, -1.50)))
    90
    """
    (lat1, lon1), (lat2, lon2) = start, end
    turn = radians(lon2 - lon1)
    east = sin(turn) * cos(radians(lat2))
    north = cos(radians(lat1)) * sin(radians(lat2))
    north -= sin(radians(lat1)) * cos(radians(lat2)) * cos(turn)
    return degrees(atan2(east, north)) % 360.0


def wind(bearing: float) -> str:
    """Return a direction in words.

    Examples
    --------
    >>> wind(359.0), wind(46.0), wind(202.4)
    ('north', 'north-east', 'south')
    """
    return _WINDS[round(bearing / _SECTOR_DEG) % len(_WINDS)]


def far(metres: float) -> str:
    """Return a distance in the two measures that searchers use.

    Examples
    --------
    >>> far(15.4), far(640.0), far(1142.0), far(12553.0)
    ('15 m', '640 m (0.4 miles)', '1.1 km (0.7 miles)', '12.6 km (7.8 miles)')
    """
    miles = metres / 1000 / KILOMETRES_IN_MILE
    in_miles = f" ({miles:.1f} miles)" if miles >= 0.1 else ""  # noqa: PLR2004
    if metres < _NEAR_M:
        return f"{metres:.0f} m{in_miles}"
    return f"{metres / 1000:.1f} km{in_miles}"
