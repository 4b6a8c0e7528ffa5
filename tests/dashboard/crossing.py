"""What a test needs to try every address of the pages with the numbers of another organisation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import psycopg
from fastapi.routing import APIRoute

from core.store.account import CarerRole
from tests.dashboard.town import DOOR

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tests.dashboard.town import Town
    from tests.servers.databases import Database

NAMES = ("Mill Lane", "Ben Carter", "Mia Stone", "Leeds", "Old record", "Hidden Kim", DOOR)
WORDS = re.compile(r"\b(Ada|Tom)\b")
IDS = re.compile(r"(?<![\w-])(ada|tom)(?![\w-])")
"""Ids of homes; looked for where the request did not name them itself."""
NEVER_ENDS = {"/live"}
"""Streams; tests/dashboard/test_live.py tries them."""
LATER = 5000
"""Numbers of what belongs to the one who tries begin here."""
MOST_IDS = 2
OWN_TABLES = ("login_session", "passkey", "authenticator", "recovery_code", "contact_point")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One address of the pages with one method."""

    method: str
    path: str
    numbers: frozenset[str]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what stands in the address."""
        return tuple(re.findall(r"{(\w+)(?::\w+)?}", self.path))

    def filled(self, texts: Iterable[str], numbers: Iterable[int]) -> Iterator[str]:
        """Yield the address with every choice of foreign ids."""
        texts, figures = list(texts), [str(one) for one in numbers]
        choices = [figures if name in self.numbers else texts for name in self.parameters]
        for chosen in product(*choices):
            values = dict(zip(self.parameters, chosen, strict=True))
            yield re.sub(r"{(\w+)(?::\w+)?}", lambda found: values[found[1]], self.path)  # noqa: B023


def ways(app: FastAPI) -> list[Way]:
    """Return every address of an application, also of routers within routers."""
    return [
        Way(method=method, path=route.path, numbers=_numbers(route))
        for route in _routes(app.routes)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def _routes(found: Iterable[object]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _routes(router.routes)


def _numbers(route: APIRoute) -> frozenset[str]:
    return frozenset(
        field.name for field in route.dependant.path_params if field.field_info.annotation is int
    )


def furnish(town: Town) -> dict[CarerRole, int]:
    """Give Leeds something of everything, and York one person of each role; return those."""
    number = town.alert()
    town.alert("tom", severity="check", what="Tom fell silent")
    town.deliver(number, "ben", "ntfy")
    town.night("ada")
    ben = town.carers["ben"]
    for statement in (
        (
            "insert into response (alert_id, carer_id, kind, at, comment)"
            f" values ({number}, {ben}, 'comment', now(), 'Mill Lane')"
        ),
        (
            "insert into missed_event (home_id, carer_id, at, happened_at, kind, what)"
            f" values ('ada', {ben}, now(), now(), 'other', 'Mill Lane')"
        ),
        (
            "insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after, waiting,"
            f" carer_id) values ('ada', 'inactivity', 1, now(), 'false', 1, 1, 1, true, {ben})"
        ),
        (
            "insert into access_record (at, carer_id, home_id, page)"
            f" values (now(), {ben}, 'ada', 'today')"
        ),
        (
            "insert into invitation (organisation_id, token_hash, name, role, home_id, invited_by,"
            " created_at, expires_at) values ('leeds', 'x', 'Hidden Kim', 'family_carer', 'ada',"
            f" {ben}, now(), now() + interval '10 years')"
        ),
        f"insert into contact_point values ({ben}, 'ntfy', 'https://ntfy.example/Mill Lane')",
        (
            "insert into passkey (credential_id, carer_id, user_handle, public_key, name, created_at)"
            f" values ('\\xada0', {ben}, '', '', 'Mill Lane', now())"
        ),
        *_days_of_ada(ben),
        (
            "insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason)"
            " values (now(), 'gateway', 'homes/ada/x', 'Mill Lane', 9, 'ada', 'range')"
        ),
    ):
        town.execute(statement)
    for table, column in _identities(town):
        town.execute(f"alter table {table} alter column {column} restart with {LATER}")
    town.alert("eve", what="Eve is late")
    people = {
        role: town.carer(f"york_{role}", role, "york", "eve")
        for role in CarerRole
        if role is not CarerRole.RESIDENT
    }
    return people | {CarerRole.RESIDENT: town.resident("york_resident", "eve")}


def _days_of_ada(ben: int) -> tuple[str, ...]:
    """Mark Ada's days, and begin an assessment with kit on loan."""
    return (
        (
            "insert into annotation (home_id, resident_id, number, version, kind, first_day, last_day,"
            " excludes, note, carer_id, at) select 'ada', resident_id, 1, 1, 'other', current_date,"
            f" current_date, false, 'Mill Lane', {ben}, now() from resident where home_id = 'ada'"
        ),
        (
            "insert into assessment (home_id, resident_id, question, asked_by, named_as, first_day,"
            " last_day, carer_id, at) select 'ada', resident_id, 'Mill Lane', 'Leeds', 'name',"
            f" current_date, current_date + 27, {ben}, now() from resident where home_id = 'ada'"
        ),
        (
            "insert into kit_step (home_id, assessment_id, device_id, kind, due_on, note, carer_id, at)"
            f" select 'ada', assessment_id, device_id, 'lent', current_date, 'Mill Lane', {ben}, now()"
            " from assessment join device using (home_id)"
        ),
    )


def foreign_numbers(town: Town) -> list[int]:
    """Return numbers that are Leeds' in some table and York's in none."""
    theirs, ours = set[int](), set[int]()
    leeds = "in ('ada', 'tom', 'past')"
    carers = "select carer_id from carer where organisation_id"
    for table, column in _identities(town):
        columns = {
            name
            for (name,) in town.execute(
                "select column_name from information_schema.columns where table_name = %s", table
            )
        }
        wall = (
            (f"home_id {leeds}", f"home_id not {leeds}") if "home_id" in columns
            else ("organisation_id = 'leeds'", "organisation_id <> 'leeds'")
            if "organisation_id" in columns
            else (f"carer_id in ({carers} = 'leeds')", f"carer_id in ({carers} <> 'leeds')")
            if "carer_id" in columns
            else None
        )  # fmt: skip
        if wall is not None:
            query = f"select {column} from {table} where {{}} order by 1"
            theirs |= {one for (one,) in town.execute(query.format(wall[0]))[:MOST_IDS]}
            ours |= {one for (one,) in town.execute(query.format(wall[1]))}
    return sorted(theirs - ours)


def _identities(town: Town) -> list[tuple[str, str]]:
    return [
        (str(table), str(column))
        for table, column in town.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'public' and is_identity = 'YES' order by 1"
        )
    ]


def fingerprint(database: Database, town: Town) -> dict[str, tuple[object, ...]]:
    """Return what all of Leeds' rows look like, table by table."""
    found: dict[str, tuple[object, ...]] = {}
    with psycopg.connect(database.url_as("wayhome_dashboard")) as connection:
        connection.execute(
            "select set_config('wayhome.organisation', 'leeds', true),"
            " set_config('wayhome.carer', %s, true), set_config('wayhome.scope', 'organisation', true)",
            (str(town.carers["admin"]),),
        )
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and relrowsecurity"
            " and has_table_privilege('wayhome_dashboard', oid, 'select')"
        ).fetchall()
        for (table,) in tables:
            query = (
                f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t"
            )
            found[table] = tuple(connection.execute(query.encode()).fetchone() or ())
    for table in OWN_TABLES:
        query = (
            f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t"
            " where carer_id in (select carer_id from carer where organisation_id = 'leeds')"
        )
        found[f"own {table}"] = town.execute(query)[0]
    found["carer"] = town.execute(
        "select md5(string_agg(t::text, '|' order by t::text)) from carer t where organisation_id = 'leeds'"
    )[0]
    return found
