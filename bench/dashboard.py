"""A clinician's pages over many residents: server time of review, caseload and the actogram of a year.

    .venv/bin/python bench/dashboard.py --json
    .venv/bin/python bench/dashboard.py --residents 500 --days 30 --json

Counted days are written by SQL, one row a resident and day, as detection leaves them; the first resident has
a year. The pages are asked for in this process, through the application and the real database (embedded
PostgreSQL, the dashboard's role, behind the wall between organisations):

``resident_page_ms``   a review of 28 days, another resident each time (limits: p50 50 ms, p95 100 ms)
``caseload_ms``        the first page of the caseload (limit: p95 200 ms)
``actogram_year_ms``   the picture of 365 days (limit: p95 500 ms)
``bytes``              of each answer
``uses_index``         whether the plan of a review's days goes by the index of home and day
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import argon2
import httpx
import numpy as np
import psycopg

from core.runtime.clock import ManualClock
from core.runtime.settings import DashboardSettings
from core.store.migrate import migrate
from core.store.pool import open_pool
from dashboard.app import build
from dashboard.service import make_site
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.stack import as_role

PASSWORD = "bench of pages"  # noqa: S105 (of a server that lives for this run)
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
YEAR = 365
FILL = """
insert into organisation (organisation_id, name) values ('leeds', 'Leeds');
insert into home (home_id, organisation_id, name) select 'h' || n, 'leeds', 'Home ' || n
from generate_series(1, {residents}) n;
insert into resident (home_id, name) select 'h' || n, 'Resident ' || n from generate_series(1, {residents}) n;
insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min, active_min, facts)
select 'h' || n, '{today}'::date - d, now(), true, array_fill(15, array[96]), s.slots, 1440,
(select sum(x) from unnest(s.slots) x), jsonb_build_object('rooms', jsonb_build_object(
'Kitchen', to_jsonb(s.slots), 'Hall', to_jsonb(s.slots), 'Bathroom', to_jsonb(s.slots),
'Bedroom', to_jsonb(s.slots)), 'moves', '[["Hall", "Kitchen", 30], ["Kitchen", "Hall", 30]]'::jsonb,
'night', null, 'outings', '[]'::jsonb, 'door', true,
'visits', '{{"bathroom": [5, 1, 7.5], "kitchen": [9, 0, 8.0]}}'::jsonb)
from generate_series(1, {residents}) n
cross join lateral generate_series(1, case n when 1 then {year} else {days} end) d
cross join lateral (select array(select (random() * case when q between 28 and 88 then 15 else 2 end)
::smallint from generate_series(0, 95) q where n > 0 and d > 0) as slots) s;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
select 'h' || n, 'day_change', 'notice', 'carers', 'opened', now() - interval '5 days',
now() - interval '3 days', 'More movement at night', 1 from generate_series(1, {residents}, 10) n;
insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
select 'h' || n, 'exit', 'check', 'carers', now() - a * interval '1 day', now(), 'A door opened'
from generate_series(1, {residents}, 3) n, generate_series(1, 5) a;
"""


async def measure(url: str, residents: int, rounds: int) -> dict[str, Any]:
    """Ask for the pages and time the answers."""
    settings = DashboardSettings(
        database_url=url, cookie_secure=False, identity_key="a key of a bench"
    )
    async with open_pool(url) as pool:
        app = build(make_site(pool, ManualClock(NOW), settings))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as browser:
            await _log_in(browser)
            found = {
                "resident_page_ms": [
                    f"/residents/{n % residents + 1}/days" for n in range(2, rounds + 2)
                ],
                "caseload_ms": ["/caseload"] * rounds,
                "actogram_year_ms": ["/residents/1/days/actogram.svg?days=365"]
                * max(rounds // 5, 5),
            }
            results: dict[str, Any] = {"bytes": {}}
            for name, paths in found.items():
                await browser.get(paths[0])  # the first fills the caches
                times = [await _time(browser, path, results["bytes"], name) for path in paths]
                results[name] = {
                    "p50": round(float(np.percentile(times, 50)), 1),
                    "p95": round(float(np.percentile(times, 95)), 1),
                }
    return results


async def _log_in(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/login")).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    form = hidden | {"login": "khan", "password": PASSWORD}
    answer = await browser.post("/login", data=form)
    assert answer.status_code == 303, answer.text


async def _time(browser: httpx.AsyncClient, path: str, sizes: dict[str, int], name: str) -> float:
    begun = time.perf_counter()
    answer = await browser.get(path)
    took = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, (path, answer.status_code)
    sizes[name.removesuffix("_ms")] = len(answer.content)
    return took


def _uses_index(url: str) -> bool:
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('wayhome.organisation', 'leeds', true)")
        connection.execute("select set_config('wayhome.scope', 'organisation', true)")
        plan = connection.execute(
            "explain select day, seen, active, facts::text from day_count where home_id = 'h2'"
            " and day between %s and %s order by day",
            (NOW.date() - timedelta(days=28), NOW.date()),
        ).fetchall()
    return any("day_count_pkey" in line for (line,) in plan)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--residents", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wayhome-bench-") as folder:
        Path(folder).chmod(0o755)  # the database runs as a user of its own
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            migrate(server.url(), passwords={"wayhome_dashboard": PASSWORD})
            fill = FILL.format(
                residents=options.residents, days=options.days, year=YEAR, today=NOW.date()
            )
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(fill.encode())
                connection.execute(
                    "insert into carer (organisation_id, login, name, role, password_hash)"
                    " values ('leeds', 'khan', 'Dr Khan', 'clinician', %s)",
                    (argon2.PasswordHasher().hash(PASSWORD),),
                )
                connection.execute("vacuum analyze")
            url = as_role(server.url(), "wayhome_dashboard", PASSWORD)
            results = asyncio.run(measure(url, options.residents, options.rounds))
            size = {"residents": options.residents, "days": options.days}
            print(json.dumps(size | results | {"uses_index": _uses_index(url)}))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
