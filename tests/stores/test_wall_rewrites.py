"""Walls in other words show the same rows as before to everybody: a town of chance, asked both ways."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.servers.databases import Database

# As the walls stood before 0049 (docs/decisions/0296), by table and policy.
_MINE: LiteralString = "carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint"
_HERE: LiteralString = "organisation_id = current_setting('wayhome.organisation', true)"
_WHOLE: LiteralString = "current_setting('wayhome.scope', true) = 'organisation'"
_HOMES: LiteralString = "home_id in (select home_id from home)"
_OWN: LiteralString = f"{_MINE} and carer_id in (select carer_id from carer)"
BEFORE: dict[tuple[LiteralString, LiteralString], LiteralString] = {
    ("rota", "dashboard_rota"): f"{_HERE} and (home_id is null or {_HOMES})",
    ("rota", "dashboard_rota_write"): f"{_HERE} and ({_HOMES} or home_id is null and {_WHOLE})",
    ("escalation_policy", "dashboard_escalation_policy"): (
        f"{_HERE} and (home_id is null or {_HOMES})"
    ),
    ("escalation_policy", "dashboard_escalation_policy_write"): (
        f"{_HERE} and ({_HOMES} or home_id is null and {_WHOLE})"
    ),
    ("rota_shift", "dashboard_rota_shift"): "rota_id in (select rota_id from rota)",
    ("rota_cover", "dashboard_rota_cover"): "rota_id in (select rota_id from rota)",
    ("quiet_hours", "dashboard_quiet_hours"): "carer_id in (select carer_id from carer)",
    ("quiet_hours", "dashboard_quiet_hours_own"): _OWN,
    ("rota_feed", "dashboard_rota_feed"): _OWN,
    ("own_contact", "dashboard_own_contact"): _OWN,
    ("telling_choice", "dashboard_telling_choice"): _OWN,
    ("contact_test", "dashboard_contact_test"): _OWN,
    ("contact_point", "dashboard_contact_point"): _OWN,
    ("lost_contact", "dashboard_lost_contact"): (
        "contact_id in (select contact_id from own_contact)"
    ),
}
BEFORE["self_test", "dashboard_self_test"] = (
    "exists (select 1 from care k where k.carer_id = self_test.carer_id) or (current_setting("
    "'wayhome.scope', true) = 'organisation' or carer_id = nullif(current_setting('wayhome.carer', true), '')"
    "::bigint) and exists (select 1 from carer c where c.carer_id = self_test.carer_id)"
)
TABLES = sorted({table for table, _ in BEFORE})
CARERS, HOMES = 24, 14
TOWN = f"""
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name)
  select 'h' || n, case when random() < 0.6 then 'a' else 'b' end, 'H' from generate_series(1, {HOMES}) n;
insert into carer (organisation_id, login, name, role, password_hash)
  select case when random() < 0.6 then 'a' else 'b' end, 'c' || n, 'C',
  (array['family_carer', 'care_worker', 'clinician', 'organisation_admin', 'auditor'])[1 + n % 5], 'x'
  from generate_series(1, {CARERS}) n;
insert into care (home_id, carer_id) select home_id, carer_id from home, carer where random() < 0.2;
insert into rota (organisation_id, home_id, zone)
  select organisation_id, home_id, 'UTC' from home where random() < 0.7;
insert into rota (organisation_id, home_id, zone) select organisation_id, null, 'UTC' from organisation;
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
  select rota_id, carer_id, '{{0}}', 0, 60 from rota, carer where random() < 0.2;
insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state)
  select rota_id, now(), now() + interval '1 hour', carer_id, carer_id, now(), 'asked' from rota, carer
  where random() < 0.2;
insert into escalation_policy (organisation_id, home_id, severity, policy, changed_by, changed_at)
  select organisation_id, home_id, 'urgent', '{{}}', 1, now() from rota where random() < 0.7;
insert into quiet_hours (carer_id, zone, windows, changed_at)
  select carer_id, 'UTC', '[]', now() from carer where random() < 0.7;
insert into rota_feed (token_hash, carer_id, created_at) select login::bytea, carer_id, now() from carer;
insert into own_contact (carer_id, channel, address, created_at)
  select carer_id, 'ntfy', 'x' || n, now() from carer, generate_series(1, 2) n where random() < 0.7;
insert into lost_contact (contact_id, lost_at, reason)
  select contact_id, now(), 'gone' from own_contact where random() < 0.5;
insert into contact_point (carer_id, channel, address) select carer_id, 'sms', '+1' from carer;
insert into self_test (carer_id, asked_at) select carer_id, now() from carer;
insert into contact_test (carer_id, channel, asked_at) select carer_id, 'sms', now() from carer;
insert into telling_choice (carer_id, changed_at) select carer_id, now() from carer;
"""


def rows(
    connection: psycopg.Connection[tuple[object, ...]], who: dict[str, str]
) -> dict[str, set[str]]:
    """Return which rows of each table the dashboard sees for a visitor."""
    with connection.transaction(force_rollback=True):
        for name, value in who.items():
            connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
        connection.execute("set local role wayhome_dashboard")
        return {
            table: {
                str(row)
                for (row,) in connection.execute(f"select ctid::text from {table}".encode())
            }
            for table in TABLES
        }


@pytest.mark.parametrize("seed", range(3))
def test_walls_in_other_words_show_the_same_rows(plain_database: Database, seed: int) -> None:
    chance = random.Random(seed)
    with psycopg.connect(plain_database.url) as connection:
        connection.execute("select setseed(%s)", (seed / 10,))
        connection.execute("set local session_replication_role = replica")
        connection.execute(TOWN.encode())
        visitors = [
            {
                "carer": str(chance.choice([*range(1, CARERS + 1), ""])),
                "organisation": chance.choice(["a", "a", "b", ""]),
                "scope": chance.choice(["circle", "circle", "organisation", "audit", ""]),
            }
            for _ in range(60)
        ]
        now = [rows(connection, who) for who in visitors]
        for (table, policy), wall in BEFORE.items():
            connection.execute(f"alter policy {policy} on {table} using ({wall})".encode())
        before = [rows(connection, who) for who in visitors]
        assert now == before
        seen = {table for found in now for table in TABLES if found[table]}
        assert seen == set(TABLES), "chance shows some of each"
