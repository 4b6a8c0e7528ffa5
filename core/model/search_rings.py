"""How far somebody may be by now: rings around the last known place. Pure.

Koester's tables say how far from the place where they were last known people were found. The distances are
straight lines, in miles, and of those who *were* found; vehicles make the tail (detection.md §3, trap 19).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KILOMETRES_IN_MILE = 1.609344
ON_FOOT_M_S = 1.2
"""detection.md §3."""


class Terrain(StrEnum):
    """Where somebody is looked for."""

    TEMPERATE_MOUNTAIN = "temperate mountain"
    TEMPERATE_FLAT = "temperate flat"
    DRY_MOUNTAIN = "dry mountain"
    DRY_FLAT = "dry flat"
    URBAN = "urban"


#: Miles within which half, and 95 of 100, were found (Koester 2008, as coded in IGT4SAR).
FOUND_WITHIN_MILES = {
    Terrain.TEMPERATE_MOUNTAIN: (0.5, 5.1),
    Terrain.TEMPERATE_FLAT: (0.6, 7.9),
    Terrain.DRY_MOUNTAIN: (1.2, 3.8),
    Terrain.DRY_FLAT: (1.0, 7.3),
    Terrain.URBAN: (0.7, 7.8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """Metres around the last known place, so many seconds later."""

    half_m: float
    nearly_all_m: float
    #: What the table says, however much later.
    half_found_m: float
    nearly_all_found_m: float


def rings(since_s: float, radius_m: float, terrain: Terrain = Terrain.URBAN) -> Rings:
    """Return the rings of 50 and 95 %.

    Parameters
    ----------
    since_s
        Seconds since the last known place.
    radius_m
        Radius that holds that place with 68 % probability.

    Examples
    --------
    >>> found = rings(1200.0, 15.0)
    >>> round(found.half_m), round(found.nearly_all_m), round(found.nearly_all_found_m)
    (1142, 1455, 12553)
    """
    half, most = (1000 * KILOMETRES_IN_MILE * miles for miles in FOUND_WITHIN_MILES[terrain])
    walked = ON_FOOT_M_S * since_s
    return Rings(
        half_m=radius_m + min(walked, half),
        nearly_all_m=radius_m + min(walked, most),
        half_found_m=half,
        nearly_all_found_m=most,
    )
