"""A simulated home as the TIHM study would have fitted it out: one sensor in each of five rooms, three doors.

No two homes of the study are seen alike. Somewhere a sensor was never put up, or was silent for weeks; one
hangs over the door and sees who comes in, the next looks at the sofa. The numbers are those of the population
(docs/decisions/0269).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from sensors.simulator import homes
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.homes import Equipment, SimulatedHome
from sensors.simulator.layouts import EYES_OF_TIHM, Layout
from sensors.simulator.sensing import EYE_OF_TIHM

DEVICES = {
    "back_door": "back-door",
    "front_door": "front-door",
    homes.FRIDGE: "fridge-door",
    "hall_motion": "hallway",
    "bathroom_motion": "bathroom",
    "bedroom_motion": "bedroom",
    "kitchen_motion": "kitchen",
    "lounge_motion": "lounge",
}
"""What the study calls each device of ours."""
SIGHT_OF_TIHM = {
    "Hall": 0.036,
    "Bedroom": 0.049,
    "Bathroom": 0.24,
    "Kitchen": 0.038,
    "Lounge": 0.096,
}
"""Share of the movements of somebody who stays in a room that its one sensor sees."""
SIGHT_SPREAD = 0.35
"""Of the logarithm of it, between homes."""
VIEW_SPREAD = 0.65
"""The same from stay to stay: the chair that she sits in is before the sensor, or behind it."""
BED_IN_SIGHT = 0.42
BED_SPREAD = 0.7
"""Of what is seen in the bedroom, how much is seen in bed; spread of its logarithm between homes."""
PASSING_OF_TIHM = {"Hall": 0.77, "Bedroom": 0.53, "Bathroom": 0.32, "Kitchen": 0.61, "Lounge": 0.7}
"""Share of the ways into, through and out of a room that are seen."""
PASSING_SPREAD = 0.83
"""Of the logarithm of its odds, between homes."""
MISSING = 0.08
"""Share of the sensors that were never put up."""
SILENT_PER_MONTH = 0.04
SILENT_DAYS = (4.0, 40.0)
"""How often a sensor falls silent, and for how long nobody sees to it."""
ADJOIN = 0.5
"""Share of the homes in which rooms that need not adjoin do."""
SIZE = (0.25, 0.3)
UNEVEN = (0.7, 1.3)
"""Of the logarithm of the size of a home, beside our plan of it; and factors on each of its ways."""


def home(seed: int) -> SimulatedHome:
    """Return the home with this seed, as the study would see it."""
    drawn = SimulatedHome.drawn(seed)
    rng = np.random.default_rng((seed, 50))
    count = len(EYES_OF_TIHM.rooms)
    typical = np.array([SIGHT_OF_TIHM[room] for room in EYES_OF_TIHM.rooms])
    sight = typical * np.exp(SIGHT_SPREAD * rng.normal(size=count))
    share = np.array([PASSING_OF_TIHM[room] for room in EYES_OF_TIHM.rooms])
    odds = share / (1.0 - share) * np.exp(PASSING_SPREAD * rng.normal(size=count))
    bed = BED_IN_SIGHT * float(np.exp(BED_SPREAD * rng.normal()))
    return replace(
        drawn,
        equipment=Equipment(layout=_plan(rng), more=(homes.FRIDGE,)),
        eyes=(EYE_OF_TIHM,),
        person=replace(drawn.person, lively_in_bed=drawn.person.lively_in_bed * bed),
        sight=tuple(sight.clip(0.0, 1.0).tolist()),
        view_spread=VIEW_SPREAD,
        passing=tuple((odds / (1.0 + odds)).tolist()),
    )


def _plan(rng: np.random.Generator) -> Layout:
    size = float(rng.lognormal(*SIZE))
    links = tuple(
        (one, other, metres * size * float(rng.uniform(*UNEVEN)))
        for one, other, metres in EYES_OF_TIHM.links
        if rng.random() < (1.0 if "Hall" in (one, other) else ADJOIN)
    )
    return replace(EYES_OF_TIHM, links=links)


def fitted(seed: int) -> dict[str, str]:
    """Return the devices that were put up in a home, by our names, with the names of the study."""
    rng = np.random.default_rng((seed, 52))
    return {ours: theirs for ours, theirs in DEVICES.items() if rng.random() >= MISSING}


def silent(seed: int, span: tuple[datetime, datetime]) -> Iterator[Episode]:
    """Yield when devices of a home say nothing for days, each at most once."""
    rng = np.random.default_rng((seed, 53))
    days = (span[1] - span[0]) / timedelta(days=1)
    for device in DEVICES:
        if rng.random() < SILENT_PER_MONTH * days / 30.0:
            at = span[0] + timedelta(days=float(rng.uniform(-10.0, days)))
            lasts = timedelta(days=float(rng.uniform(*SILENT_DAYS)))
            yield Episode(kind=Kind.DEAD_SENSOR, at=at, lasts=lasts, device=device)
