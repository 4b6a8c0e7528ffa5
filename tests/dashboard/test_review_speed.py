"""What a review reads is read by home and day, or device and time; and it goes over the wire packed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

import psycopg

from core.store.caseload import _CASES
from core.store.review import SLOW
from tests.dashboard.plans import going_plan, plans

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
FILL: LiteralString = """
insert into organisation values ('leeds', 'Leeds');
insert into home (home_id, organisation_id, name)
select 'h' || n, 'leeds', 'Home' from generate_series(1, 200) n;
insert into device (home_id, family, external_id, name, placement)
select home_id, 'wayhome', 'd', 'D', 'room' from home;
insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts)
select home_id, date '2026-01-15' - d, now(), array_fill(15, array[96]), array_fill(1, array[96]), 1440, 96,
 '{}' from home, generate_series(1, 60) d;
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
select at, device_id, 'motion', 1, home_id, at from device,
 generate_series('2025-12-01'::timestamptz, '2026-01-15', interval '6 hours') at;
insert into position (observed_at, device_id, latitude, longitude, home_id, received_at)
select at, device_id, 53, -1, home_id, at from device,
 generate_series('2025-12-01'::timestamptz, '2026-01-15', interval '6 hours') at;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
select home_id, 'exit', 'check', 'carers', p, '2026-01-15'::timestamptz - a * interval '5 hours',
 '2026-01-15', 'A door opened', 1 from home, generate_series(1, 20) a, unnest(array['opened', 'cleared']) p;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
select home_id, 'inactivity', 'check', 'carers', 'opened', '2026-01-15', '2026-01-15', 'Nothing moved', 1
 from home where home_id like 'h%7';
analyze;
"""


def test_the_plans_go_by_home_and_day_or_device_and_time(timescale_database: Database) -> None:
    with psycopg.connect(timescale_database.url, autocommit=True) as connection:
        connection.execute(FILL)
    found = plans(timescale_database.url, "h7", NOW)
    for name, scans in found.items():
        assert scans, name
        assert all("Index" in one and one.endswith("_pkey") for one in scans), found
    assert going_plan(timescale_database.url, "h7") == ["finding_going"]


def test_the_query_names_the_slow_detectors() -> None:
    names = ", ".join(f"'{one}'" for one in SLOW)
    assert _CASES.count(f"detector in ({names})") == 2


async def test_pictures_and_numbers_are_packed_and_pages_are_not(
    visitors: Visitors, town: Town
) -> None:
    town.execute(
        "insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts)"
        " select 'ada', %s::date - d, now(), array_fill(15, array[96]), array_fill(1, array[96]), 1440, 96,"
        ' \'{"rooms": {}, "moves": [], "night": null, "outings": [], "door": false, "visits": {}}\''
        " from generate_series(1, 28) d",
        town.now + timedelta(hours=1),
    )
    browser = await visitors.of("clinician")
    for kind in ("svg", "csv", "json"):
        path = f"/residents/1/days/actogram.{kind}"
        plain = await browser.get(path, **{"accept-encoding": "identity"})
        wire = await browser.get(path, **{"accept-encoding": "gzip"})
        assert "content-encoding" not in plain.headers
        assert wire.headers["content-encoding"] == "gzip"
        assert int(wire.headers["content-length"]) < len(plain.content) / 2
        assert wire.content == plain.content
    page = await browser.get("/residents/1/days", **{"accept-encoding": "gzip"})
    assert "content-encoding" not in page.headers, "a page holds the token of the session"
