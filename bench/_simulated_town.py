"""A town of simulated residents in a database: raw rows, counted days, alerts and findings."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString

import argon2
import psycopg

from core.model.ids import HomeId, OrganisationId
from core.store import day_count as days_table
from core.store import registry
from core.store.pool import connect
from sensors.simulator import homes
from sensors.simulator.counting import counted
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.recording import Recording
from tests.dashboard.simulated import store
from tests.servers.databases import Database, DatabaseServer, new_template, with_database
from tests.servers.timescale import timescale_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from core.store.pool import Connection

PASSWORD = "bench of pages"  # noqa: S105 (of a database that lives for this run)
SMALL = 300
"""Residents of the second organisation: the caseload of one team."""
YEAR = 365
OTHERS: LiteralString = """
insert into home (home_id, organisation_id, name) select o || n, o, 'Home ' || n
from (values ('leeds', %(first)s::int, %(residents)s::int), ('york', 1, %(small)s::int)) x(o, low, high),
generate_series(low, high) n order by o, n;
insert into resident (home_id, name) select home_id, 'Resident ' || home_id from home h
where not exists (select 1 from resident r where r.home_id = h.home_id);
"""
# Resident n lives as household n of the distinct ones, days and hours moved, so that no two are alike.
SPREAD: LiteralString = """
insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min, active_min, facts)
select h.home_id, %(last)s::date - (%(last)s::date - c.day + h.turn) %% %(days)s, now(), true,
 c.seen[h.cut + 1:96] || c.seen[1:h.cut], c.active[h.cut + 1:96] || c.active[1:h.cut], c.seen_min,
 c.active_min, c.facts
from (select home_id, row_number() over (order by home_id) as n,
  ((row_number() over (order by home_id)) / %(distinct)s %% %(days)s)::int as turn,
  ((row_number() over (order by home_id)) %% 5)::int as cut
  from home where home_id not like 'own%%') h
join day_count c on c.home_id = 'own' || (h.n %% %(distinct)s + 1) and c.day > %(last)s::date - %(days)s;
"""
EVENTS: LiteralString = """
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
select home_id, 'day_change', 'notice', 'carers', 'opened', %(now)s - interval '5 days',
%(now)s - interval '3 days', 'More movement at night', 1 from home where abs(hashtext(home_id)) %% 10 = 0;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
select home_id, 'exit', 'check', 'carers', p, %(now)s - a * interval '5 hours',
%(now)s - a * interval '5 hours', 'A door opened', 1 from home, generate_series(1, 20) a,
unnest(array['opened', 'cleared']) p;
insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
select home_id, 'exit', 'check', 'carers', %(now)s - a * interval '1 day', %(now)s, 'A door opened'
from home, generate_series(1, 5) a where abs(hashtext(home_id)) %% 3 = 0;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the town is."""

    residents: int = 10_000
    days: int = 30
    #: Households that are simulated, with their raw rows; the others' days are theirs, moved.
    distinct: int = 100


@contextmanager
def empty_database() -> Iterator[Database]:
    """Give a migrated database of TimescaleDB and remove it afterwards."""
    with timescale_url() as server_url:
        server = DatabaseServer(
            kind="timescale",
            url=lambda name: with_database(server_url, name),
            template=new_template(),
        )
        server.prepare()
        database = server.clone()
        try:
            yield database
        finally:
            server.drop(database.url)
            server.drop(server.url(server.template))


def fill(url: str, size: Size, now: datetime) -> None:
    """Fill an empty, migrated database as its owner."""
    asyncio.run(_simulate(url, size, now))
    last = now.date() - timedelta(days=1)
    values = {"first": size.distinct + 1, "residents": size.residents, "small": SMALL}
    with psycopg.connect(url, autocommit=True) as connection:
        for text in OTHERS.split(";\n"):
            if text.strip():
                connection.execute(text, values)
        connection.execute(SPREAD, {"last": last, "days": size.days, "distinct": size.distinct})
        for text in EVENTS.split(";\n"):
            if text.strip():
                connection.execute(text, {"now": now})
        for login, organisation in (("khan", "leeds"), ("reed", "york")):
            connection.execute(
                "insert into carer (organisation_id, login, name, role, password_hash)"
                " values (%s, %s, 'Dr Khan', 'clinician', %s)",
                (organisation, login, argon2.PasswordHasher().hash(PASSWORD)),
            )
        connection.execute("vacuum analyze")


async def _simulate(url: str, size: Size, now: datetime) -> None:
    async with connect(url) as connection:
        for organisation in ("leeds", "york"):
            await registry.register_organisation(
                connection, OrganisationId(organisation), organisation.title()
            )
    with psycopg.connect(url, autocommit=True) as log:
        async with connect(url, autocommit=True) as connection:
            await _live(connection, log, size, now)


async def _live(
    connection: Connection, log: psycopg.Connection[Any], size: Size, now: datetime
) -> None:
    for number in range(1, size.distinct + 1):
        home = SimulatedHome.drawn(number)
        household = await registry.register_household(
            connection,
            homes.household(
                HomeId(f"own{number}"),
                organisation_id=OrganisationId("leeds"),
                name=f"Home {number}",
                resident=f"Resident {number}",
                equipment=home.equipment,
            ),
        )
        record = recording(home, YEAR if number == 1 else size.days, now)
        if number > 1:
            store(log, household, record)
        async with connection.transaction():
            for count in counted(record, household.devices):
                await days_table.put_day(
                    connection, household.home.home_id, count, now, settled=True
                )


def recording(home: SimulatedHome, days: int, now: datetime) -> Recording:
    """Return the last days of a simulated home, up to this morning."""
    end = now.replace(hour=6, minute=0, second=0, microsecond=0)
    return Recording(home=home, span=(end - timedelta(days=days + 1, hours=6), end))
