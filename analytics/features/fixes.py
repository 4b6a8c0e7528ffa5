"""Fixes of a tracker as places in metres, and which of them to believe. Pure and bounded.

The accuracy that a receiver states is a radius that holds the true place with 68 % probability, no limit:
a third of all fixes lie outside it (detection.md §3 and trap 18).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.model.said import figure, say

if TYPE_CHECKING:
    from core.model.observation import Position

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""
SIGMAS_IN_RADIUS = 1.51
"""1 − exp(−k²/2) = 0.68: the radius in standard deviations of each coordinate (Rayleigh)."""
LEAST_SIGMA_M = 3.0
"""No consumer receiver is better, whatever it says."""
UNSTATED_RADIUS_M = 50.0
"""Assumed where no accuracy is said."""
VAGUE_RADIUS_M = 100.0
"""A vaguer fix is used only when there has been none for `VAGUE_AFTER_S` (detection.md §3)."""
VAGUE_AFTER_S = 600.0
UNTRUE = 0.05
"""By so much lengths from west to east may be wrong, far to the north or south of where the plane touches."""
FASTEST_M_S = 45.0
"""Faster than a car on a motorway: a jump, not a way (detection.md §3)."""
NOWHERE_DEG = 1e-3
"""What a receiver says that has no fix: 0° north, 0° east, in the sea."""
JUMPS = 3
"""After so many jumps in a row it was the place before them that was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One believed fix."""

    #: When it was taken, in seconds.
    at: float
    #: Metres east and north of the origin.
    east: float
    north: float
    #: Standard deviation of each coordinate, in metres.
    sigma: float
    #: Metres a second over ground, as the device says; None when it does not.
    speed: float | None = None

    def distance(self, east: float, north: float) -> float:
        """Metres to a place."""
        return math.hypot(self.east - east, self.north - north)


class Plane:
    """The neighbourhood as a plane that touches the earth at the first fix.

    Examples
    --------
    >>> plane = Plane(51.0, -1.0)
    >>> [round(metres) for metres in plane.metres(51.01, -0.99)]
    [700, 1112]
    """

    __slots__ = ("_east_m", "latitude", "longitude")

    def __init__(self, latitude: float, longitude: float) -> None:
        self.latitude, self.longitude = latitude, longitude
        self._east_m = METRES_PER_DEGREE * max(math.cos(math.radians(latitude)), 0.01)

    def fits(self, north: float) -> bool:
        """Tell whether the plane is true to a twentieth so many metres north of its origin.

        Examples
        --------
        >>> Plane(51.0, -1.0).fits(200_000.0), Plane(30.0, -1.0).fits(2_300_000.0)
        (True, False)
        """
        there = Plane(self.latitude + north / METRES_PER_DEGREE, self.longitude)
        return abs(there._east_m / self._east_m - 1.0) <= UNTRUE

    def metres(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return metres east and north of the origin; over the date line by the short way."""
        east = (longitude - self.longitude + 180.0) % 360.0 - 180.0
        return east * self._east_m, (latitude - self.latitude) * METRES_PER_DEGREE


class Gate:
    """Lets believable fixes of one tracker through."""

    __slots__ = ("_jumps", "last")

    def __init__(self) -> None:
        #: The last fix that was believed.
        self.last: Fix | None = None
        self._jumps = 0

    def take(self, position: Position, at: float, plane: Plane) -> Fix | None:
        """Return the fix; None if it is old, vague, a jump or none at all."""
        radius, last = position.accuracy_m, self.last
        if abs(position.latitude) < NOWHERE_DEG and abs(position.longitude) < NOWHERE_DEG:
            return None
        if radius is None:
            radius = UNSTATED_RADIUS_M
        if last is not None:
            if at <= last.at or (radius > VAGUE_RADIUS_M and at - last.at <= VAGUE_AFTER_S):
                return None
        elif radius > VAGUE_RADIUS_M:
            return None
        east, north = plane.metres(position.latitude, position.longitude)
        if last is not None and self._jumped(last, at, last.distance(east, north) - radius):
            return None
        self._jumps = 0
        sigma = max(radius / SIGMAS_IN_RADIUS, LEAST_SIGMA_M)
        self.last = Fix(at=at, east=east, north=north, sigma=sigma, speed=position.speed_m_s)
        return self.last

    def _jumped(self, last: Fix, at: float, moved: float) -> bool:
        if moved <= FASTEST_M_S * (at - last.at):
            return False
        self._jumps += 1
        return self._jumps < JUMPS

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        last = self.last
        fix = None if last is None else [last.at, last.east, last.north, last.sigma, last.speed]
        return [fix, self._jumps]

    @classmethod
    def restored(cls, state: list[Any]) -> Gate:
        """Return it as `snapshot` saw it."""
        gate = cls()
        if state[0] is not None:
            at, east, north, sigma, speed = state[0]
            gate.last = Fix(at=at, east=east, north=north, sigma=sigma, speed=speed)
        gate._jumps = state[1]
        return gate


def beyond(distance: float, radius: float, sigma: float) -> float:
    """Return the probability that a place measured ``distance`` away lies beyond ``radius``.

    Examples
    --------
    >>> round(beyond(100.0, 100.0, 10.0), 2), round(beyond(120.0, 100.0, 10.0), 3)
    (0.5, 0.977)
    """
    return 0.5 * (1.0 + math.erf((distance - radius) / (sigma * math.sqrt(2.0))))


_WINDS = (
    *(say("north"), say("north-east"), say("east"), say("south-east")),
    *(say("south"), say("south-west"), say("west"), say("north-west")),
)


def direction(east: float, north: float) -> str:
    """Say which way something lies.

    Examples
    --------
    >>> direction(0, 5), direction(-3, -3), direction(4, 0.5)
    ('north', 'south-west', 'east')
    """
    turn = math.degrees(math.atan2(east, north))
    return _WINDS[round(turn / 45.0) % 8]


def away(metres: float) -> str:
    """Say a distance without pretending to know it to the metre.

    Examples
    --------
    >>> away(43), away(640), away(1260), away(12_600)
    ('50 m', '650 m', '1.3 km', '13 km')
    """
    if metres < 975:  # noqa: PLR2004
        return say("%(metres)s m", metres=max(50 * round(metres / 50), 50))
    kilometres = metres / 1000.0
    return say("%(kilometres)s km", kilometres=figure(kilometres, 1 if kilometres < 9.95 else 0))  # noqa: PLR2004
