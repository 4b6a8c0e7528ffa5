"""How batteries fall: recorded by the gateway, a row a device and day; forecast by detection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from core.model.ids import DeviceId, HomeId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.model.battery import BatteryForecast
    from core.model.intake import PresenceChange
    from core.store.pool import Connection

KEPT_DAYS = 365


async def record(connection: Connection, changes: Iterable[PresenceChange]) -> None:
    """Write the charges among ``changes``; of a day the lowest stays. Run by the gateway."""
    told = [(one.device_id, one.home_id, *one.charge) for one in changes if one.charge is not None]
    if not told:
        return
    devices, homes, days, percents = zip(*sorted(told), strict=True)
    await connection.execute(
        "insert into battery_record as r (device_id, home_id, day, percent)"
        " select device_id, min(home_id), day, min(percent) from unnest(%s::bigint[], %s::text[],"
        " %s::date[], %s::real[]) as t(device_id, home_id, day, percent)"
        " group by device_id, day order by device_id, day"
        " on conflict (device_id, day) do update set percent = excluded.percent, recorded_at = now()"
        " where excluded.percent < r.percent",
        (list(devices), list(homes), list(days), list(percents)),
    )
    await connection.execute(
        "delete from battery_record where device_id = any(%s) and day < %s",
        (list(devices), max(days) - timedelta(days=KEPT_DAYS)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryHistory:
    """The recorded charge of one device."""

    device_id: DeviceId
    home_id: HomeId
    #: Lowest charge of each day in percent, in order of days.
    days: tuple[tuple[date, float], ...]


async def to_forecast(connection: Connection, since: date, today: datetime) -> tuple[DeviceId, ...]:
    """Return devices whose charge was recorded after their forecast, or whose forecast is of another day.

    Parameters
    ----------
    since
        First day of the history that counts.
    today
        Start of the present day (UTC).
    """
    cursor = await connection.execute(
        "select r.device_id from battery_record r left join battery_forecast f using (device_id)"
        " where r.day >= %(since)s group by r.device_id, f.computed_at"
        " having f.computed_at is null or max(r.recorded_at) > f.computed_at"
        " or f.computed_at < %(today)s order by r.device_id",
        {"since": since, "today": today},
    )
    return tuple(DeviceId(number) for (number,) in await cursor.fetchall())


async def histories(
    connection: Connection, devices: Sequence[DeviceId], since: date
) -> tuple[BatteryHistory, ...]:
    """Return the charge of these devices from a day on."""
    cursor = await connection.execute(
        "select device_id, min(home_id), array_agg(day order by day), array_agg(percent order by day)"
        " from battery_record where device_id = any(%(devices)s) and day >= %(since)s"
        " group by device_id order by device_id",
        {"devices": list(devices), "since": since},
    )
    return tuple(
        BatteryHistory(
            device_id=DeviceId(device_id),
            home_id=HomeId(home_id),
            days=tuple(zip(days, percents, strict=True)),
        )
        for device_id, home_id, days, percents in await cursor.fetchall()
    )


async def put_forecasts(
    connection: Connection,
    found: Sequence[tuple[BatteryHistory, BatteryForecast | None]],
    now: datetime,
) -> None:
    """Write what was found; a device has one forecast. Run by detection."""
    rows = [
        (
            history.device_id,
            history.home_id,
            None if one is None else one.low_on,
            None if one is None else one.earliest,
            None if one is None else one.latest,
            now,
        )
        for history, one in found
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into battery_forecast (device_id, home_id, low_on, earliest, latest, computed_at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (device_id) do update set"
            " home_id = excluded.home_id, low_on = excluded.low_on, earliest = excluded.earliest,"
            " latest = excluded.latest, computed_at = excluded.computed_at",
            rows,
        )
