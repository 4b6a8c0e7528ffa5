"""What loops and pages ask costs what they find, not what has been: a few open alerts beside thousands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.finding import Audience, Response, ResponseKind
from core.model.ids import AlertId, CarerId, HomeId, OrganisationId
from core.store import alert as alert_table
from core.store import (
    alert_audit,
    audit,
    basis,
    caseload,
    noted,
    page,
    plan,
    rota,
    self_test,
    spoken,
    system,
    timeline,
)
from core.store.account import CarerRole, Visitor, acting
from core.store.ledger import read_ledger
from core.store.pool import Connection, connect, open_pool
from tests.stores.asked import listening, rows_read

if TYPE_CHECKING:
    from collections import Counter

    from tests.servers.databases import Database

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOMES, PAST, OPEN = 300, 20_000, 10
SIGHT = page.Sight(audiences=(Audience.CARERS, Audience.OPERATORS))
FILL = f"""
set session_replication_role = replica;
insert into organisation (organisation_id, name) values ('leeds', 'Leeds');
insert into home (home_id, organisation_id, name) select 'h' || n, 'leeds', 'H' || n
  from generate_series(1, {HOMES}) n;
insert into resident (home_id, name) select home_id, 'R' from home;
insert into carer (organisation_id, login, name, role, password_hash)
  select 'leeds', 'c' || n, 'Carer ' || n, 'family_carer', 'x' from generate_series(1, {HOMES}) n;
insert into care (home_id, carer_id) select 'h' || carer_id, carer_id from carer;
insert into own_contact (carer_id, channel, address, created_at)
  select carer_id, 'ntfy', 'x', now() from carer;
insert into carer (organisation_id, login, name, role, password_hash)
  values ('leeds', 'admin', 'Admin', 'organisation_admin', 'x');
insert into finding (home_id, resident_id, detector, severity, audience, phase, onset, noticed_at,
  recorded_at, what, step, txid) select 'h' || 1 + n % {HOMES}, 1, 'exit', 'urgent', 'carers', 'opened',
  t, t, t, 'x', 1, (3 + n / 100)::text::xid8 from generate_series(1, {PAST}) n,
  lateral (select '{NOW}'::timestamptz - interval '30 days' - n * interval '1 minute' as t) x;
insert into alert (home_id, resident_id, detector, severity, audience, state, onset, opened_at, what,
  resolved_at, policy) select home_id, resident_id, detector, severity, audience,
  case when finding_id > {PAST - OPEN} then 'open' else 'resolved' end, onset, onset, what,
  case when finding_id > {PAST - OPEN} then null else onset + interval '1 hour' end, '{{"next_at": 0}}'
  from finding order by finding_id;
insert into alert_finding select alert_id, alert_id from alert;
insert into delivery (alert_id, carer_id, channel, step, state, next_try_at, sent_at)
  select alert_id, substr(home_id, 2)::bigint, 'ntfy', 0, 'sent', opened_at, opened_at from alert;
insert into response (alert_id, carer_id, kind, at, txid) select alert_id, substr(home_id, 2)::bigint,
  'acknowledge', opened_at, (3 + alert_id / 100)::text::xid8 from alert;
insert into alert_cursor select r, '900'::xid8, 20000 from unnest(array['finding', 'response']) r;
insert into self_test (carer_id, asked_at) select carer_id, '{NOW}'::timestamptz - n * interval '7 days'
  from care, generate_series(0, 51) n;
insert into delivery (carer_id, channel, step, state, next_try_at, sent_at, kind, created_at)
  select carer_id, 'ntfy', 0, 'sent', asked_at, asked_at, 'test', asked_at from self_test
  order by self_test_id;
insert into self_test_message select delivery_id, delivery_id - {PAST} from delivery where kind = 'test';
analyze;
"""

STEPS = 2000
BASES = f"""
set session_replication_role = replica;
insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided, said_by,
  valid_from, valid_until, carer_id, at) select home_id, resident_id, 'given', 'care_monitoring', 'contract',
  'health_or_social_care', 'not_asked', 'S', '2026-01-01',
  case when resident_id <= 3 then '2026-10-01'::date end, 1, '2026-01-01' from resident;
insert into rota (organisation_id, home_id, zone) select 'leeds', home_id, 'UTC' from home;
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
  select rota_id, substr(home_id, 2)::bigint, '{{0}}', 0, 60 from rota;
insert into engine_step (shard, step, txid, sequence, recorded_at) select n % 4, n, '1', n, '{NOW}'
  from generate_series(1, {STEPS}) n;
analyze;
"""
LEEDS = OrganisationId("leeds")


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(FILL.encode())
    return plain_database


@pytest.fixture
async def alerting(town: Database) -> AsyncIterator[Connection]:
    async with connect(town.url_as("wayhome_alerts")) as connection:
        yield connection


def visitor(carer: int, role: CarerRole) -> Visitor:
    return Visitor(
        carer_id=CarerId(carer),
        organisation_id=OrganisationId("leeds"),
        organisation="Leeds",
        name="",
        role=role,
        csrf="",
        created_at=NOW,
        expires_at=NOW,
    )


ADMIN = visitor(HOMES + 1, CarerRole.ORGANISATION_ADMIN)
FAMILY = visitor(10, CarerRole.FAMILY_CARER)


def past(read: Counter[str]) -> int:
    """Count the rows that were read of what grows with the years."""
    return sum(
        read[one]
        for one in (
            "alert",
            "finding",
            "alert_finding",
            "delivery",
            "response",
            "self_test",
            "self_test_message",
        )
    )


async def test_the_loop_of_escalation_reads_what_is_open(alerting: Connection) -> None:
    with listening(alerting) as asked:
        due = await alert_table.alerts_to_look_at(alerting, NOW, 50)
        audited = await alert_table.alerts_to_look_at(alerting, NOW, 50, beyond=AlertId(0))
    assert len(due) == len(audited) == OPEN
    assert past(await rows_read(alerting, asked)) <= 4 * OPEN


async def test_the_auditor_reads_what_is_open_or_of_late(alerting: Connection) -> None:
    with listening(alerting) as asked:
        signs = await alert_audit.signs(alerting, NOW, timedelta(hours=25))
        ledger = await read_ledger(alerting, NOW - timedelta(hours=2), NOW)
        assert await alert_audit.alerts_of(alerting, "audit", since=NOW - timedelta(hours=4)) == []
    assert (signs.finding_waits_s, signs.answer_waits_since) == (0, None)
    assert len(ledger.alerts) == OPEN
    assert past(await rows_read(alerting, asked)) <= 20 * OPEN


async def test_what_waits_is_the_first_behind_the_cursor(
    alerting: Connection, town: Database
) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute("update alert_cursor set txid = '150'")
        ((at,),) = owner.execute(
            "select min(at) from response where (txid, response_id) > ('150'::xid8, 0)"
            " and txid = (select min(txid) from response where txid >= '150')"
        ).fetchall()
    signs = await alert_audit.signs(alerting, NOW, timedelta(hours=25))
    assert signs.answer_waits_since is not None
    assert abs(signs.answer_waits_since - at) < timedelta(hours=2)
    assert signs.finding_waits_s > 0


async def test_weekly_tests_try_no_pairs_of_people_and_homes(alerting: Connection) -> None:
    with listening(alerting) as asked:
        found = await self_test.candidates(alerting)
    assert len(found) == HOMES + 1
    assert [one.home_id for one in found if one.carer_id == 10] == ["h10"]
    assert next(one.home_id for one in found if one.carer_id == HOMES + 1) == "h1"
    read = await rows_read(alerting, asked)
    assert read["joined"] <= 2 * HOMES
    assert past(read) <= 4 * HOMES


@pytest.mark.parametrize("who", [ADMIN, FAMILY], ids=["administrator", "family"])
async def test_an_alert_is_shown_and_answered_without_the_past(
    town: Database, who: Visitor
) -> None:
    mine = AlertId(10 - 1 + HOMES)  # of home h10
    async with open_pool(town.url_as("wayhome_dashboard")) as pool, acting(pool, who) as connection:
        with listening(connection) as asked:
            assert await page.card_of(connection, SIGHT, mine) is not None
            await page.open_cards(connection, SIGHT, limit=20)
            answer = Response(
                alert_id=mine, carer_id=who.carer_id, kind=ResponseKind.COMMENT, at=NOW, comment="x"
            )
            await page.respond(connection, answer)
        assert past(await rows_read(connection, asked)) <= 300


async def test_the_system_page_and_the_record_of_looks_read_no_past(town: Database) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute(
            "set session_replication_role = replica; insert into access_record (at, carer_id, home_id, page,"
            " role, organisation_id, sequence, previous_hash, hash) select now() - n * interval '1 hour', 1,"
            " 'h1', 'today', 'clinician', 'leeds', n, '', '' from generate_series(1, 20000) n;"
            " analyze access_record"
        )
    auditor = visitor(HOMES + 1, CarerRole.AUDITOR)
    wanted = audit.LookFilter(since=datetime.now(UTC) - timedelta(days=2), until=datetime.now(UTC))
    async with open_pool(town.url_as("wayhome_dashboard")) as pool:
        async with acting(pool, ADMIN) as connection:
            with listening(connection) as asked:
                assert (await system.services(connection, NOW)).unread_since is None
            assert past(await rows_read(connection, asked)) <= 2000
        async with acting(pool, auditor) as connection:
            with listening(connection) as asked:
                assert len(await audit.looks(connection, wanted, 20)) == 20
            assert (await rows_read(connection, asked))["access_record"] <= 50


async def test_colleagues_are_read_once_and_not_once_each(town: Database) -> None:
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            found = await plan.colleagues(connection, HomeId("h10"))
        assert found[0].carer_id == 10
        assert {one.channels for one in found} == {("ntfy",), ()}
        assert (await rows_read(connection, asked))["channels_of()"] == 1


async def test_who_can_be_reached_reads_few_tests_of_each(town: Database) -> None:
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            some = await self_test.people(connection, newest=3)
            (one,) = await self_test.people(connection, only=[CarerId(10)])
        assert {len(person.tests) for person in some} == {3}
        assert len(one.tests) == 52
        assert past(await rows_read(connection, asked)) <= 30 * HOMES


async def test_a_home_s_page_and_its_plan_read_nobody_of_other_homes(town: Database) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute(BASES.encode())
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            assert await timeline.glance_of(connection, HomeId("h10")) is not None
            found, total = await timeline.glances(connection, limit=5)
        assert (len(found), total) == (5, HOMES)
        read = await rows_read(connection, asked)
        assert read["purpose_basis"] <= 50
        assert read["engine_step"] <= 2 * STEPS
        with listening(connection) as asked:
            assert (await rota.rota_for(connection, HomeId("h10"), NOW)) is not None
            assert (await rota.own_rota(connection, HomeId("h10"), NOW)) is not None
            assert len(await rota.rotas_with(connection, LEEDS, CarerId(10), NOW)) == 1
            found_people = await plan.colleagues_of(
                connection, [HomeId("h10"), HomeId("h11"), None]
            )
        assert [len(some) for some in found_people.values()] == [2, 2, 1]
        read = await rows_read(connection, asked)
        assert max(read["rota"], read["rota_shift"], read["care"]) <= 40


async def test_what_ends_soon_is_found_without_what_does_not(town: Database) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute(BASES.encode())
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            found = await basis.ledgers(connection, living=True, ends_by=NOW)
        assert len(found) == 3
        await rows_read(connection, asked)
        with listening(connection) as asked:
            assert await basis.unwritten(connection) == 0
            assert len(await basis.residents(connection, "", 20)) == 20
        read = await rows_read(connection, asked)
        assert read["purpose_basis"] <= 2 * HOMES
        assert read["joined"] <= 20, "only who is shown is joined with their home"


async def test_which_detectors_have_spoken_is_found_without_reading_what_they_said(
    town: Database,
) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute(
            "update finding set detector = (array['exit', 'fall', 'overstay'])[1 + finding_id % 3],"
            " detector_version = case when finding_id % 2 = 0 then '1/2' else '' end"
        )
        owner.execute("vacuum analyze finding")
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            found = await spoken.detectors(connection)
        assert found == tuple(
            (name, of) for name in ("exit", "fall", "overstay") for of in ("", "1/2")
        )
        assert (await rows_read(connection, asked))["finding"] <= 40
        assert await spoken.few_homes(connection) is None
        few = (HomeId("h10"), HomeId("h11"))
        with listening(connection) as asked:
            assert len(await spoken.detectors(connection, few)) > 1
            wanted = noted.WantedFindings(homes=few)
            of_few = await noted.findings(connection, SIGHT, wanted, 0, 50)
        assert {one.finding.home_id for one in of_few} == set(few)
        read = await rows_read(connection, asked)
        assert read["finding"] <= 8 * len(few) * PAST / HOMES, "of these homes, not of all"
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, visitor(10, CarerRole.AUDITOR)) as connection,
    ):
        assert await spoken.detectors(connection) == (), "an auditor sees no home"


async def test_the_caseload_finds_what_changes_among_what_was_noticed_of_late(
    town: Database,
) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        owner.execute(
            "update finding set noticed_at = %s, detector = case when finding_id %% 1000 = 0"
            " then 'day_change' else 'exit' end",
            (NOW - timedelta(days=1),),
        )
        owner.execute("vacuum analyze finding")
    async with (
        open_pool(town.url_as("wayhome_dashboard")) as pool,
        acting(pool, ADMIN) as connection,
    ):
        with listening(connection) as asked:
            found, _ = await caseload.cases(
                connection, NOW, search="", reason=None, limit=25, offset=0
            )
        assert sum(one.reason is caseload.Reason.CHANGED for one in found) > 0
        assert (await rows_read(connection, asked))["finding"] <= 4 * PAST // 1000
