"""The technicians' work list over 10,000 homes: the query behind the first page, as the pages run it.

    .venv/bin/python bench/work_list.py --json

Ten devices a home, with presence and battery forecast; one device in twenty needs somebody. On the embedded
PostgreSQL, as the dashboard's role behind the wall between organisations, beside a second organisation of the
same size:

``work_list_ms``   median and worst of the rounds for the first page (limit: 200 ms)
``count_ms``       median of a plain ``count(*)`` over the same devices behind the same wall, in the same run
``ratio``          the first over the second
``items``          length of the list
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psycopg

from core.model.ids import CarerId, OrganisationId
from core.store.account import CarerRole, Visitor, acting
from core.store.migrate import migrate
from core.store.pool import Connection, open_pool
from core.store.work import work_list
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.stack import as_role

PASSWORD = "bench"  # noqa: S105 (of a server that lives for this run)
FILL = """
insert into organisation (organisation_id, name) values ('leeds', 'Leeds'), ('york', 'York');
insert into home (home_id, organisation_id, name) select o || n, o, 'Home ' || n
from unnest(array['leeds', 'york']) o, generate_series(1, {homes}) n;
insert into room (home_id, name, kind) select home_id, k, k from home,
unnest(array['bedroom', 'bathroom', 'kitchen', 'hall']) k;
insert into device (home_id, family, external_id, name, placement, room_id, heartbeat)
select h.home_id, 'zigbee2mqtt', 'd' || n, 'Sensor ' || n, case n when 1 then 'hub'
when 2 then 'entrance' else 'room' end, r.room_id, n = 1 from home h
join room r on r.home_id = h.home_id and r.kind = 'hall', generate_series(1, 10) n;
insert into presence (device_id, home_id, last_seen, battery_percent) select device_id, home_id,
now() - interval '2 min', case when device_id % 40 = 0 then 9 else 80 end from device;
insert into battery_forecast (device_id, home_id, low_on, earliest, latest, computed_at)
select device_id, home_id, current_date + d + 4, current_date + d, current_date + d + 9, now()
from (select *, case when device_id % 40 = 7 then 14 else 200 end as d from device) x;
insert into carer (organisation_id, login, name, role, password_hash)
values ('leeds', 'tom', 'Tom', 'technician', 'x');
analyze;
"""


async def measure(url: str, rounds: int) -> dict[str, object]:
    """Time the rounds as the dashboard."""
    visitor = Visitor(
        carer_id=CarerId(1),
        organisation_id=OrganisationId("leeds"),
        organisation="Leeds",
        name="Tom",
        role=CarerRole.TECHNICIAN,
        csrf="",
        created_at=datetime.now(UTC),
        expires_at=datetime.max.replace(tzinfo=UTC),
    )
    lists, counts, items = [], [], 0
    async with open_pool(url, most=1) as pool:
        for _ in range(rounds + 1):
            async with acting(pool, visitor) as connection:
                begun = time.perf_counter()
                items = (await work_list(connection, datetime.now(UTC))).count
                between = time.perf_counter()
                await _count(connection)
                counts.append((time.perf_counter() - between) * 1000)
                lists.append((between - begun) * 1000)
    lists, counts = lists[1:], counts[1:]  # the first fills the caches
    return {
        "work_list_ms": {
            "p50": round(statistics.median(lists), 1),
            "worst": round(max(lists), 1),
        },
        "count_ms": round(statistics.median(counts), 1),
        "ratio": round(statistics.median(lists) / statistics.median(counts), 2),
        "items": items,
    }


async def _count(connection: Connection) -> None:
    cursor = await connection.execute("select count(*) from device join presence using (device_id)")
    await cursor.fetchone()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--homes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wayhome-bench-") as folder:
        Path(folder).chmod(0o755)  # the database runs as a user of its own
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            migrate(server.url(), passwords={"wayhome_dashboard": PASSWORD})
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(FILL.format(homes=options.homes).encode())
            url = as_role(server.url(), "wayhome_dashboard", PASSWORD)
            print(json.dumps(asyncio.run(measure(url, options.rounds))))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
