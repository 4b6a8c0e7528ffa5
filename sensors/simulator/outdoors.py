"""Where she goes when she is out, as a tracker tells it: known places, known ways, and losing the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensors.simulator.rows import Floats

METRES_PER_DEGREE = 111_195.0
FIX_S = 90.0
HOME_FIX_S = 1800.0
WALK_M_S = 1.0
RIDE_M_S = 9.0
SIGMAS_IN_RADIUS = 1.51
"""The 68 % radius of a fix in standard deviations of each coordinate (detection.md §3)."""
MULTIPATH_SHARE = 0.01
RIDE_SHARE = 0.15
KNOWN_PART = (0.2, 0.6)
"""Who loses her way leaves a known one somewhere within this part of it."""
BLOCK_M = 100.0
"""Between two corners of a grid of streets."""
_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """A home and the places that its resident goes to, in metres east and north of it."""

    #: Degrees north and east.
    home: tuple[float, float]
    #: Ways to each place: corners, the last one the place.
    ways: tuple[Floats, ...]

    @classmethod
    def drawn(cls, home: tuple[float, float], rng: np.random.Generator) -> Neighbourhood:
        """Draw places 150 m to 2 km away, and the way to each along streets."""
        ways = []
        for distance in np.sort(rng.uniform(150.0, 2000.0, _PLACES)):
            angle = rng.uniform(0.0, 2 * np.pi)
            end = distance * np.array([np.sin(angle), np.cos(angle)])
            bends = np.sort(rng.uniform(0.2, 0.8, 2))[:, None] * end
            aside = rng.normal(0.0, 0.12 * distance, (2, 1)) * np.array(
                [np.cos(angle), -np.sin(angle)]
            )
            ways.append(np.vstack(([[0.0, 0.0]], bends + aside, [end])))
        return cls(home=home, ways=tuple(ways))

    def degrees(self, east_north: Floats) -> Floats:
        """Return metres east and north of the home as latitude and longitude."""
        latitude, longitude = self.home
        north = latitude + east_north[:, 1] / METRES_PER_DEGREE
        east = east_north[:, 0] / (METRES_PER_DEGREE * np.cos(np.radians(latitude)))
        return np.column_stack((north, longitude + east))


def times(start: float, end: float, every_s: float, rng: np.random.Generator) -> Floats:
    """Return when fixes are taken in a span."""
    return np.arange(start + rng.uniform(0.0, every_s), end, every_s)


def outing(
    there: Neighbourhood, at: Floats, start: float, end: float, rng: np.random.Generator
) -> Floats:
    """Return metres east and north at each of ``at``: to a known place, some time there, back."""
    half = (end - start) / 2
    rides = rng.random() < RIDE_SHARE and half > 900.0  # noqa: PLR2004
    speed = RIDE_M_S if rides else WALK_M_S
    reach = 0.9 * half * speed
    possible = [way for way in there.ways if length(way) <= reach] or [there.ways[0]]
    way = possible[int(rng.integers(len(possible)))]
    travel = min(length(way), reach)
    walked = np.minimum(np.minimum((at - start), (end - at)) * speed, travel)
    return along(way, np.maximum(walked, 0.0))


def astray(
    there: Neighbourhood,
    at: Floats,
    span: tuple[float, float],
    rng: np.random.Generator,
    left_after: float | None = None,
) -> Floats:
    """Return the same for somebody who leaves a known way and does not find back.

    She walks on, turns often, crosses her own way, and is brought home in the end.

    Parameters
    ----------
    left_after
        Seconds after the beginning at which she leaves the known way; drawn when None.
    """
    start, end = span
    if left_after is None:
        way = there.ways[int(rng.integers(len(there.ways)))]
        known = float(rng.uniform(*KNOWN_PART)) * length(way)
    else:
        known = left_after * WALK_M_S
        far = [way for way in there.ways if length(way) * KNOWN_PART[1] >= known - 1.0]
        way = far[int(rng.integers(len(far)))] if far else max(there.ways, key=length)
    left = start + known / WALK_M_S
    steps = np.arange(left, max(end, left + 60.0) + 30.0, 30.0)
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0.0, 0.7, len(steps)))
    moves = 30.0 * 0.8 * (rng.random(len(steps)) < 0.85)  # noqa: PLR2004 (rests in between)
    path = along(way, np.array([known]))[0] + np.cumsum(
        np.column_stack((np.sin(heading), np.cos(heading))) * moves[:, None], axis=0
    )
    wandering = np.column_stack([np.interp(at, steps, path[:, axis]) for axis in range(2)])
    before = along(way, np.clip((at - start) * WALK_M_S, 0.0, known))
    return np.where((at < left)[:, None], before, wandering)


def streets(there: Neighbourhood, rng: np.random.Generator) -> Floats:
    """Return a way to a new place through a grid of streets, as far as to one of the known ones.

    She goes on along a street for one to four blocks, then takes a corner, always towards the place.
    """
    distance = float(np.hypot(*there.ways[int(rng.integers(len(there.ways)))][-1]))
    grid, angle = rng.uniform(0.0, np.pi / 2), rng.uniform(0.0, 2 * np.pi)
    ahead, across = distance * abs(np.cos(angle)), distance * abs(np.sin(angle))
    left, corners = [ahead, across], [np.zeros(2)]
    axis = int(rng.integers(2))
    turn = np.array([[np.cos(grid), np.sin(grid)], [-np.sin(grid), np.cos(grid)]])
    while max(left) > 1.0:
        if left[axis] > 1.0:
            step = min(left[axis], float(rng.integers(1, 5)) * BLOCK_M)
            left[axis] -= step
            corners.append(corners[-1] + step * turn[axis])
        axis = 1 - axis
    return np.vstack(corners)


def fixes(there: Neighbourhood, true: Floats, rng: np.random.Generator, *, indoors: bool) -> Floats:
    """Return what a tracker says of true places: columns as in `Rows.places`."""
    count = len(true)
    accuracy = rng.lognormal(3.0 if indoors else 2.3, 0.4, count)
    astray_too = rng.random(count) < MULTIPATH_SHARE
    accuracy = np.where(astray_too, accuracy * 4.0, accuracy).clip(4.0, 150.0)
    noise = rng.normal(size=(count, 2)) * (accuracy / SIGMAS_IN_RADIUS)[:, None]
    moved = np.diff(true, axis=0, prepend=true[:1]) if count else true
    speed = np.hypot(moved[:, 0], moved[:, 1]) / (HOME_FIX_S if indoors else FIX_S)
    return np.column_stack((there.degrees(true + noise), accuracy.round(), speed.round(1)))


def length(way: Floats) -> float:
    """Return the metres of a way."""
    return float(np.hypot(*np.diff(way, axis=0).T).sum())


def along(way: Floats, walked: Floats | Sequence[float]) -> Floats:
    """Return the places after so many metres of a way."""
    legs = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))))
    return np.column_stack([np.interp(walked, legs, way[:, axis]) for axis in range(2)])
