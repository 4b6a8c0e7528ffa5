"""Whether devices and gateways are there. Written by the gateway only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.model.home import Presence
from core.model.ids import HomeId
from core.model.intake import KnownDevice
from core.store.basis import stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.intake import PresenceChange
    from core.store.pool import Connection


_ADD: LiteralString = (
    "insert into presence (device_id, home_id) select * from unnest(%s::bigint[], %s::text[])"
    " order by 1 on conflict do nothing"
)
# What a gateway wrote whose clock ran ahead holds no longer, or a device that dies would live on until then.
_SEEN: LiteralString = "case when p.last_seen <= now() + interval '1 minute' then p.last_seen end"
# A stretch of the same boot adds what lies between the highest numbers and takes off what came, so that
# several gateways may each report their share in any order. A late report of an older boot is left out.
_NUMBERS: LiteralString = (
    "u.highest is not null and (p.boot = u.boot or p.last_number is null"
    f" or ({_SEEN}) is null or u.last_seen >= ({_SEEN}))"
)
# Late messages within an hour are of one spell; it is told by the longest wait of it.
_SPELL: LiteralString = "interval '1 hour'"
_CHANGE: LiteralString = (
    f"update presence p set last_seen = coalesce(greatest({_SEEN}, u.last_seen), p.last_seen),"
    " online = coalesce(u.online, p.online),"
    " battery_percent = coalesce(u.battery, p.battery_percent),"
    " link_quality = coalesce(u.link, p.link_quality), skew_s = coalesce(u.skew, p.skew_s),"
    " clock_trusted = coalesce(u.trusted, p.clock_trusted),"
    " firmware = coalesce(u.firmware, p.firmware),"
    " firmware_at = case when u.firmware <> coalesce(p.firmware, '') then u.last_seen else p.firmware_at end,"
    " late = p.late + coalesce(u.late, 0),"
    " late_at = case when u.late > 0 then u.last_seen else p.late_at end,"
    f" late_s = case when u.late > 0 and p.late_at > u.last_seen - {_SPELL} then greatest(u.late_s, p.late_s)"
    "  when u.late > 0 then u.late_s else p.late_s end,"
    f" boot = case when {_NUMBERS} then u.boot else p.boot end,"
    f" last_number = case when not ({_NUMBERS}) then p.last_number"
    " when p.boot = u.boot then greatest(p.last_number, u.highest) else u.highest end,"
    f" missed = least(1000000000000000, case when not ({_NUMBERS}) then p.missed"
    " when p.boot = u.boot and p.last_number is not null"
    " then greatest(0, p.missed + greatest(0, u.highest - p.last_number) - u.received)"
    " else p.missed + u.highest - u.lowest + 1 - u.received end)"
    " from (select * from unnest(%s::bigint[], %s::timestamptz[], %s::boolean[], %s::float8[],"
    " %s::float8[], %s::float8[], %s::boolean[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::text[], %s::bigint[], %s::float8[])"
    " as v(device_id, last_seen, online, battery, link, skew, trusted, boot, lowest, highest, received,"
    "  firmware, late, late_s)"
    " order by device_id) u where p.device_id = u.device_id"
)


async def change(connection: Connection, changes: Sequence[PresenceChange]) -> None:
    """Write what was learned; the first time makes the row. A device stands in ``changes`` once.

    Raises
    ------
    ValueError
        If one stands in it twice.
    """
    if len({one.device_id for one in changes}) < len(changes):
        raise ValueError("a device stands in the changes twice")
    if not changes:
        return
    await connection.execute(
        _ADD, ([one.device_id for one in changes], [one.home_id for one in changes])
    )
    numbers = [one.numbers for one in changes]
    await connection.execute(
        _CHANGE,
        (
            [one.device_id for one in changes],
            [one.last_seen for one in changes],
            [one.online for one in changes],
            [one.battery_percent for one in changes],
            [one.link_quality for one in changes],
            [one.skew_s for one in changes],
            [one.clock_trusted for one in changes],
            [one and one.boot for one in numbers],
            [one and one.lowest for one in numbers],
            [one and one.highest for one in numbers],
            [one and one.received for one in numbers],
            [one.firmware for one in changes],
            [one.late and one.late[0] for one in changes],
            [one.late and one.late[1] for one in changes],
        ),
    )


async def presences(connection: Connection, home_id: HomeId) -> tuple[Presence, ...]:
    """Return what is known of the devices of a home, by device id."""
    cursor = connection.cursor(row_factory=class_row(Presence))
    await cursor.execute(
        "select device_id, last_seen, online, battery_percent, link_quality, skew_s, missed"
        " from presence where home_id = %s order by device_id",
        (home_id,),
    )
    return tuple(await cursor.fetchall())


async def homes(connection: Connection) -> dict[HomeId, str]:
    """Return the mode of every home."""
    cursor = await connection.execute("select home_id, mode from home")
    return {HomeId(home_id): mode for home_id, mode in await cursor.fetchall()}


async def expect(connection: Connection) -> None:
    """Give every device in use a row, also the one that was never heard: it is looked for there."""
    await connection.execute(
        "insert into presence (device_id, home_id) select d.device_id, d.home_id from device d"
        " left join presence p using (device_id) where p.device_id is null and d.retired_at is null"
        " order by 1 on conflict do nothing"
    )


# Looked up once for all devices: few people are ever in it.
_STOPPED: LiteralString = (
    "with unwatched as materialized ("
    + stopped("'care_monitoring'")
    + "), unlocated as materialized ("
    + stopped("'location'")
    + ") "
)


def _concerned(people: LiteralString) -> LiteralString:
    """Tell in SQL whether a device ``d`` watches somebody of a list; what sits in a room sees everybody."""
    return (
        f"exists (select 1 from {people} s where s.home_id = d.home_id"
        " and (d.resident_id is null or d.resident_id = s.resident_id))"
    )


_UNWATCHED, _UNLOCATED = _concerned("unwatched"), _concerned("unlocated")


async def known_devices(
    connection: Connection, homes: Sequence[HomeId] | None = None
) -> tuple[KnownDevice, ...]:
    """Return the devices in use with what was last known of them, of all homes or of these."""
    cursor = connection.cursor(row_factory=class_row(KnownDevice))
    await cursor.execute(
        _STOPPED + "select d.device_id, d.home_id, d.family, d.external_id, p.last_seen, p.skew_s,"
        f" p.clock_trusted, p.boot, p.last_number, {_UNWATCHED} as unwatched,"
        f" {_UNLOCATED} as unlocated"
        " from device d left join presence p using (device_id) where d.retired_at is null"
        + ("" if homes is None else " and d.home_id = any(%(homes)s)"),
        {"homes": homes and list(homes)},
    )
    return tuple(await cursor.fetchall())


async def guarded_homes(connection: Connection) -> frozenset[HomeId]:
    """Return the homes whose messages may tell of somebody who must not be watched.

    Those of whom a basis was withdrawn or has lapsed, with sensors in use or without; and those that have
    ended, as what goes on talking there may tell of whoever lives there now.
    """
    cursor = await connection.execute(
        _STOPPED + "select home_id from unwatched union select home_id from unlocated"
        " union select homes_over()"
    )
    return frozenset([HomeId(home_id) for (home_id,) in await cursor.fetchall()])


async def registry_fingerprint(connection: Connection) -> str:
    """Return a short text that changes whenever a home or device is added, changed or retired.

    And whenever somebody may be watched or located no longer, or again.
    """
    cursor = await connection.execute(
        _STOPPED + f"select (select {_DEVICES} from device d where retired_at is null),"
        # also what ends by itself at its date
        f" (select {_PEOPLE} from unwatched s), (select {_PEOPLE} from unlocated s),"
        " (select coalesce(sum(hashtextextended(concat_ws(E'\\x01', home_id, mode), 0)), 0)::text from home),"
        # an end that is followed by a referral is one of mode as well, and consent to it is none
        " (select string_agg(o, ',' order by o) from homes_over() o)"
    )
    return str(await cursor.fetchone())


async def home_fingerprints(connection: Connection) -> dict[HomeId, str]:
    """Return for each home a short text that changes with its mode and what `known_devices` says of it."""
    cursor = await connection.execute(
        _STOPPED
        + "select h.home_id, concat_ws(',', h.mode, d.print, w.print, '|', l.print) from home h"
        f" left join (select d.home_id, {_DEVICES} as print from device d where d.retired_at is null"
        "  group by d.home_id) d using (home_id)"
        f" left join (select s.home_id, {_PEOPLE} as print from unwatched s group by s.home_id) w"
        "  using (home_id)"
        f" left join (select s.home_id, {_PEOPLE} as print from unlocated s group by s.home_id) l"
        "  using (home_id)"
    )
    return {HomeId(home_id): text for home_id, text in await cursor.fetchall()}


_DEVICES: LiteralString = (
    "coalesce(sum(hashtextextended(concat_ws(E'\\x01', d.device_id, d.home_id, d.family, d.external_id,"
    " d.resident_id), 0)), 0)::text"
)
_PEOPLE: LiteralString = "string_agg(s.resident_id::text, ',' order by s.resident_id)"


CERTIFICATE = "certificate_ends"
"""Among the counters: when the broker's certificate ends (ISO 8601); empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Proof that a gateway lives, and whether it hears the broker."""

    gateway: str
    at: datetime
    broker_connected: bool
    counters: Mapping[str, float | str]


async def beat(connection: Connection, heartbeat: Heartbeat) -> None:
    """Write the proof."""
    await connection.execute(
        "insert into gateway_heartbeat (gateway, at, broker_connected, counters)"
        " values (%s, %s, %s, %s) on conflict (gateway) do update set at = excluded.at,"
        " broker_connected = excluded.broker_connected, counters = excluded.counters"
        # a gateway that starts after the end of the broker's certificate can not see it any more
        " || case when not excluded.counters ? %s and gateway_heartbeat.counters ? %s"
        " then jsonb_build_object(%s::text, gateway_heartbeat.counters -> %s) else '{}' end",
        (
            heartbeat.gateway,
            heartbeat.at,
            heartbeat.broker_connected,
            Jsonb(heartbeat.counters, dumps=_json),
            *4 * [CERTIFICATE],
        ),
    )


async def forget_gateway(connection: Connection, gateway: str) -> None:
    """Forget a gateway that was taken away for good: nobody waits for it any more."""
    await connection.execute("delete from gateway_heartbeat where gateway = %s", (gateway,))


def _json(counters: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(counters)


async def heartbeats(connection: Connection) -> tuple[Heartbeat, ...]:
    """Return the last proof of every gateway, by name."""
    cursor = connection.cursor(row_factory=class_row(Heartbeat))
    await cursor.execute(
        "select gateway, at, broker_connected, counters from gateway_heartbeat order by gateway"
    )
    return tuple(await cursor.fetchall())
