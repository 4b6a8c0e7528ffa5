"""A night as the bed tells it: when in, when up, how often out and for how long. No word on sleep. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.home import Placement
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.home import Device
    from core.model.ids import DeviceId

LEAST_SPELL = timedelta(minutes=30)
"""A night begins and ends with a stay in bed of at least so long."""
LEAST_PAUSE = timedelta(minutes=1)
"""Out of bed for less is turning over."""

MOST_HIDDEN_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BedNight:
    """One night, from 18:00 to 12:00."""

    to_bed: datetime
    up: datetime
    #: Minutes in bed between the two.
    in_bed_min: float
    #: Times out of bed and back.
    exits: int
    #: Longest time out of bed between the two, in minutes; 0 without an exit.
    longest_absence_min: float
    #: Minutes between the two that could not be seen: there may have been more exits.
    unseen_min: float


def bed_night(
    rows: Sequence[tuple[datetime, DeviceId, Quantity, float]],
    devices: Mapping[DeviceId, Device],
    window: tuple[datetime, datetime],
    unseen: Sequence[tuple[datetime, datetime]],
) -> BedNight | None:
    """Return the night of a window; None without a bed sensor, or when nobody lay down for half an hour.

    A night that could not be seen for half of its time is none: nothing is claimed of it. Nor where more than
    an hour before to bed (from the start of the window), or after up, was not seen: it may have been longer.
    """
    beds = {number for number, one in devices.items() if one.placement is Placement.BED}
    edges = [(at, value > 0) for at, device, quantity, value in rows
             if device in beds and quantity is Quantity.BED]  # fmt: skip
    spells = _spells(edges, *window)
    long = [(a, b) for a, b in spells if b - a >= LEAST_SPELL]
    if not long:
        return None
    to_bed, up = long[0][0], long[-1][1]
    night = [(a, b) for a, b in spells if a >= to_bed and b <= up]
    pauses = [(after[0] - before[1]) for before, after in itertools.pairwise(night)]
    hidden = sum(_overlap(one, (to_bed, up)) for one in unseen)
    edge = max(
        sum(_overlap(one, part) for one in unseen)
        for part in ((window[0], to_bed), (up, window[1]))
    )
    if any(first < moment < last for first, last in unseen for moment in (to_bed, up)):
        return None
    if hidden > (up - to_bed).total_seconds() / 2 or edge > MOST_HIDDEN_S:
        return None
    return BedNight(
        to_bed=to_bed,
        up=up,
        in_bed_min=sum((b - a).total_seconds() for a, b in night) / 60,
        exits=len(pauses),
        longest_absence_min=max((one.total_seconds() for one in pauses), default=0.0) / 60,
        unseen_min=hidden / 60,
    )


def _spells(
    edges: Sequence[tuple[datetime, bool]], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for at, occupied in [*edges, (end, False)]:
        moment = min(max(at, start), end)
        if occupied and since is None:
            since = moment
        elif not occupied and since is not None:
            if found and since - found[-1][1] < LEAST_PAUSE:
                since = found.pop()[0]
            if moment > since:
                found.append((since, moment))
            since = None
    return found


def _overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> float:
    return max(0.0, (min(one[1], other[1]) - max(one[0], other[0])).total_seconds())
