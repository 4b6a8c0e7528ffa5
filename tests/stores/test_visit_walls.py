"""Who may say which visits are expected, and what can be one: the database decides as the model does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from core.model.errors import Malformed
from core.model.expected_visit import MOST, ExpectedVisit, VisitBy
from core.model.week import WeeklySpan
from tests.servers.databases import Database
from tests.stores.test_away_walls import BOSS, FAMILY, NOW, PEOPLE, TECHNICIAN, Desk, may

TERMS = {"visitor": "care", "days": [0, 4], "start_min": 480, "end_min": 540}
SAY = "select expect_visit(%s, %s, %s)"
END = "select end_visit(%s, %s, %s)"
SERVICES = ("gateway", "analytics", "alerts", "dashboard", "registrar", "operator", "identity")


@pytest.fixture
def desk(plain_database: Database) -> Desk:
    return Desk(plain_database)


def say(desk: Desk, who: int, home: str = "a1", **terms: Any) -> Any:
    return desk.ask(who, SAY, home, Jsonb(TERMS | terms), NOW)


def standing(desk: Desk) -> int:
    return int(desk.own("select count(*) from expected_visit where ended_at is null")[0][0])


def test_who_has_no_right_to_act_there_says_and_ends_nothing(desk: Desk) -> None:
    for who, (role, organisation, circle, disabled) in enumerate(PEOPLE, 1):
        sets_up = role == "technician" and organisation == "a" and not disabled
        rights = {"circle": circle, "disabled": disabled}
        said = say(desk, who)
        assert (said is not None) == (sets_up or may(role, organisation, **rights, ends=False))
        assert standing(desk) == (said is not None)
        number = said or say(desk, FAMILY)
        ended = desk.ask(who, END, "a1", number, NOW)
        assert (ended is not None) == (sets_up or may(role, organisation, **rights, ends=True))
        assert standing(desk) == (ended is None)
        by = desk.own(f"select carer_id, ended_by from expected_visit where visit_id = {number}")
        assert by == [(who if said else FAMILY, who if ended else None)]
        desk.own("delete from expected_visit")


def test_a_family_says_nothing_of_a_home_that_is_not_theirs(desk: Desk) -> None:
    assert say(desk, FAMILY, "a2") is None
    number = say(desk, BOSS, "a2")
    assert desk.ask(FAMILY, END, "a2", number, NOW) is None
    assert desk.ask(FAMILY, END, "a1", number, NOW) is None, "the home of the address counts"
    assert desk.ask(TECHNICIAN, END, "a2", number, NOW) == number
    assert desk.ask(TECHNICIAN, END, "a2", number, NOW) is None, "it has ended"


def test_what_is_sent_beside_it_counts_for_nothing(desk: Desk) -> None:
    number = say(desk, FAMILY, visit_id=9, home_id="a2", carer_id=BOSS, ended_at="2026-01-01")
    assert desk.own("select visit_id, home_id, carer_id, ended_at from expected_visit") == [
        (number, "a1", FAMILY, None)
    ]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "query",
    [
        (
            "insert into expected_visit (home_id, visitor, days, start_min, end_min, at)"
            " values ('a1', 'care', '{0}', 0, 60, now())"
        ),
        "update expected_visit set ended_at = null",
        "delete from expected_visit",
    ],
)
def test_visits_can_not_be_written_otherwise(desk: Desk, service: str, query: str) -> None:
    with (
        psycopg.connect(desk.database.url_as(f"wayhome_{service}")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query.encode())


@pytest.mark.parametrize(
    "service", ["gateway", "alerts", "dashboard", "analytics", "operator", "identity"]
)
def test_only_who_registers_homes_registers_their_visits(desk: Desk, service: str) -> None:
    with (
        psycopg.connect(desk.database.url_as(f"wayhome_{service}")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select register_visit('a1', %s)", (Jsonb(TERMS),))


def test_there_is_an_end_to_how_many(desk: Desk) -> None:
    for number in range(MOST):
        assert say(desk, FAMILY, start_min=number, end_min=number + 60) is not None
    assert say(desk, BOSS, start_min=0, end_min=60) is not None, "it stands already"
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        say(desk, BOSS, start_min=MOST, end_min=MOST + 60)
    assert standing(desk) == MOST
    assert say(desk, BOSS, "a2") is not None, "each home has its own"


def test_two_who_say_the_last_one_at_once_do_not_pass_the_end(desk: Desk) -> None:
    for number in range(MOST - 1):
        say(desk, FAMILY, start_min=number, end_min=number + 60)
    with (
        psycopg.connect(desk.database.url_as("wayhome_dashboard")) as first,
        psycopg.connect(desk.database.url_as("wayhome_dashboard")) as second,
    ):
        for connection in (first, second):
            connection.execute(
                "select set_config('wayhome.organisation', 'a', true),"
                " set_config('wayhome.carer', %s, true), set_config('wayhome.scope', 'circle', true)",
                (str(FAMILY),),
            )
        first.execute(SAY, ("a1", Jsonb(TERMS | {"end_min": 600}), NOW))
        second.execute("set local lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(SAY, ("a1", Jsonb(TERMS | {"end_min": 610}), NOW))
    assert standing(desk) == MOST


def test_with_a_home_its_visits_end_and_do_not_come_back(desk: Desk) -> None:
    say(desk, FAMILY)
    other = say(desk, BOSS, "a2")
    desk.own(
        f"insert into home_step (home_id, carer_id, at, stage) values ('a1', {BOSS}, now(), 'live')"
    )
    step = "select take_home_step('a1', %s, %s, %s)"
    assert desk.ask(BOSS, step, "ended", Jsonb({"reason": "moved"}), NOW) is not None
    assert desk.own("select visit_id from expected_visit where ended_at is null") == [(other,)]
    assert desk.own("select ended_by from expected_visit where ended_at is not null") == [(None,)]
    assert say(desk, FAMILY) is None, "a record of the past expects nobody"
    assert desk.ask(BOSS, step, "referred", Jsonb({}), NOW) is not None
    assert standing(desk) == 1


DAYS = st.one_of(
    st.lists(st.integers(-1, 7), max_size=8),
    st.sets(st.integers(0, 6), min_size=1).map(sorted),
)
DATES = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 9))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    visitor=st.sampled_from([*VisitBy, "burglar", ""]),
    days=DAYS,
    times=st.tuples(st.integers(-1, 1440), st.integers(-1, 260) | st.integers(0, 1440)),
    bounds=st.tuples(DATES, DATES),
)
def test_the_database_takes_what_the_model_takes_and_nothing_else(
    desk: Desk, visitor: str, days: list[int], times: tuple[int, int],
    bounds: tuple[date | None, date | None],
) -> None:  # fmt: skip
    start, end = times[0], sum(times) % 1440
    first, last = bounds
    try:
        span = WeeklySpan(days=tuple(days), start=start, end=end)
        ExpectedVisit(visit_id=1, by=VisitBy(visitor), span=span, first=first, last=last)
        sound = True
    except (ValueError, Malformed):
        sound = False
    row = (visitor, days, start, end, first, last)
    with psycopg.connect(desk.database.url) as owner:
        try:
            owner.execute(
                "insert into expected_visit (home_id, visitor, days, start_min, end_min, first_day,"
                " last_day, at) values ('a1', %s, %s::smallint[], %s, %s, %s, %s, now())",
                row,
            )
            taken = True
        except psycopg.errors.CheckViolation:
            taken = False
        owner.rollback()
    assert taken == sound, row


def test_an_array_with_a_hole_or_of_two_dimensions_is_none(desk: Desk) -> None:
    for days in ("{0,NULL}", "{{0,1}}", "[0:1]={0,1}", "{NULL}"):
        with psycopg.connect(desk.database.url) as owner, pytest.raises(psycopg.errors.Error):
            owner.execute(
                "insert into expected_visit (home_id, visitor, days, start_min, end_min, at)"
                " values ('a1', 'care', %s::smallint[], 0, 60, now())",
                (days,),
            )


def test_what_is_over_makes_room(desk: Desk) -> None:
    today = NOW.date()
    for number in range(MOST):
        day = (today + timedelta(days=1)).isoformat()
        say(desk, FAMILY, start_min=number, end_min=number + 60, first_day=day, last_day=day)
    later = NOW + timedelta(days=2)
    assert desk.ask(FAMILY, SAY, "a1", Jsonb(TERMS), later) is not None
    assert standing(desk) == MOST + 1, "kept a day: what sensors said then may be on its way"
    desk.ask(FAMILY, SAY, "a1", Jsonb(TERMS | {"visitor": "nurse"}), NOW + timedelta(days=3))
    assert standing(desk) == 2
    assert desk.own("select distinct ended_by from expected_visit") == [(None,)]
