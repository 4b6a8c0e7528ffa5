"""From referral to live: what the database lets through, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from core.model.commissioning import FOLLOWS, Stage, may_follow, mode_of
from core.model.home import HomeMode
from core.model.ids import HomeId
from core.model.quantity import Quantity, Role, definition
from core.store import commissioning
from core.store.pool import connect
from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
ANN = {"organisation": "a", "carer": "1", "scope": "organisation"}
BOB = {"organisation": "b", "carer": "3", "scope": "organisation"}
SEED = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name, mode) values
  ('a1', 'a', 'x', 'test'), ('a2', 'a', 'x', 'live'), ('b1', 'b', 'x', 'test');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'a', 'ann', 'Ann', 'technician', ''), (2, 'a', 'al', 'Al', 'family_carer', ''),
    (3, 'b', 'bob', 'Bob', 'technician', '');
insert into care (home_id, carer_id) values ('a1', 2);
insert into room (room_id, home_id, name, kind, exit) overriding system value
  values (1, 'a1', 'Hall', 'hall', true), (2, 'a1', 'Kitchen', 'kitchen', false),
    (3, 'b1', 'Hall', 'hall', true);
insert into resident (home_id, name) select home_id, 'R' from home;
insert into device (device_id, home_id, family, external_id, name, placement, room_id) overriding system value
  values (1, 'a1', 'wayhome', 'door', 'Door', 'entrance', 1),
    (2, 'a1', 'wayhome', 'kitchen', 'Kitchen', 'room', 2), (3, 'a1', 'wayhome', 'hub', 'Hub', 'hub', null);
select setval(pg_get_serial_sequence('device', 'device_id'), 100);
"""


class Desk:
    """The database, as a technician works with it and as its owner looks into it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, query: str, *values: object, who: dict[str, str] = ANN) -> Any:
        """Run a statement as somebody on the pages; return its one value."""
        with psycopg.connect(self._database.url_as("wayhome_dashboard")) as connection:
            for name, value in who.items():
                connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
            row = connection.execute(query.encode(), values).fetchone()
            return None if row is None else row[0]

    def own(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner."""
        with psycopg.connect(self._database.url) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def step(self, stage: Stage, home: str = "a1", at: datetime = NOW, **why: str) -> int | None:
        """Take a step, with all that it needs to be told."""
        if stage is Stage.CONSENTED:
            why = {"basis": "person", "said_by": "R"} | why
        query = "select take_home_step(%s, %s, %s, %s)"
        number = self.ask(query, home, stage.value, Jsonb({"reason": "because"} | why), at)
        return None if number is None else int(number)

    def put(self, home: str, stage: Stage) -> None:
        """Put a home at a stage, as if all steps to it had been taken."""
        self.own("alter table home disable trigger home_mode_by_steps")
        self.own(
            "insert into home_step (home_id, carer_id, at, stage, basis, said_by, reason)"
            " values (%s, 1, %s, %s, %s, %s, 'r')",
            home,
            NOW,
            stage.value,
            "person" if stage is Stage.CONSENTED else "",
            "R" if stage is Stage.CONSENTED else "",
        )
        self.own("update home set mode = %s where home_id = %s", mode_of(stage).value, home)

    def say(self, device: int, quantity: str, value: float, at: datetime) -> None:
        """Store an observation."""
        self.own(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " values (%s, %s, %s, %s, 'a1', %s) on conflict do nothing",
            at,
            device,
            quantity,
            value,
            at,
        )

    def waive_all(self) -> None:
        """Give a reason for everything that is missing."""
        self.ask("select count(waive_piece('a1', piece, 'why', %s)) from walk_missing('a1')", NOW)

    @property
    def missing(self) -> set[str]:
        """What the walk test of a1 lacks."""
        return set(self.ask("select array_agg(piece) from walk_missing('a1')") or ())

    @property
    def mode(self) -> str:
        return str(self.own("select mode from home where home_id = 'a1'")[0][0])


@pytest.fixture
def desk(database: Database) -> Desk:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED.encode())
    return Desk(database)


def to_commissioning(desk: Desk) -> None:
    for stage in (Stage.CONSENTED, Stage.INSTALLED, Stage.COMMISSIONING):
        assert desk.step(stage), stage


@pytest.mark.parametrize("standing", Stage)
def test_the_database_holds_to_the_same_table_of_steps(desk: Desk, standing: Stage) -> None:
    desk.put("a1", standing)
    for wanted in Stage:
        with psycopg.connect(desk._database.url_as("wayhome_dashboard")) as connection:
            for name, value in ANN.items():
                connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
            connection.execute(
                "select count(waive_piece('a1', piece, 'why', %s)) from walk_missing('a1')", (NOW,)
            )
            taken = connection.execute(
                "select take_home_step('a1', %s, %s, %s)",
                (
                    wanted.value,
                    Jsonb(
                        {"reason": "r"}
                        | ({"basis": "person", "said_by": "R"} if wanted == "consented" else {})
                    ),
                    NOW,
                ),
            ).fetchone()
            assert taken is not None
            assert (taken[0] is not None) is may_follow(standing, wanted), (standing, wanted)
            connection.rollback()


def test_no_home_is_live_without_consent_and_each_step_is_kept(desk: Desk) -> None:
    assert desk.ask("select stage_of('a1')") == "referred"
    for early in (Stage.LIVE, Stage.COMMISSIONING, Stage.INSTALLED, Stage.PAUSED):
        assert desk.step(early) is None
    with pytest.raises(psycopg.errors.CheckViolation):
        desk.step(Stage.CONSENTED, said_by="")
    to_commissioning(desk)
    desk.waive_all()
    assert desk.step(Stage.LIVE)
    assert desk.mode == "live"
    kept = desk.own("select stage, carer_id, reason, said_by from home_step order by step_id")
    assert [row[0] for row in kept] == ["consented", "installed", "commissioning", "live"]
    assert kept[0] == ("consented", 1, "because", "R")


def test_what_was_live_before_there_were_steps_stays_live(desk: Desk) -> None:
    assert desk.ask("select stage_of('a2')") == "live"
    assert desk.own("select live_since from home where home_id = 'a2'") == [(None,)]


def test_a_home_goes_live_only_when_everything_is_seen_or_waived(desk: Desk) -> None:
    to_commissioning(desk)
    assert desk.missing == {"device:1", "device:2", "device:3"}
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="unfinished"):
        desk.step(Stage.LIVE)
    desk.say(1, "contact", 1, NOW + timedelta(minutes=1))
    desk.say(2, "motion", 1, NOW + timedelta(minutes=1))
    assert desk.ask("select waive_piece('a1', 'device:2', 'x', %s)", NOW) is None, "it is there"
    assert desk.missing == {"device:3"}
    assert desk.ask("select waive_piece('a1', 'device:3', 'No mains yet', %s)", NOW)
    assert desk.step(Stage.LIVE, at=NOW + timedelta(minutes=2))
    assert desk.own("select live_since from home where home_id = 'a1'") == [
        (NOW + timedelta(minutes=2),)
    ]


def test_a_reason_counts_for_one_test_only(desk: Desk) -> None:
    to_commissioning(desk)
    desk.waive_all()
    assert desk.step(Stage.COMMISSIONING, at=NOW + timedelta(hours=1))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        desk.step(Stage.LIVE, at=NOW + timedelta(hours=1))


def test_back_from_hospital_needs_no_second_walk(desk: Desk) -> None:
    to_commissioning(desk)
    desk.waive_all()
    later = NOW + timedelta(days=9)
    assert desk.step(Stage.LIVE)
    assert desk.step(Stage.PAUSED, at=later)
    assert desk.mode == "test"
    assert desk.step(Stage.LIVE, at=later)
    desk.own(
        "insert into device (device_id, home_id, family, external_id, name, placement)"
        " overriding system value values (9, 'a1', 'wayhome', 'new', 'New', 'object')"
    )
    assert desk.step(Stage.PAUSED, at=later)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        desk.step(Stage.LIVE, at=later)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ([("motion", 0)], False),
        ([("motion", 0), ("temperature", 21)], False),
        ([("battery", 80), ("link_quality", 90)], False),
        ([("temperature", 21)], True),
        ([("motion", 0), ("motion", 1)], True),
        ([("contact", 1)], True),
    ],
)
def test_a_sensor_lights_up_when_it_shows_that_it_works(
    desk: Desk, said: list[tuple[str, float]], seen: bool
) -> None:
    to_commissioning(desk)
    desk.say(2, "motion", 1, NOW - timedelta(minutes=1))
    for number, (quantity, value) in enumerate(said):
        desk.say(2, quantity, value, NOW + timedelta(minutes=number))
    assert ("device:2" not in desk.missing) is seen


def test_what_is_about_the_device_itself_is_left_out_whole(desk: Desk) -> None:
    to_commissioning(desk)
    about = [one for one in Quantity if definition(one).role is Role.DEVICE]
    for number, quantity in enumerate(about):
        desk.say(2, quantity.value, 1, NOW + timedelta(minutes=number))
    assert "device:2" in desk.missing
    for number, quantity in enumerate(Quantity):
        if definition(quantity).role is Role.PERSON:
            desk.say(1, quantity.value, 0, NOW + timedelta(minutes=number))
    assert "device:1" in desk.missing, "nothing that a person makes counts while it says no"


def test_a_hub_counts_by_being_heard_and_rooms_and_people_are_looked_for(desk: Desk) -> None:
    to_commissioning(desk)
    desk.own("insert into presence (device_id, home_id, last_seen) values (3, 'a1', %s)", NOW)
    assert "device:3" not in desk.missing
    desk.own("update room set exit = false")
    desk.own("update device set retired_at = now() where device_id < 3")
    desk.own("delete from care")
    desk.own("delete from resident")
    assert desk.missing == {"exit", "entrance", "resident", "carer", "room:1", "room:2"}


def test_what_was_noticed_of_a_person_in_the_test_has_to_be_looked_at(desk: Desk) -> None:
    to_commissioning(desk)
    for detector, severity in (("inactivity", "urgent"), ("sos", "urgent"), ("exit", "notice")):
        desk.own(
            "insert into alert (home_id, detector, severity, audience, onset, opened_at, what, silent)"
            " values ('a1', %s, %s, 'operators', now(), now(), 'w', true)",
            detector,
            severity,
        )
    ((number,),) = desk.own("select alert_id from alert where detector = 'inactivity'")
    assert {one for one in desk.missing if one.startswith("alert")} == {f"alert:{number}"}


@pytest.mark.parametrize("wanted", [Stage.PAUSED, Stage.ENDED, Stage.COMMISSIONING])
def test_an_alert_that_carers_are_told_of_is_answered_before_a_home_falls_silent(
    desk: Desk, wanted: Stage
) -> None:
    desk.own(
        "insert into alert (home_id, detector, severity, audience, onset, opened_at, what)"
        " values ('a2', 'exit', 'urgent', 'carers', now(), now(), 'w')"
    )
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="open alert"):
        desk.step(wanted, "a2")
    desk.own("update alert set state = 'resolved'")
    assert desk.step(wanted, "a2")


def test_after_the_end_no_device_counts_and_nothing_is_registered(desk: Desk) -> None:
    to_commissioning(desk)
    assert desk.step(Stage.ENDED)
    assert desk.mode == HomeMode.ARCHIVE.value
    assert desk.own("select count(*) from device where retired_at is null") == [(0,)]
    terms = {"family": "wayhome", "external_id": "n", "name": "N", "placement": "object"}
    terms |= {"reporting_interval_s": "60", "heartbeat": "false"}
    query = "select register_device('a1', %s, %s)"
    for stage in (Stage.ENDED, Stage.REFERRED):
        assert desk.ask("select stage_of('a1')") == stage.value
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            desk.ask(query, Jsonb(terms), NOW)
        desk.step(Stage.REFERRED)
    assert desk.step(Stage.CONSENTED)
    assert desk.ask(query, Jsonb(terms), NOW)


def test_a_roster_changes_the_mode_of_no_home_that_has_steps(desk: Desk) -> None:
    to_commissioning(desk)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        desk.own("update home set mode = 'live' where home_id = 'a1'")
    desk.own("update home set mode = 'test' where home_id = 'a2'")


@pytest.mark.parametrize("who", [BOB, ANN | {"carer": "2"}, ANN | {"carer": ""}])
@pytest.mark.parametrize(
    "query",
    [
        'select take_home_step(\'a1\', \'consented\', \'{"basis":"person","said_by":"R"}\', now())',
        "select waive_piece('a1', 'device:1', 'x', now())",
        "select put_label('AAAAAAAAAAAA', 1, now())",
        "select mark_exit(2, true)",
        "select join_rooms(1, array[2::bigint])",
    ],
)
def test_nobody_else_takes_a_step(desk: Desk, who: dict[str, str], query: str) -> None:
    desk.own("insert into device_label values ('AAAAAAAAAAAA', 'a', 1, now())")
    assert desk.ask(query, who=who) is None
    assert desk.own("select count(*) from home_step") == [(0,)]


def test_a_label_of_another_organisation_is_not_there_and_its_owner_is_told(desk: Desk) -> None:
    desk.own("insert into device_label values ('AAAAAAAAAAAA', 'a', 1, now())")
    look = "select token from label_for(%s, %s)"
    assert desk.ask(look, "AAAAAAAAAAAA", NOW) == "AAAAAAAAAAAA"
    assert desk.own("select * from label_refusal") == []
    assert desk.ask(look, "AAAAAAAAAAAA", NOW, who=BOB) is None
    assert desk.ask(look, "BBBBBBBBBBBB", NOW, who=BOB) is None
    kept = desk.own("select organisation_id, carer_id, of_organisation_id, at from label_refusal")
    assert kept == [("a", 3, "b", NOW)]
    count = "select count(*) from label_refusal"
    assert (desk.ask(count), desk.ask(count, who=BOB)) == (1, 0)
    assert desk.ask(count, who=ANN | {"scope": "circle"}) == 0


def test_a_label_follows_its_device_and_can_be_used_again(desk: Desk) -> None:
    desk.own("insert into device_label values ('AAAAAAAAAAAA', 'a', 1, now())")
    look = "select device_id from label_for('AAAAAAAAAAAA', now())"
    assert desk.ask(look) is None
    assert desk.ask("select put_label('AAAAAAAAAAAA', 1, %s)", NOW)
    assert desk.ask("select put_label('AAAAAAAAAAAA', 2, %s)", NOW)
    assert desk.ask(look) == 2
    desk.own("update device set retired_at = now() where device_id = 2")
    assert desk.ask(look) is None
    assert desk.ask("select put_label('AAAAAAAAAAAA', 2, %s)", NOW) is None


def test_rooms_are_joined_within_one_home(desk: Desk) -> None:
    assert desk.ask("select join_rooms(2, array[1::bigint])") == "a1"
    assert desk.own("select room_id, other_id from room_door") == [(1, 2)]
    for others in ([3], [2], [9]):
        assert desk.ask("select join_rooms(2, %s)", others) is None
    assert desk.ask("select join_rooms(1, array[]::bigint[])") == "a1"
    assert desk.own("select * from room_door") == []
    assert desk.ask("select mark_exit(2, true)") == "a1"
    assert desk.own("select exit from room where room_id = 2") == [(True,)]


def test_a_need_is_written_by_who_sets_up_in_the_own_name(desk: Desk) -> None:
    insert = (
        "insert into need_step (home_id, carer_id, at, need, stage)"
        " values (%s, %s, now(), 'Leaves at night', 'need') returning 1"
    )
    assert desk.ask(insert, "a1", 1) == 1
    for home, carer, who in (("a1", 2, ANN), ("b1", 1, ANN), ("a1", 2, ANN | {"carer": "2"})):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            desk.ask(insert, home, carer, who=who)


def test_every_stage_can_be_reached_and_left() -> None:
    assert set(FOLLOWS) == set(Stage)
    assert set.union(*(set(one) for one in FOLLOWS.values())) == set(Stage)


async def test_what_a_walk_test_saw_is_asked_once_of_each_device(
    timescale_database: Database,
) -> None:
    desk = Desk(timescale_database)
    desk.own(SEED)
    desk.own(
        "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
        " select %s::timestamptz - n * interval '7 days', 2, 'motion', 1, 'a1', now()"
        " from generate_series(0, 20) n",
        NOW,
    )
    async with connect(timescale_database.url) as connection:
        await connection.execute("set track_functions = 'all'")
        assert len(await commissioning.walked(connection, HomeId("a1"))) == 3
        cursor = await connection.execute(
            "select calls from pg_stat_xact_user_functions where funcname = 'walk_seen'"
        )
        assert await cursor.fetchall() == [(3,)], "not once more for each chunk of the log"
