"""Write the log as a gateway does, and read what analytics wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from core.model.home import Household
from core.model.observation import Observation
from core.store import registry
from core.store.pool import connect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.model.home import Home
    from tests.servers.databases import Database

Sync = psycopg.Connection[Any]


async def furnish(database: Database, household: Household) -> Household:
    """Register a home; return it with the ids that the database gave."""
    home: Home = household.home
    async with connect(database.url_as("wayhome_registrar")) as connection:
        await registry.register_organisation(connection, home.organisation_id, "Sample")
        return await registry.register_household(connection, household)


def write(connection: Sync, rows: Iterable[Observation]) -> None:
    """Append rows to the log, in the transaction of ``connection``."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into observation (home_id, device_id, quantity, value, observed_at, received_at,"
            " discriminator, claimed_at) values (%s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict do nothing",
            [
                (
                    row.home_id,
                    row.device_id,
                    row.quantity.value,
                    row.value,
                    row.observed_at,
                    row.received_at,
                    row.discriminator,
                    row.claimed_at,
                )
                for row in rows
            ],
        )
    connection.execute("select pg_notify('observation', '')")


def beat(connection: Sync, at: datetime, since: datetime, *, connected: bool = True) -> None:
    """Say that a gateway lives and hears the broker."""
    connection.execute(
        "insert into gateway_heartbeat (gateway, at, broker_connected, counters) values"
        " ('gateway', %s, %s, jsonb_build_object('connected_since', %s::text))"
        " on conflict (gateway) do update set at = excluded.at,"
        " broker_connected = excluded.broker_connected, counters = excluded.counters",
        (at, connected, since.isoformat()),
    )
