"""A town of simulated residents in a database: raw rows, counted days, alerts and findings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from sensors.simulator.rows import QUANTITIES

if TYPE_CHECKING:
    from core.model.home import Household
    from sensors.simulator.rows import Rows

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
    async with connect(url, autocommit=True) as connection:
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
                await _copy(connection, household, record)
            async with connection.transaction():
                for count in counted(record, household.devices):
                    await days_table.put_day(
                        connection, household.home.home_id, count, now, settled=True
                    )


def recording(home: SimulatedHome, days: int, now: datetime) -> Recording:
    """Return the last days of a simulated home, up to this morning."""
    end = now.replace(hour=6, minute=0, second=0, microsecond=0)
    return Recording(home=home, span=(end - timedelta(days=days + 1, hours=6), end))


async def _copy(connection: Any, household: Household, record: Recording) -> None:
    devices = [one.device_id for one in household.devices]
    home = household.home.home_id
    known: set[tuple[object, ...]] = set()
    for batch in record.stored():
        scalars, places = _texts(batch, devices, home, known)
        async with connection.cursor() as cursor:
            async with cursor.copy(
                "copy observation (observed_at, device_id, quantity, value, home_id, received_at)"
                " from stdin"
            ) as copy:
                await copy.write("".join(scalars))
            async with cursor.copy(
                "copy position (observed_at, device_id, latitude, longitude, accuracy_m, speed_m_s,"
                " home_id, received_at) from stdin"
            ) as copy:
                await copy.write("".join(places))


def _texts(
    batch: Rows, devices: list[Any], home: str, known: set[tuple[object, ...]]
) -> tuple[list[str], list[str]]:
    scalars, places = [], []
    for at, device, quantity, value, place in zip(
        batch.observed.round(3).tolist(), batch.device.tolist(), batch.quantity.tolist(),
        batch.value.tolist(), batch.place.tolist(), strict=True,
    ):  # fmt: skip
        key = (at, device, quantity)
        if key in known:
            continue  # told twice, kept once
        known.add(key)
        moment = datetime.fromtimestamp(at, UTC).isoformat()
        if place >= 0:
            fix = "\t".join(f"{one:.7g}" for one in batch.places[place].tolist())
            places.append(f"{moment}\t{devices[device]}\t{fix}\t{home}\t{moment}\n")
        else:
            scalars.append(
                f"{moment}\t{devices[device]}\t{QUANTITIES[quantity].value}\t{value}\t{home}\t{moment}\n"
            )
    return scalars, places
