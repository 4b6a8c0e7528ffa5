"""FHIR over many residents: server time of pages of 50, of one resource, and of a bulk export.

    .venv/bin/python bench/fhir.py --json
    .venv/bin/python bench/fhir.py --residents 500 --days 30 --json

The tables are filled as `bench/dashboard.py` fills them. A program with a bearer token asks in this process,
through the application and the real database (TimescaleDB, the dashboard's role, behind the walls of
organisations and of the ledger of bases, where everybody has one for this program); each answer is recorded,
as in use.

``p50`` and ``p95`` are what a client waits; ``cpu`` is the processor time of this process for one answer,
which says more on a busy machine.

``patient_page_ms``   50 Observations of one patient, another each time
``search_page_ms``    50 Observations of a day of the whole organisation, page after page by `next`
``flags_page_ms``     50 Flags of the whole organisation, page after page
``read_ms``           one Observation
``export``            lines of bulk exports of 20 homes, and how many a second
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import httpx
import numpy as np
import psycopg

from bench._simulated_town import Size, empty_database, fill
from bench.dashboard import NOW
from core.runtime.clock import ManualClock
from core.runtime.settings import DashboardSettings
from core.store.pool import open_pool
from dashboard.app import build
from dashboard.entrance import hashed
from dashboard.service import make_site

KEY = "a key of a bench"
EXPORTED = 20
"""Homes whose days are exported."""


async def measure(url: str, known: list[tuple[int, str]], rounds: int) -> dict[str, Any]:
    """Ask and time the answers."""
    settings = DashboardSettings(
        database_url=url, cookie_secure=False, identity_key="a key of a bench"
    )
    async with open_pool(url) as pool:
        app = build(make_site(pool, ManualClock(NOW), settings))
        headers = {"authorization": f"Bearer {KEY}", "prefer": "respond-async"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://bench", headers=headers
        ) as client:
            day = (NOW.date() - timedelta(days=3)).isoformat()
            numbers = [known[n * 7919 % len(known)][0] for n in range(1, rounds + 1)]
            patients = [f"/fhir/Observation?patient={n}&_count=50" for n in numbers]
            single = [f"/fhir/Observation/{n}-{day.replace('-', '')}-active" for n in numbers]
            return {
                "patient_page_ms": await _each(client, patients),
                "search_page_ms": await _pages(client, f"/fhir/Observation?date={day}", rounds),
                "flags_page_ms": await _pages(client, "/fhir/Flag?status=active", rounds),
                "read_ms": await _each(client, single),
                "export": await _export(client, [home for _, home in known[1 : EXPORTED + 1]]),
            }


async def _each(client: httpx.AsyncClient, paths: list[str]) -> dict[str, float]:
    await client.get(paths[0])
    times, worked = [], time.process_time()
    for path in paths:
        begun = time.perf_counter()
        answer = await client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (path, answer.text)
    return _figures(times, time.process_time() - worked)


async def _pages(client: httpx.AsyncClient, path: str, rounds: int) -> dict[str, float]:
    times, address = [], path
    await client.get(path)
    worked = time.process_time()
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = await client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
        following = {one["relation"]: one["url"] for one in answer.json()["link"]}.get("next")
        if following is None:
            break
        address = following
    return _figures(times, time.process_time() - worked)


def _figures(times: list[float], worked: float) -> dict[str, float]:
    return {
        "cpu": round(worked * 1000 / len(times), 1),
        "p50": round(float(np.percentile(times, 50)), 1),
        "p95": round(float(np.percentile(times, 95)), 1),
    }


async def _export(client: httpx.AsyncClient, homes: list[str]) -> dict[str, int]:
    """Take the days of some homes, whole, as the lines of exports."""
    lines, taken = 0, 0.0
    for home in homes:
        begun = await client.get(f"/fhir/Group/{home}/$export?_type=Observation")
        place = begun.headers["content-location"]
        (output,) = (await client.get(place)).json()["output"]
        start = time.perf_counter()
        answer = await client.get(output["url"])
        taken += time.perf_counter() - start
        lines += len(answer.content.splitlines())
        await client.delete(place)
    return {"lines": lines, "per_s": round(lines / taken)}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--residents", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--distinct", type=int, default=100)
    options = parser.parse_args()
    size = Size(residents=options.residents, days=options.days, distinct=options.distinct)
    with empty_database() as database:
        fill(database.url, size, NOW)
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(
                "with program as (insert into carer (organisation_id, login, name, role, password_hash)"
                " values ('leeds', 'program', 'Record', 'clinician', '') returning carer_id)"
                " insert into application_token (token_hash, organisation_id, carer_id, name, recipient,"
                " scopes, made_at, ends_at) select %s, 'leeds', carer_id, 'Record', 'Record',"
                " '{system/*.rs}', %s, %s"
                " from program",
                (hashed(KEY), NOW - timedelta(days=1), NOW + timedelta(days=1)),
            )
            connection.execute(
                "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6,"
                " article9, decided, said_by, valid_from, carer_id, at) select home_id, resident_id,"
                " 'given', 'record_sharing', 'Record', 'public_task', 'health_or_social_care',"
                " 'not_asked', 'The bench', %s, (select min(carer_id) from carer), %s from resident",
                (NOW - timedelta(days=1), NOW - timedelta(days=1)),
            )
            connection.execute("vacuum analyze")
            homes = "select resident_id, home_id from resident join home using (home_id)"
            known = connection.execute(
                f"{homes} where organisation_id = 'leeds' order by 1".encode()
            ).fetchall()
        url = database.url_as("wayhome_dashboard")
        facts = {"residents": options.residents, "days": options.days}
        load = {"load": [round(one, 1) for one in os.getloadavg()]}
        print(json.dumps(facts | asyncio.run(measure(url, known, options.rounds)) | load))


if __name__ == "__main__":
    main()
