"""What was seen of a home in a span: read from the tables, put together as a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.home import HomeMode, Placement
from core.store import timeline
from dashboard import day as days
from dashboard.sight import home_standing

if TYPE_CHECKING:
    from core.model.home import Household
    from core.store.pool import Connection
    from core.store.timeline import Glance

_NO_PLACE = frozenset({Placement.ENTRANCE, Placement.WORN, Placement.HUB})
_AT_REST = frozenset({Placement.BED, Placement.CHAIR})


async def end_of_record(connection: Connection, household: Household, now: datetime) -> datetime:
    """Return the end of what is shown: now, or the end of the record of an archived home."""
    if household.home.mode is not HomeMode.ARCHIVE:
        return now
    last = await timeline.last_record(connection, [one.device_id for one in household.devices])
    return now if last is None else last + timedelta(seconds=1)


async def day_of(
    connection: Connection, glance: Glance, household: Household, start: datetime, end: datetime
) -> days.Day:
    """Return what was seen from ``start`` to ``end``, which is now or in the past."""
    devices = {device.device_id: device for device in household.devices}
    watched = household.home.mode is not HomeMode.ARCHIVE
    limit, text = days.silence_limit(household.devices, watched=watched)
    sensed = await timeline.sensed(connection, list(devices), start, end)
    silent = await timeline.silences(connection, list(devices), start, end, limit)
    blind = await timeline.blind_spans(connection, glance.home.home_id, start, end)
    standing = home_standing(glance, end, moved=True)
    if watched and standing.blind_since is not None:
        blind = (*blind, (max(start, standing.blind_since), end))
    places = dict.fromkeys(
        days.place_of(device) for device in household.devices if device.placement not in _NO_PLACE
    )
    return days.Day(
        start=start,
        end=end,
        places=tuple(places),
        stays=days.stays(sensed, devices, start, end),
        marks=days.marks(sensed, devices, start),
        gaps=days.gaps(silent, blind, text),
    )


def places_of_rest(household: Household) -> frozenset[str]:
    """Name the beds and chairs of a home, as its days call them."""
    return frozenset(
        days.place_of(device) for device in household.devices if device.placement in _AT_REST
    )
