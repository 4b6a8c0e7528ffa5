"""A clinician's pages over many residents in TimescaleDB: server time, processor time, bytes, plans.

    .venv/bin/python bench/dashboard.py --json
    .venv/bin/python bench/dashboard.py --residents 500 --distinct 20 --json

The simulator lives ``--distinct`` households for the last ``--days`` days: their raw rows go into the log and
their days are counted as detection counts them. The other residents' days are those of these households,
moved by days and hours; one has a year. A second organisation is a team of 300 residents. The pages are asked
for in this process, by turns, through the application and the real database (the dashboard's role, behind the
wall between organisations):

``resident_page_ms``   a review of 28 days, another resident each time (limits: p50 50 ms, p95 100 ms)
``caseload_ms``        first page of the caseload of all; ``caseload_team_ms`` of the team (limit: p95 200 ms)
``actogram_365_ms``    the picture of 365 days (limit: p95 500 ms)
``picture_ms``         each picture of a page; ``spark_ms`` the small line of the caseload
``…_cpu``              the same in processor time of this process, ``…_database_cpu`` of the database: what a
                       machine that others load hardly changes (0 where the database runs elsewhere)
``list_ms``            lists and pages of one home of an administrator of the whole organisation, with two
                       family carers a home, a rota for each tenth home, and bases of which each
                       hundredth ends soon
``bytes``              of each answer, as it is and as it goes over the wire (gzip)
``plans``              by which index the logs that the pages read are read: home and day, device and time
``size``               rows, and bytes of the tables with their indexes
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import re
import sys
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import httpx
import numpy as np
import psycopg

from bench._simulated_town import PASSWORD, YEAR, Size, empty_database, fill
from core.runtime.clock import ManualClock
from core.runtime.settings import DashboardSettings
from core.store.pool import open_pool
from dashboard.app import build
from dashboard.clinician.charts import CHARTS
from dashboard.service import make_site
from tests.dashboard.plans import plans
from tests.servers.databases import Database

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
TABLES = ("day_count", "observation", "position", "finding", "alert")
Times = dict[str, list[tuple[float, float, float]]]
LISTS = (
    "/today", "/alerts", "/history", "/consent", "/plan", "/rota", "/people", "/reachable", "/watching",
    "/work", "/system", "/homes/leeds{home}", "/plan/homes/leeds{home}", "/rota/homes/leeds{home}",
)  # fmt: skip
"""Pages of an organisation; the last of one home among its homes."""
PEOPLE: LiteralString = """
set session_replication_role = replica;
insert into carer (organisation_id, login, name, role, password_hash)
  select organisation_id, home_id || '-' || n, 'Carer ' || home_id, 'family_carer', 'x'
  from home, generate_series(1, 2) n;
insert into care (home_id, carer_id, telling_order)
  select split_part(login, '-', 1), carer_id, split_part(login, '-', 2)::int
  from carer where role = 'family_carer';
insert into own_contact (carer_id, channel, address, created_at)
  select carer_id, 'ntfy', 'https://example.org', %(now)s from carer where role = 'family_carer';
insert into rota (organisation_id, home_id, zone) select organisation_id, home_id, zone from home
  where home_id like '%%0' union all select organisation_id, null, 'UTC' from organisation;
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
  select rota_id, carer_id, '{0,1,2,3,4,5,6}', 0, 0 from rota join care using (home_id)
  where telling_order = 1;
insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided, said_by,
  valid_from, valid_until, carer_id, at) select home_id, resident_id, 'given', purpose, 'contract',
  'health_or_social_care', 'not_asked', 'The bench', %(now)s - interval '1 year',
  case when resident_id %% 100 = 0 then %(now)s + interval '9 days' end, 1, %(now)s - interval '1 year'
  from resident, unnest(array['care_monitoring', 'location', 'open_data']) purpose;
insert into self_test (carer_id, asked_at)
  select carer_id, %(now)s - n * interval '7 days' from care, generate_series(1, 8) n;
insert into self_test_answer (self_test_id, at) select self_test_id, asked_at from self_test
  where carer_id %% 10 <> 0;
insert into carer (organisation_id, login, name, role, password_hash)
  select 'leeds', 'admin', 'Administrator', 'organisation_admin', password_hash
  from carer where login = 'khan';
analyze;
"""
KINDS = ("_ms", "_ms_cpu", "_ms_database_cpu")


async def measure(
    url: str, residents: list[int], rounds: int, pids: Callable[[], list[int]]
) -> dict[str, Any]:
    """Ask for the pages by turns and time the answers."""
    settings = DashboardSettings(
        database_url=url, cookie_secure=False, identity_key="a key of a bench"
    )
    times: Times = defaultdict(list)
    sizes: dict[str, tuple[int, int]] = {}
    async with open_pool(url) as pool:
        app = build(make_site(pool, ManualClock(NOW), settings))
        browsers = {login: await _log_in(app, login) for login in ("khan", "reed", "admin")}
        for turn in range(-1, rounds):  # the first fills the caches
            backends = pids()
            for name, login, path in _paths(turn, residents):
                found = await _time(browsers[login], path, backends)
                if turn >= 0:
                    times[name].append(found[:3])
                sizes[name] = found[3:]
        for browser in browsers.values():
            await browser.aclose()
    return _summary(times) | {
        "bytes": {name: {"plain": one[0], "wire": one[1]} for name, one in sizes.items()}
    }


def _paths(turn: int, residents: list[int]) -> list[tuple[str, str, str]]:
    number = residents[turn * 7919 % len(residents)]
    page = f"/residents/{number}/days"
    found = [
        ("resident_page", "khan", page),
        ("caseload", "khan", "/caseload"),
        ("caseload_team", "reed", "/caseload"),
        ("spark", "khan", f"/residents/{number}/spark.svg"),
    ]
    found += [("list " + path, "admin", path.format(home=len(residents))) for path in LISTS]
    if turn % 5 <= 0:
        found.append(
            (f"actogram_{YEAR}", "khan", f"/residents/{residents[0]}/days/actogram.svg?days={YEAR}")
        )
        found += [(f"picture {key}", "khan", f"{page}/{key}.svg") for key in CHARTS]
    return found


def _summary(times: Times) -> dict[str, Any]:
    results: dict[str, Any] = defaultdict(dict)
    for name, found in times.items():
        for kind, values in zip(KINDS, np.array(found).T, strict=True):
            p50, p95 = np.percentile(values, (50, 95))
            one = {"min": values.min(), "p50": p50, "p95": p95}
            one = {key: round(float(value), 1) for key, value in one.items()}
            group, space, key = name.partition(" ")
            if space:
                results[f"{group}{kind}"][key] = one
            else:
                results[f"{name}{kind}"] = one
    return results


async def _log_in(app: Any, login: str) -> httpx.AsyncClient:
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench")
    text = (await browser.get("/login")).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    answer = await browser.post("/login", data=hidden | {"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return browser


def _used(pids: list[int]) -> float:
    """Return the seconds of processor that processes of this machine have used."""
    with suppress(OSError):
        texts = [Path(f"/proc/{pid}/schedstat").read_text() for pid in pids]
        return sum(int(text.split()[0]) for text in texts) / 1e9
    return 0.0


async def _time(
    browser: httpx.AsyncClient, path: str, backends: list[int]
) -> tuple[float, float, float, int, int]:
    request = browser.build_request("GET", path)
    before = _used(backends)
    begun, cpu = time.perf_counter(), time.process_time()
    answer = await browser.send(request, stream=True)
    wire = b"".join([part async for part in answer.aiter_raw()])
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    database = _used(backends) - before
    assert answer.status_code == 200, (path, answer.status_code)
    zipped = answer.headers.get("content-encoding") == "gzip"
    plain = len(gzip.decompress(wire)) if zipped else len(wire)
    return took * 1000, used * 1000, database * 1000, plain, len(wire)


def _size(url: str) -> dict[str, Any]:
    found = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            hyper = table in {"observation", "position"}
            measured = "hypertable_size(%s::regclass)" if hyper else "pg_total_relation_size(%s)"
            query = f"select (select count(*) from {table}), {measured}"  # noqa: S608 (ours)
            rows, size = connection.execute(query.encode(), (table,)).fetchone() or (0, 0)
            found[table] = {"rows": rows, "bytes": size}
    return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Fill a database, measure, remove it."""
    size = Size(residents=options.residents, days=options.days, distinct=options.distinct)
    with empty_database() as database:
        begun = time.monotonic()
        fill(database.url, size, NOW)
        with psycopg.connect(database.url, autocommit=True) as owner:
            for text in PEOPLE.split(";\n"):
                if text.strip():
                    owner.execute(text, {"now": NOW})
        filled_s = round(time.monotonic() - begun)
        return _measured(database, size, options.rounds) | {"filled_s": filled_s}


def _measured(database: Database, size: Size, rounds: int) -> dict[str, Any]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        query = "select resident_id from resident join home using (home_id) where organisation_id = 'leeds'"
        residents = [one for (one,) in connection.execute(f"{query} order by 1".encode())]

        def pids() -> list[int]:
            found = connection.execute(
                "select pid from pg_stat_activity where datname = current_database()"
                " and usename = 'wayhome_dashboard'"
            )
            return [one for (one,) in found]

        url = database.url_as("wayhome_dashboard")
        found = asyncio.run(measure(url, residents, rounds, pids))
    facts = {
        "residents": size.residents,
        "days": size.days,
        "distinct": size.distinct,
        "size": _size(database.url),
    }
    kept = plans(database.url, "own2", NOW)
    return facts | found | {"plans": kept, "load": [round(one, 1) for one in os.getloadavg()]}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--residents", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--distinct", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=50)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
