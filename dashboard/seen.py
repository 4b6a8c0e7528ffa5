"""What was seen of a home in a span: read from the tables, put together as a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.model.day_count import as_they_stood
from core.model.home import HomeMode, Placement
from core.model.ids import DeviceId, HomeId
from core.store import day_count, registry, timeline
from core.store.timeline import Sensed
from dashboard import day as days
from dashboard.sight import home_standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.day_count import Span
    from core.model.home import Device, Household
    from core.store.pool import Connection
    from core.store.timeline import Glance

_NO_PLACE = frozenset({Placement.ENTRANCE, Placement.WORN, Placement.HUB})
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_AT_REST = frozenset({Placement.BED, Placement.CHAIR})


async def end_of_record(connection: Connection, household: Household, now: datetime) -> datetime:
    """Return the end of what is shown: now, or the end of the record of an archived home."""
    if household.home.mode is not HomeMode.ARCHIVE:
        return now
    known = await registry.devices_at(connection, household.home.home_id, _EVER)
    last = await timeline.last_record(connection, [one.device_id for one in known])
    return now if last is None else last + timedelta(seconds=1)


async def day_of(
    connection: Connection, glance: Glance, household: Household, start: datetime, end: datetime
) -> days.Day:
    """Return what was seen from ``start`` to ``end``, which is now or in the past.

    Each device counts where it stood then: one that was moved or taken away saw what it saw all the same.
    """
    watched = household.home.mode is not HomeMode.ARCHIVE
    limit, text = days.silence_limit(household.devices, watched=watched)
    known = await registry.devices_at(connection, household.home.home_id, start)
    numbers = [device.device_id for device in known]
    sensed = await timeline.sensed(connection, numbers, start, end)
    silent = await timeline.silences(connection, numbers, start, end, limit)
    blind = await timeline.blind_spans(connection, glance.home.home_id, start, end)
    devices, gone, sensed = await _as_they_stood(connection, known, sensed, (start, end))
    standing = home_standing(glance, end, moved=True)
    if watched and standing.blind_since is not None:
        blind = (*blind, (max(start, standing.blind_since), end))
    places = dict.fromkeys(
        days.place_of(device) for device in devices.values() if device.placement not in _NO_PLACE
    )
    return days.Day(
        start=start,
        end=end,
        places=tuple(places),
        stays=days.stays(sensed, devices, start, end, gone),
        marks=days.marks(sensed, devices, start),
        gaps=days.gaps(silent, blind, text),
    )


async def _as_they_stood(
    connection: Connection, known: Sequence[Device], sensed: Sequence[Sensed], span: Span
) -> tuple[dict[DeviceId, Device], dict[DeviceId, datetime], tuple[Sensed, ...]]:
    """Return the devices as they stood in a span, until when those that went did, and what was sensed."""
    start, end = span
    home_id = known[0].home_id if known else HomeId("")
    former = await day_count.former_places(connection, home_id, start - timedelta(days=1))
    gone = await timeline.taken_away(connection, home_id, start)
    gone |= {
        DeviceId(-number): one.until
        for number, one in enumerate(sorted(former, key=lambda one: one.until), 1)
    }
    rows = [(one.at, one.device_id, one.quantity, one.value) for one in sensed]
    stood, moved = as_they_stood(known, former, rows, span)
    found = (
        Sensed(at=at, device_id=device_id, quantity=quantity, value=value)
        for at, device_id, quantity, value in moved
        if device_id in stood
    )
    return stood, {one: min(at, end) for one, at in gone.items()}, tuple(found)


def places_of_rest(household: Household) -> frozenset[str]:
    """Name the beds and chairs of a home, as its days call them."""
    return frozenset(
        days.place_of(device) for device in household.devices if device.placement in _AT_REST
    )
