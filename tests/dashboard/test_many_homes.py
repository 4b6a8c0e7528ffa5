"""A page of an organisation asks no more of the database for forty homes than for eight (decision 0296)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

LISTS = {
    "admin": (
        "/today", "/alerts", "/history", "/consent", "/plan", "/rota", "/people", "/reachable", "/watching",
        "/work", "/system", "/api/rota", "/api/alerts", "/plan/homes/m1", "/rota/homes/m1", "/homes/m1",
    ),
    "clinician": ("/caseload", "/today", "/consent", "/history", "/watching"),
    "worker": ("/today", "/rota", "/api/rota", "/rota/homes/m1", "/plan/homes/m1"),
    "technician": ("/work", "/system", "/homes/m1/devices"),
}  # fmt: skip
MORE = """
with made as (insert into home (home_id, organisation_id, name)
    select 'm' || n, organisation_id, 'House ' || n
    from home, generate_series(%(first)s::int, %(last)s::int) n where home_id = 'ada'
    returning home_id, organisation_id),
people as (insert into resident (home_id, name) select home_id, 'R ' || home_id from made
    returning resident_id, home_id),
family as (insert into carer (organisation_id, login, name, role, password_hash)
    select organisation_id, 'of-' || home_id, 'Of ' || home_id, 'family_carer', 'x' from made
    returning carer_id, substr(login, 4) as home_id),
circle as (insert into care (home_id, carer_id) select home_id, carer_id from family),
told as (insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
    select home_id, 'exit', 'urgent', 'carers', %(now)s, %(now)s, 'A door opened' from made),
agreed as (insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided,
    said_by, valid_from, valid_until, carer_id, at) select home_id, resident_id, 'given', 'care_monitoring',
    'contract', 'health_or_social_care', 'not_asked', 'S', %(now)s - interval '9 days',
    %(now)s + interval '9 days', %(writer)s, %(now)s from people),
seen as (insert into device (home_id, family, external_id, name, placement, reporting_interval_s)
    select home_id, 'zigbee2mqtt', 'x', 'Door', 'entrance', 600 from made),
tested as (insert into self_test (carer_id, asked_at) select carer_id, %(now)s from family),
rotas as (insert into rota (organisation_id, home_id, zone)
    select organisation_id, home_id, 'UTC' from made returning rota_id, home_id)
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
    select rota_id, carer_id, '{0}', 0, 60 from rotas join family using (home_id)
"""


def grow(town: Town, visitors: Visitors, first: int, last: int) -> None:
    values = {
        "first": first,
        "last": last,
        "now": visitors.site.clock.now(),
        "writer": town.carers["admin"],
    }
    town.connection.execute(MORE, values)


async def asked(browser: Browser, path: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Open a page a second time; return what it asked of the database."""
    await browser.text(path)
    queries: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def listening(self: Any, query: Any, *values: Any, **more: Any) -> Any:
        queries.append(str(query))
        return await execute(self, query, *values, **more)

    with monkeypatch.context() as during:
        during.setattr(psycopg.AsyncCursor, "execute", listening)
        await browser.text(path)
    return queries


@pytest.mark.parametrize("login", sorted(LISTS))
async def test_a_page_asks_no_more_of_forty_homes_than_of_eight(
    circle: Town, visitors: Visitors, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    browser = await visitors.of(login)
    grow(circle, visitors, 1, 8)
    few = {path: await asked(browser, path, monkeypatch) for path in LISTS[login]}
    grow(circle, visitors, 9, 40)
    for path, before in few.items():
        after = await asked(browser, path, monkeypatch)
        assert len(after) <= len(before), (path, [one for one in after if after.count(one) > 2])
