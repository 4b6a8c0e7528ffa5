"""What lies between a home and us: dead batteries, outages, clocks that drift, things said late or twice.

Each fault has random numbers of its own, so that a record with it and one without it differ in it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.model.quantity import Quantity
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.homes import HUB, Equipment
from sensors.simulator.rows import NUMBER, Floats, Rows, rows, together

DELIVERY_S = (0.05, 0.6)
"""How long a message takes when all is well."""
LATEST_S = 7200.0
REDELIVERED_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a record shall have beside the life of the resident."""

    visitors: bool = True
    carers: bool = True
    #: Whether the rounds of carers are announced: friends never are.
    announced: bool = True
    pets: bool = True
    #: True for an animal in each home that has none.
    pet_everywhere: bool = False
    #: Firings of each motion sensor without a reason, an hour (detection.md §11).
    phantoms_per_hour: float = 0.05
    #: Share of messages told twice.
    duplicates: float = 0.01
    #: Share of messages that come up to two hours late.
    late: float = 0.005
    #: Largest error of a device's clock, in seconds.
    drift_s: float = 1.0
    #: Seconds by which the clocks of a third of the devices are wrong.
    skew_s: float = 0.0
    #: Devices that die, outages of the hub and longer absences: rates per home and 30 days.
    dying_per_month: float = 0.1
    outages_per_month: float = 0.3
    absences_per_month: float = 0.1


REAL = Circumstances()
"""Everything that a real home has (determined by detection.md §11)."""
PLAIN = Circumstances(
    visitors=False,
    carers=False,
    announced=False,
    pets=False,
    duplicates=0.0,
    late=0.0,
    drift_s=0.0,
    dying_per_month=0.0,
    outages_per_month=0.0,
    absences_per_month=0.0,
)
"""Nothing but the resident and sensors in good order; the suite of stresses adds one thing at a time."""


def broken(
    found: Rows, episodes: Sequence[Episode], equipment: Equipment, span: tuple[float, float]
) -> Rows:
    """Return what is still said within ``span`` by devices that fail."""
    for one in episodes:
        inside = (found.observed >= one.start_s) & (found.observed < one.end_s)
        if one.kind is Kind.HUB_OUTAGE:
            found = found.only(~inside)
        elif one.kind is Kind.DEAD_SENSOR:
            found = found.only(~(inside & (found.device == equipment.index[one.device])))
        elif one.kind in {Kind.OBSTRUCTED, Kind.STUCK}:
            number = equipment.index[one.device]
            moves = found.quantity == NUMBER[Quantity.MOTION]
            found = found.only(~(inside & moves & (found.device == number)))
            if one.kind is Kind.STUCK and span[0] <= one.start_s < span[1]:
                found = together([found, rows(number, Quantity.MOTION, [one.start_s], 1.0)])
    return found


def delivered(
    found: Rows, circumstances: Circumstances, equipment: Equipment, seed: int, day: int
) -> Rows:
    """Return what arrives, with the devices' clocks and the ways of the network."""
    count = len(found)
    rng = np.random.default_rng((seed, 17, day))
    received = found.observed + rng.uniform(*DELIVERY_S, count)
    late = np.random.default_rng((seed, 18, day))
    chosen = late.random(count) < circumstances.late
    received = received + np.where(chosen, late.uniform(30.0, LATEST_S, count), 0.0)
    found = replace(found, observed=found.observed + _clocks(found, circumstances, equipment, seed))
    found = found.arriving(received)
    twice = np.random.default_rng((seed, 19, day))
    again = found.only(twice.random(count) < circumstances.duplicates)
    again = again.arriving(again.received + twice.uniform(0.0, REDELIVERED_S, len(again)))
    return together([found, again])


def _clocks(found: Rows, circumstances: Circumstances, equipment: Equipment, seed: int) -> Floats:
    rng = np.random.default_rng((seed, 20))
    errors = circumstances.drift_s * rng.uniform(-1.0, 0.0, len(equipment.devices))
    wrong = rng.random(len(equipment.devices)) < 1 / 3
    errors = errors - np.where(wrong, circumstances.skew_s, 0.0)
    # a device has one clock for all it says; the hub's last will carries no time
    errors[hub(equipment)] = 0.0
    shifts: Floats = errors[found.device]
    return shifts


def hub_gone(episodes: Sequence[Episode]) -> list[tuple[float, float]]:
    """Return when the hub's last will says that it is gone."""
    return [(one.start_s, one.end_s) for one in episodes if one.kind is Kind.HUB_OUTAGE]


def hub(equipment: Equipment) -> int:
    """Return the index of the hub."""
    return equipment.index[HUB]
