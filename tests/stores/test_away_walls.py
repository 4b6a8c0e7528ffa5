"""Who may let the watching of a home rest, and end it: the database decides, in whatever order people act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from core.model.away import LONGEST, Away
from core.store.account import CarerRole
from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
ROLES = [role.value for role in CarerRole if role is not CarerRole.RESIDENT]
PEOPLE = list(product(ROLES, ("a", "b"), (True, False), (True, False)))
"""Role, organisation, of the circle of ``a1``, disabled: carer 1, 2, ..."""
SEED = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name, mode) values
  ('a1', 'a', 'x', 'live'), ('a2', 'a', 'x', 'live');
"""
FAMILY, TECHNICIAN, BOSS = (
    PEOPLE.index((role, "a", True, False)) + 1
    for role in ("family_carer", "technician", "organisation_admin")
)


def may(role: str, organisation: str, *, circle: bool, disabled: bool, ends: bool) -> bool:
    if organisation != "a" or disabled:
        return False
    if role == "organisation_admin" or (ends and role == "care_worker"):
        return True
    return circle and role in {"family_carer", "care_worker"}


class Desk:
    """The database as the pages, the alerting service and its owner see it, undone after each example."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with psycopg.connect(database.url) as owner:
            owner.execute(SEED.encode())
            for number, (role, organisation, circle, disabled) in enumerate(PEOPLE, 1):
                owner.execute(
                    "insert into carer (carer_id, organisation_id, login, name, role, password_hash,"
                    " disabled_at) overriding system value values (%s, %s, %s, 'x', %s, '', %s)",
                    (number, organisation, f"p{number}", role, NOW if disabled else None),
                )
                if circle:
                    owner.execute(
                        "insert into care (home_id, carer_id) values ('a1', %s)", (number,)
                    )

    def ask(self, who: int, query: str, *values: object) -> Any:
        organisation = PEOPLE[who - 1][1]
        with psycopg.connect(self.database.url_as("wayhome_dashboard")) as connection:
            for name, value in (
                ("organisation", organisation), ("carer", str(who)), ("scope", "organisation")
            ):  # fmt: skip
                connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
            ((found,),) = connection.execute(query.encode(), values).fetchall()
            return found

    def own(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.url) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def ends_due(self, at: datetime) -> list[str]:
        with psycopg.connect(self.database.url_as("wayhome_alerts")) as connection:
            return [home for (home,) in connection.execute("select end_rests(%s)", (at,))]

    def clear(self) -> None:
        self.own(
            "delete from home_step; update home set mode = 'live', away = false, live_since = null"
        )

    def stands(self) -> tuple[str, str, str]:
        ((mode, stage, away),) = self.own(
            "select mode, stage_of(home_id), away_of(home_id) from home where home_id = 'a1'"
        )
        return mode, stage, away

    def steps(self) -> int:
        return int(self.own("select count(*) from home_step")[0][0])


@pytest.fixture
def desk(plain_database: Database) -> Desk:
    return Desk(plain_database)


SAY, AGAIN, STEP = (
    "select rest_watch('a1', %s, %s, %s)",
    "select watch_again('a1', %s)",
    "select take_home_step('a1', %s, %s, %s)",
)


def test_who_has_no_right_to_act_there_changes_nothing(desk: Desk) -> None:
    for who, (role, organisation, circle, disabled) in enumerate(PEOPLE, 1):
        given_rights = {"circle": circle, "disabled": disabled}
        said = desk.ask(who, SAY, "hospital", NOW + timedelta(days=1), NOW)
        expected = may(role, organisation, **given_rights, ends=False)
        assert (said is not None) == expected, PEOPLE[who - 1]
        assert (desk.stands() == ("test", "paused", "hospital")) == expected
        if said is None:
            desk.ask(FAMILY, SAY, "hospital", NOW + timedelta(days=1), NOW)
        ended = desk.ask(who, AGAIN, NOW + timedelta(hours=1))
        assert (ended is not None) == may(role, organisation, **given_rights, ends=True)
        assert (desk.stands()[0] == "live") == (ended is not None)
        desk.clear()


def test_a_family_lets_no_home_rest_that_is_not_theirs(desk: Desk) -> None:
    other = "select rest_watch('a2', 'hospital', %s, %s)"
    assert desk.ask(FAMILY, other, NOW + timedelta(days=1), NOW) is None
    assert desk.ask(BOSS, other, NOW + timedelta(days=1), NOW) is not None
    assert desk.ask(FAMILY, "select watch_again('a2', %s)", NOW) is None


@pytest.mark.parametrize(
    "query", ["insert into home_step", "update home_step", "delete from home_step"]
)
def test_the_steps_can_not_be_written_otherwise(desk: Desk, query: str) -> None:
    rest = {
        "insert into home_step": " (home_id, carer_id, at, stage) values ('a1', 1, now(), 'live')",
        "update home_step": " set until = now()",
    }.get(query, "")
    for service in ("wayhome_dashboard", "wayhome_alerts"):
        with (
            psycopg.connect(desk.database.url_as(service)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"{query}{rest}".encode())


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["say", "again", "due", "pause", "live"]),
        st.sampled_from([FAMILY, TECHNICIAN, BOSS]),
        st.sampled_from(list(Away)),
        st.integers(-1, 20 * 24),  # until, hours ahead
        st.integers(0, 9 * 24),  # hours since the act before
    ),
    max_size=6,
)


class Believed:
    """How the home should stand after what people did, beside the database that says so."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.stage, self.away, self.until, self.now = "live", "", NOW, NOW

    def say(self, who: int, where: Away, end: datetime) -> None:
        """Let watching rest, where this is somebody's to say and the end can be one."""
        sound = self.now < end <= self.now + LONGEST
        allowed = who != TECHNICIAN and sound and (self.stage == "live" or self.away != "")
        try:
            done = self.desk.ask(who, SAY, where.value, end, self.now)
        except psycopg.errors.InvalidParameterValue:
            done = None
            assert not sound
        assert (done is not None) == allowed
        if allowed:
            self.stage, self.away, self.until = "paused", where.value, end

    def again(self, who: int, _where: Away, _end: datetime) -> None:
        """Watch again."""
        done = self.desk.ask(who, AGAIN, self.now)
        assert (done is not None) == (who != TECHNICIAN and self.away != "")
        if done is not None:
            self.stage, self.away = "live", ""

    def due(self, _who: int, _where: Away, _end: datetime) -> None:
        """Let the alerting service look."""
        over = self.away != "" and self.until <= self.now
        assert self.desk.ends_due(self.now) == (["a1"] if over else [])
        if over:
            self.stage, self.away = "live", ""

    def pause(self, who: int, _where: Away, _end: datetime) -> None:
        """Pause it as a technician does."""
        why = {"reason": "r", "until": (self.now + timedelta(days=28)).isoformat()}
        done = self.desk.ask(who, STEP, "paused", Jsonb(why), self.now)
        assert (done is not None) == (who != FAMILY)
        if done is not None:
            self.stage, self.away = "paused", ""

    def live(self, who: int, _where: Away, _end: datetime) -> None:
        """Take it live as a technician does; without a walk only where a carer paused it."""
        if self.away and who != FAMILY:
            assert self.desk.ask(who, STEP, "live", Jsonb({}), self.now) is not None
            self.stage, self.away = "live", ""

    def stands(self) -> tuple[str, str, str]:
        return "live" if self.stage == "live" else "test", self.stage, self.away


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_whatever_people_do_it_is_bounded_and_ends_and_a_technicians_pause_is_not_a_carers(
    desk: Desk, acts: list[tuple[str, int, Away, int, int]]
) -> None:
    desk.clear()
    believed, steps = Believed(desk), 0
    for act, who, where, ahead, passed in acts:
        believed.now += timedelta(hours=passed)
        getattr(believed, act)(who, where, believed.now + timedelta(hours=ahead))
        assert desk.stands() == believed.stands()
        assert desk.steps() >= steps, "nothing is taken back"
        steps = desk.steps()
    believed.now = max(believed.now, believed.until)
    believed.due(FAMILY, Away.HOSPITAL, NOW)
    assert desk.stands() == believed.stands()
