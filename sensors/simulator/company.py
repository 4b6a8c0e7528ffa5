"""Who else moves in the home: visitors, carers on their rounds, a pet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from sensors.simulator.behaviour import OUTSIDE, Activity, Clock, Stay
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.layouts import Layout
from sensors.simulator.walking import Movements

VISIT_H = (10.0, 18.0)
VISIT_MIN = (4.2, 0.5)
"""Of the logarithm of minutes: median 67."""
CARER_MIN = (20.0, 45.0)
CARER_LATE_H = 0.25
LONGEST_VISIT_MIN = 240.0


def visits(
    home: SimulatedHome, clock: Clock, span: tuple[float, float], *, friends: bool, carers: bool
) -> list[tuple[float, float]]:
    """Return when visits begin within a span of about a day, and when they end."""
    found = []
    day = clock.day(span[0])
    for one in (day, day + timedelta(days=1)):
        draw = np.random.default_rng((home.seed, 5, one.toordinal()))
        if friends and draw.random() < home.visits_per_week / 7.0:
            start = clock.at(one, draw.uniform(*VISIT_H))
            minutes = min(float(draw.lognormal(*VISIT_MIN)), LONGEST_VISIT_MIN)
            found.append((start, start + 60.0 * minutes))
        if carers and home.carer_hour is not None:
            draw = np.random.default_rng((home.seed, 25, one.toordinal()))
            start = clock.at(one, home.carer_hour + CARER_LATE_H * draw.normal())
            found.append((start, start + 60.0 * draw.uniform(*CARER_MIN)))
    return [(start, end) for start, end in found if span[0] <= start < span[1]]


def guest(start: float, end: float, layout: Layout, rng: np.random.Generator) -> list[Stay]:
    """Return the stays of a visitor, who comes and goes by the front door."""
    rooms = [layout.index[room] for room in ("Lounge", "Kitchen", "Lounge", "Bathroom", "Lounge")]
    stays, now = [Stay(Activity.OUT, OUTSIDE, start - 60.0, start)], start
    while now < end:
        room = rooms[int(rng.integers(len(rooms)))]
        until = min(end, now + 60.0 * float(rng.lognormal(2.0, 0.8)))
        stays.append(Stay(Activity.WORK, room, now, until))
        now = until
    stays.append(Stay(Activity.OUT, OUTSIDE, end, end + 60.0))
    return stays


def at_home(stays: Sequence[Stay], start: float, end: float) -> bool:
    """Tell whether the resident is at home when a visit begins and most of the time after."""
    inside = sum(
        max(0.0, min(stay.end, end) - max(stay.start, start))
        for stay in stays
        if stay.room != OUTSIDE
    )
    here = any(stay.start <= start < stay.end and stay.room != OUTSIDE for stay in stays)
    return here and inside > 0.5 * (end - start)


def pet(
    per_hour: float, layout: Layout, start: float, end: float, rng: np.random.Generator
) -> Movements:
    """Return the sightings of an animal: a few in a row, at any hour, wherever it goes."""
    bouts = int(rng.poisson(per_hour * (end - start) / 3600.0 / 2.0))
    times = np.repeat(rng.uniform(start, end, bouts), 2) + rng.uniform(0.0, 120.0, 2 * bouts)
    return Movements(at=times, room=rng.integers(0, len(layout.rooms), 2 * bouts))
