"""Outings as the outer door and the silence between tell them. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.home import Placement
from core.model.quantity import DEFINITIONS, Quantity, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.home import Device
    from core.model.ids import DeviceId

LEAST_OUT = timedelta(minutes=10)
"""A shorter silence behind the door is taking in the post."""
LONGEST_OUT = timedelta(hours=24)
"""Longer is an absence, not an outing (detection.md §1)."""
DOOR_BEFORE = timedelta(minutes=2)
"""The door opened so shortly before the silence began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """Nobody was at home, as far as door and sensors tell."""

    start: datetime
    #: Minutes until the outer door opened again.
    minutes: float


def outings(
    rows: Sequence[tuple[datetime, DeviceId, Quantity, float]],
    devices: Mapping[DeviceId, Device],
    span: tuple[datetime, datetime],
    unseen: Sequence[tuple[datetime, datetime]],
) -> tuple[Outing, ...]:
    """Return the outings that began in a span.

    One is a silence of 10 min to 24 h of all sensors in the home that an opening of an outer door comes at
    most 2 min before, and that ends with an outer door. A silence that could not be seen whole is none.
    """
    events = list(_events(rows, devices))
    found, opened = [], datetime.min.replace(tzinfo=span[0].tzinfo)
    for (at, is_door), (back, by_door) in itertools.pairwise(events):
        if is_door:
            opened = at
        out = back - at
        left = at - opened <= DOOR_BEFORE
        if not (left and by_door and LEAST_OUT <= out <= LONGEST_OUT and span[0] <= at < span[1]):
            continue
        if not any(first < back and last > at for first, last in unseen):
            found.append(Outing(start=at, minutes=out.total_seconds() / 60))
    return tuple(found)


def _events(
    rows: Sequence[tuple[datetime, DeviceId, Quantity, float]], devices: Mapping[DeviceId, Device]
) -> list[tuple[datetime, bool]]:
    """Return moments at which somebody was surely there, with whether it was an outer door that opened."""
    found = []
    for at, number, quantity, value in rows:
        placement = devices[number].placement
        person = DEFINITIONS[quantity].role is Role.PERSON
        if value > 0 and person and placement not in {Placement.WORN, Placement.HUB}:
            found.append((at, placement is Placement.ENTRANCE))
    return found
