"""What the days of a simulated home come to, without a database: as detection counts them from the log."""

from __future__ import annotations

import bisect
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.model.day_count import DayCount, Span, bounds, count_day, silent_after
from core.model.quantity import DEFINITIONS, Quantity, Role
from sensors.simulator.rows import NUMBER, QUANTITIES, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.model.day_count import Sign
    from core.model.home import Device
    from sensors.simulator.recording import Recording
    from sensors.simulator.rows import Floats, Rows

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=6)
"""So much around a day is read to count it: the night begins before it, an outing ends after it."""
_PERSON = [NUMBER[one.quantity] for one in DEFINITIONS.values() if one.role is Role.PERSON]


def counted(record: Recording, devices: Sequence[Device]) -> Iterator[DayCount]:
    """Yield each whole day of a record, in order.

    Parameters
    ----------
    devices
        As registered, in the order of the home's equipment.
    """
    said = together(list(record.stored()))
    heard = np.unique(said.observed.round(3))
    signs = _signs(said, devices)
    moments = [one[0] for one in signs]
    zone = record.home.zone
    known = {one.device_id: one for one in devices}
    silent = silent_after(devices)
    day = record.span[0].astimezone(zone).date() + timedelta(days=1)
    while bounds(day, zone)[1] + AFTER <= record.span[1]:
        start, end = bounds(day, zone)
        first, last = start - BEFORE, end + AFTER
        low, high = bisect.bisect_left(moments, first), bisect.bisect_left(moments, last)
        steady = _steady(signs[:low], first)
        unseen = silences(heard, first, last, silent)
        yield count_day(day, zone, known, [*steady, *signs[low:high]], unseen)
        day += timedelta(days=1)


def silences(heard: Floats, start: datetime, end: datetime, longer_than: timedelta) -> list[Span]:
    """Return the parts of a span in which nothing was heard for so long; ``heard`` is in order."""
    first, last = start.timestamp(), end.timestamp()
    inside = heard[(heard > first) & (heard < last)]
    edges = np.concatenate(([first], inside, [last]))
    long = np.flatnonzero(np.diff(edges) > longer_than.total_seconds())
    moment = datetime.fromtimestamp
    return [(moment(edges[n], UTC), moment(edges[n + 1], UTC)) for n in long.tolist()]


def _signs(said: Rows, devices: Sequence[Device]) -> list[Sign]:
    """Return what persons did, in order of time; of what is told twice at one time the first, as the log."""
    found = said.only(np.isin(said.quantity, _PERSON))
    keys = zip(
        found.observed.round(3).tolist(),
        found.device.tolist(),
        found.quantity.tolist(),
        strict=True,
    )
    first: dict[tuple[float, int, int], float] = {}
    for key, value in zip(keys, found.value.tolist(), strict=True):
        first.setdefault(key, value)
    return [
        (datetime.fromtimestamp(at, UTC), devices[device].device_id, QUANTITIES[quantity], value)
        for (at, device, quantity), value in sorted(first.items())
    ]


def _steady(before: Sequence[Sign], first: datetime) -> list[Sign]:
    """Return the last state of each bed and chair of the day before ``first``."""
    last: dict[int, Sign] = {}
    for one in before[bisect.bisect_right(before, first - timedelta(days=1), key=lambda s: s[0]) :]:
        if one[2] in {Quantity.BED, Quantity.CHAIR}:
            last[one[1]] = one
    return sorted(last.values())
