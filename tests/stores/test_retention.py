"""What is too old goes, what is young, held or of an organisation that keeps it longer stays."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

from analytics.home_engine import Inputs
from analytics.recovery import recover
from analytics.retention import LATE_AFTER, carry_out, keep_retaining
from core.model.errors import Malformed
from core.model.ids import HomeId
from core.model.observation import Observation
from core.model.quantity import Quantity
from core.model.retention import CLASSES, Rule, check_rule, periods_of, tasks
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store import retention as store
from core.store.pool import connect, open_pool
from tests.stores.seed import SEED
from wayhome.cli import app

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOW = datetime.now(UTC)
OLD: tuple[tuple[str, str, str], ...] = (
    ("observations", "observation", "observed_at = {old}, received_at = {old}"),
    ("positions", "position", "observed_at = {old}, received_at = {old}"),
    ("day_counts", "day_count", "day = {old}::date"),
    ("alerts", "alert", "opened_at = {old}, resolved_at = {old}, state = 'resolved'"),
    ("alerts", "finding", "noticed_at = {old}"),
    (
        "assessments",
        "assessment",
        "first_day = {old}::date - 30, last_day = {old}::date - 5, at = {old}",
    ),
    ("assessments", "assessment_step", "last_day = {old}::date - 1"),
    (
        "assessments",
        "annotation",
        "first_day = {old}::date - 2, last_day = {old}::date - 1, at = {old}",
    ),
    ("quarantine", "quarantine", "received_at = {old}"),
    ("quarantine", "discovered", "last_seen = {old}"),
    ("quarantine", "refusal", "day = {old}::date"),
    ("quarantine", "detector_error", "last_at = {old}"),
    ("packs", "missing_pack", "at = {old}"),
    ("accounts", "invitation", "expires_at = {old}"),
    ("accounts", "login_session", "expires_at = {old}"),
    ("accounts", "self_test", "asked_at = {old}"),
)
"""By class, each table with what makes its rows as old as they can be told to be."""
MOVED = {
    "observation": (
        "with moved as (delete from observation returning *) insert into observation (observed_at,"
        " device_id, quantity, value, home_id, received_at) select {old}, device_id, quantity, value,"
        " home_id, {old} from moved"
    ),
    "position": (
        "with moved as (delete from position returning *) insert into position (observed_at, device_id,"
        " latitude, longitude, home_id, received_at) select {old}, device_id, latitude, longitude, home_id,"
        " {old} from moved"
    ),
}


@pytest.fixture
def town(database: Database) -> Database:
    """Give two organisations in which everything is a day too old, by the built-in periods."""
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("delete from retention_rule; delete from retention_run")
        for name, table, change in OLD:
            age = f"(now() - interval '{CLASSES[name].days + 1} days')"
            query = f"update {table} set {change.format(old=age)}"
            if table in MOVED:  # a row does not change its chunk
                query = MOVED[table].replace("{old}", age)
            connection.execute(query.encode())
    return database


def rows(town: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(town.url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def left(town: Database) -> dict[str, int]:
    return {table: rows(town, f"select count(*) from {table}")[0][0] for _, table, _ in OLD}


async def run(town: Database) -> store.Run:
    async with open_pool(town.url_as("wayhome_analytics"), most=2) as pool:
        return await carry_out(pool, ManualClock(datetime.now(UTC)), at_once=2)


async def test_what_is_too_old_goes_and_is_counted_as_was_foretold(town: Database) -> None:
    before = left(town)
    async with connect(town.url_as("wayhome_operator")) as connection:
        foretold = {
            (one.name, one.organisation_id): await store.due(connection, one)
            for one in tasks([], ["a", "b"], datetime.now(UTC))
        }
    done = await run(town)
    assert done.error == ""
    assert {table: count for table, count in left(town).items() if count} == {}
    assert rows(town, "select count(*) from delivery where kind = 'alert'") == [(0,)]
    # a delivery of a test is no older than today; sums are of the tables named above
    assert done.removed == sum(foretold.values()) + before["finding"]  # freed when its alert went
    ledger = rows(
        town, "select class, sum(removed)::int from retention_run where class <> 'run' group by 1"
    )
    assert dict(ledger)["day_counts"] == 3
    assert sum(count for _, count in ledger) == done.removed
    assert (await run(town)).removed == 0, "doing it again changes nothing"


async def test_who_is_held_and_who_keeps_it_longer_keeps_it(town: Database) -> None:
    async with connect(town.url_as("wayhome_registrar")) as connection:
        (held,) = [
            r[0] for r in rows(town, "select resident_id from resident where home_id = 'a1'")
        ]
        assert await store.hold(connection, held, "inquest", NOW, release=False)
        assert not await store.hold(connection, 12345, "x", NOW, release=False)  # type: ignore[arg-type]
        for name in ("positions", "packs"):
            longer = Rule(
                rule_id=0, organisation_id="b", name=name, days=90 if name == "positions" else 500,
                reason="trial", at=NOW,
            )  # fmt: skip
            await store.set_rule(connection, longer)
    await run(town)
    assert sorted(rows(town, "select home_id from position")) == [("a1",), ("b1",)]
    assert sorted(rows(town, "select home_id from missing_pack")) == [("a1",), ("b1",)]
    for table in ("observation", "day_count", "alert", "finding", "quarantine"):
        assert rows(town, f"select distinct home_id from {table}") == [("a1",)], table
    async with connect(town.url_as("wayhome_registrar")) as connection:
        await store.hold(connection, held, "it is over", NOW, release=True)
        assert await store.holds(connection) == ()
    await run(town)
    assert rows(town, "select home_id from observation") == []


async def test_a_record_of_the_past_that_was_loaded_lately_is_young(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("update observation set received_at = now() where home_id = 'a1'")
    await run(town)
    assert rows(town, "select home_id from observation") == [("a1",)]


async def test_detection_starts_and_goes_on_where_old_rows_are_gone(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("delete from engine_snapshot; delete from engine_step")
    await run(town)
    async with open_pool(town.url_as("wayhome_analytics"), most=2) as pool:
        recovered = await recover(pool, 0, 1, tick_s=30.0)
    assert set(recovered.engine.homes) == {"a1", "a2", "b1"}
    now = datetime.now(UTC)
    ((device,),) = rows(town, "select device_id from device where home_id = 'a1'")
    call = Observation(
        observed_at=now, received_at=now, home_id=HomeId("a1"), device_id=device,
        quantity=Quantity.SOS, value=1.0,
    )  # fmt: skip
    seen = Inputs(now=now, heard_at=now, heard_since=now - timedelta(hours=1))
    noticed = recovered.engine.step(recovered.step + 1, seen, [call], now)
    assert [one.detector for one in noticed.findings] == ["sos"], "and it goes on"


def test_not_even_the_service_may_remove_what_is_younger_than_the_floor(
    plain_database: Database,
) -> None:
    with psycopg.connect(plain_database.url_as("wayhome_analytics"), autocommit=True) as connection:
        for name, one in CLASSES.items():
            queries = ["select retain_rows(%s, 'a', %s, 9)"]
            queries += ["select retain_chunks(%s, %s)"] if name in store.LOGS else []
            young = datetime.now(UTC) - timedelta(days=one.least) + timedelta(minutes=5)
            for query in queries:
                for moment in (young, None):
                    with pytest.raises(psycopg.errors.InvalidParameterValue):
                        connection.execute(query.encode(), (name, moment))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select retention_rows('packs', 'a', '2000-01-01', 9)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from observation")


async def test_what_fails_is_loud_and_keeps_nothing_else_from_going(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute(
            "create function public.stays() returns trigger language plpgsql as"
            " $$ begin raise exception 'secret %', old.home_id; end $$;"
            "create trigger stays before delete on missing_pack for each row execute function stays()"
        )
    done = await run(town)
    assert done.error == "could not remove: packs"
    assert rows(town, "select count(*) from day_count") == [(0,)]
    assert rows(town, "select distinct error from retention_run where class = 'packs'") == [
        ("RaiseException",)
    ]
    words = ["retention", "--database-url", town.url, "--json"]
    answer = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert answer.exit_code == 1
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found["last_run"]["error"] == "could not remove: packs"
    still = {(one["name"], one["organisation_id"]): one["rows"] for one in found["due"]}
    assert (still["packs", "a"], still["day_counts", "a"]) == (2, 0)


async def test_a_service_that_can_not_remove_says_so_at_its_health(
    plain_database: Database,
) -> None:
    clock = ManualClock(NOW)
    health = Health("analytics", clock)
    gone = plain_database.url_as("wayhome_analytics") + "&application_name=x"

    class EndedError(Exception):
        pass

    class Clock(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if self.now() - NOW > LATE_AFTER + timedelta(hours=1):
                raise EndedError

    with psycopg.connect(plain_database.url) as connection:
        connection.execute(
            "insert into retention_run (at, class) values (%s, 'run')", (NOW - timedelta(hours=1),)
        )
    async with open_pool(gone, most=1) as pool:
        await pool.close()
        with pytest.raises(EndedError):
            await keep_retaining(pool, Clock(NOW), health)
    assert health.report()["parts"]["retention"]["text"] == "nothing was removed for two days"


async def test_a_clock_that_leaps_by_years_removes_nothing_and_a_long_pause_only_waits_a_day(
    town: Database,
) -> None:
    """The cell of a machine's clock is empty: until its network is there it believes in 2036."""
    before, now = left(town), datetime.now(UTC)

    class EndedError(Exception):
        pass

    async def keep(start: datetime, ends: timedelta) -> str:
        class Clock(ManualClock):
            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                if seconds > 1 and self.now() - start > ends:
                    raise EndedError

        health = Health("analytics", ManualClock(start))
        async with open_pool(town.url_as("wayhome_analytics"), most=1) as pool:
            with pytest.raises(EndedError):
                await keep_retaining(pool, Clock(start), health)
        return str(health.report()["parts"]["retention"]["text"])

    with psycopg.connect(town.url) as connection:
        connection.execute(
            "insert into retention_run (at, class) values (%s, 'run')", (now - timedelta(days=9),)
        )
    assert "watched for a day" in await keep(now + timedelta(days=3650), timedelta(hours=23))
    assert left(town) == before
    assert await keep(now, timedelta(hours=25)) == ""
    assert left(town) != before


def test_the_whole_chunk_goes_where_there_are_chunks(town: Database) -> None:
    kind = rows(town, "select count(*) from pg_extension where extname = 'timescaledb'")
    before = "now() - interval '401 days'"
    gone = rows(town, f"select chunks, removed from retain_chunks('observations', {before})")
    if kind == [(0,)]:
        assert gone == [(0, 0)]
        return
    # the chunk that the rows lie in reaches beyond yesterday's limit: it goes when all of it is too old
    later = rows(
        town,
        "select chunks, removed from retain_chunks('observations', now() - interval '100 days')",
    )
    assert (gone[0][0] + later[0][0], gone[0][1] + later[0][1]) == (1, 3)
    assert rows(town, "select count(*) from observation") == [(0,)]


def test_rows_that_go_are_not_looked_for_in_the_weeks_that_stay(
    timescale_database: Database,
) -> None:
    """Each two thousand rows of the oldest chunk read every chunk of the year: 377,000 pages, 6 s."""
    before = NOW - timedelta(days=400)
    with psycopg.connect(timescale_database.url) as owner:
        owner.execute(SEED.encode())
        ((device, home, organisation),) = owner.execute(
            "select device_id, home_id, organisation_id from device join home using (home_id) limit 1"
        ).fetchall()
        owner.execute(
            "insert into observation (observed_at, received_at, device_id, quantity, value, home_id)"
            " select t, t, %s, 'motion', 1, %s from generate_series(0, 29) n,"
            " lateral (select %s::timestamptz - n * interval '15 days' as t) x",
            (device, home, NOW),
        )
    with psycopg.connect(timescale_database.url) as owner:  # one that has not made the chunks
        ((removed,),) = owner.execute(
            "select retain_rows('observations', %s, %s, 2000)", (organisation, before)
        ).fetchall()
        looked = owner.execute(
            "select c.range_start >= %s, sum(s.seq_scan + coalesce(s.idx_scan, 0))"
            " from pg_stat_xact_user_tables s join timescaledb_information.chunks c"
            " on c.chunk_name = s.relname and c.hypertable_name = 'observation' group by 1",
            (before,),
        ).fetchall()
    assert removed == 3
    scans: dict[bool, int] = dict(looked)
    assert scans[False] > 0
    assert scans[True] == 0


def test_periods_have_bounds_and_days_outlast_what_they_were_counted_from() -> None:
    rule = Rule(rule_id=1, organisation_id="a", name="observations", days=500, reason="r", at=NOW)
    assert periods_of([rule], "a")["observations"] == 500
    assert periods_of([rule], "b")["observations"] == CLASSES["observations"].days
    check_rule([rule], "a", "day_counts", 500)
    for name, days, words in (
        ("day_counts", 450, "at least as long"), ("assessments", 400, "as long as day_counts"),
        ("day_counts", 3000, "assessments"), ("positions", 400, "7 to 90"), ("x", 9, "one of"),
    ):  # fmt: skip
        with pytest.raises(Malformed, match=words):
            check_rule([rule], "a", name, days)
    for one in CLASSES.values():
        assert one.least <= one.days <= one.most


def test_an_organisation_sets_its_period_and_holds_by_the_command(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("delete from retention_rule")
    url = ("--database-url", plain_database.url)

    def said(*words: str) -> int:
        return CliRunner().invoke(app, ["retention", *words, *url]).exit_code

    assert said("set", "a", "positions", "14", "--reason", "council policy") == 0
    assert said("set", "a", "positions", "1000", "--reason", "x") != 0
    assert said("set", "nobody", "positions", "14", "--reason", "x") != 0
    assert said("hold", "1", "--reason", "inquest") == 0
    assert said("hold", "999", "--reason", "inquest") != 0
    answer = CliRunner().invoke(app, ["retention", *url, "--json"])
    found = json.loads(answer.stdout.splitlines()[-1])
    assert answer.exit_code == 0
    assert {(one["organisation_id"], one["days"]) for one in found["due"] if one["name"] == "positions"} == {
        ("a", 14), ("b", 30), (None, 30)
    }  # fmt: skip
    assert [(one["home_id"], one["reason"]) for one in found["holds"]] == [("a1", "inquest")]
