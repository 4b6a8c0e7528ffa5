"""Policies, rotas and quiet hours at work: the service on a real database, time moved by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from alerts import looking
from core.model import plan, quiet
from core.model.finding import ResponseKind, Severity
from core.model.ids import AlertId, CarerId
from core.model.plan import Policy, Step
from core.model.playbook import playbook_for
from core.model.week import WeeklySpan
from core.store import alert as alert_table
from core.store.pool import transaction
from tests.alerts.builders import NINE, a_finding, at
from tests.alerts.houses import ORGANISATION, House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import turning
from tests.stores.asked import listening

if TYPE_CHECKING:
    from tests.servers.databases import Database

EVERY_DAY = tuple(range(7))
#: From eight to ten in the morning: `NINE` lies in it.
MORNING = WeeklySpan(days=EVERY_DAY, start=8 * 60, end=10 * 60)

HELD = "select policy->'held' from alert where detector = 'inactivity'"


@pytest.fixture
async def house(database: Database, receiver: Receiver) -> House:
    contacts = tuple({"webhook": receiver.url(f"/{number}")} for number in (1, 2, 3))
    return await furnish(database, contacts=contacts)


def keep_quiet(
    house: House, *carers: CarerId, windows: tuple[WeeklySpan, ...] = (MORNING,)
) -> None:
    for carer in carers:
        house.execute(
            "insert into quiet_hours values (%s, 'Europe/London', %s, %s)",
            carer,
            Jsonb(quiet.to_json(windows)),
            NINE,
        )


def write(house: House, severity: Severity, policy: Policy, home: str | None = "7f3k") -> None:
    house.execute(
        "insert into escalation_policy (organisation_id, home_id, severity, policy, changed_by,"
        " changed_at) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (organisation_id, home_id, severity) do update set policy = excluded.policy",
        ORGANISATION,
        home,
        severity.value,
        Jsonb(plan.to_json(policy)),
        house.carers[0],
        NINE,
    )


def on_rota(
    house: House, carer: CarerId, *, home: str | None = None, start: int = 0, end: int = 0
) -> None:
    house.execute(
        "with r as (insert into rota (organisation_id, home_id, zone) values (%s, %s, 'Europe/London')"
        " on conflict (organisation_id, home_id) do update set zone = rota.zone returning rota_id)"
        " insert into rota_shift (rota_id, carer_id, days, start_min, end_min)"
        " select rota_id, %s, '{0,1,2,3,4,5,6}', %s, %s from r",
        ORGANISATION,
        home,
        carer,
        start,
        end,
    )


def rung(receiver: Receiver) -> list[str]:
    return [request.path for request in receiver.requests]


async def test_a_check_is_held_through_quiet_hours_and_a_restart_and_told_at_their_end(
    database: Database, house: House, receiver: Receiver
) -> None:
    keep_quiet(house, *house.carers)
    url = database.url_as("wayhome_alerts")
    async with turning(url) as turns:
        house.write(a_finding(Severity.CHECK, resident_id=house.resident_id))
        await turns.turn()
        await turns.until(30)
    assert rung(receiver) == []
    assert house.execute(HELD) == [({str(one): at(60).isoformat() for one in house.carers},)]
    async with turning(url, 59) as turns:  # the service was away meanwhile
        await turns.turn()
        assert rung(receiver) == []
        await turns.until(60)
        assert sorted(rung(receiver)) == ["/1", "/2", "/3"]
        await turns.until(61)
        assert len(rung(receiver)) == 3
    assert house.execute(HELD) == [(None,)]


async def test_who_is_awake_is_told_instead_and_urgent_wakes_anybody(
    database: Database, house: House, receiver: Receiver
) -> None:
    keep_quiet(house, house.carers[0])
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(Severity.CHECK, resident_id=house.resident_id))
        await turns.turn()
        assert rung(receiver) == ["/2"]
        house.write(
            a_finding(Severity.URGENT, resident_id=house.resident_id, detector="fall", onset=at(-1))
        )
        await turns.until(1)
        assert "/1" in rung(receiver)


async def test_a_check_that_is_tried_again_waits_for_the_end_of_quiet_hours_that_have_begun(
    database: Database, house: House, receiver: Receiver
) -> None:
    keep_quiet(house, house.carers[0])
    receiver.answer(Answer(status=503), "/1")
    early = -61  # at 07:59
    async with turning(database.url_as("wayhome_alerts"), early) as turns:
        house.write(a_finding(Severity.CHECK, resident_id=house.resident_id, noticed_at=at(early)))
        await turns.turn()
        assert rung(receiver) == ["/1"]
        receiver.answer(Answer(), "/1")
        for minutes in (-60, -59, 59):
            await turns.until(minutes)
        assert rung(receiver).count("/1") == 1
        assert "/2" in rung(receiver), "somebody awake is told instead"
        await turns.until(60)
        assert rung(receiver).count("/1") == 2


async def test_an_outage_over_the_end_of_the_quiet_loses_nothing(
    database: Database, house: House, receiver: Receiver
) -> None:
    keep_quiet(house, *house.carers)
    url = database.url_as("wayhome_alerts")
    async with turning(url) as turns:
        house.write(a_finding(Severity.CHECK, resident_id=house.resident_id))
        await turns.turn()
    async with turning(url, 200) as turns:
        await turns.turn()
    assert sorted(rung(receiver)) == ["/1", "/2", "/3"]


async def test_the_home_s_policy_holds_and_an_edit_changes_nothing_that_is_running(
    database: Database, house: House, receiver: Receiver
) -> None:
    two = house.carers[1]
    write(house, Severity.URGENT, Policy(steps=(Step(after_s=0, carers=(two,)),), repeat_s=600))
    write(house, Severity.URGENT, Policy(steps=(Step(after_s=0),), repeat_s=60), home=None)
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        assert rung(receiver) == ["/2"]
        write(house, Severity.URGENT, Policy(steps=(Step(after_s=0),), repeat_s=60))
        house.execute("delete from escalation_policy where home_id is null")
        await turns.until(9)
        assert rung(receiver) == ["/2"]
        await turns.until(10)
        assert rung(receiver) == ["/2", "/2"]
        house.answer(house.only_alert(), two, ResponseKind.HAND_BACK, at(11))
        house.answer(house.only_alert(), two, ResponseKind.ACKNOWLEDGE, at(11))
        house.answer(house.only_alert(), two, ResponseKind.HAND_BACK, at(12))
        await turns.until(12)
        assert rung(receiver) == ["/2"] * 3, "by the rules it opened with, at once"


async def test_whoever_is_on_call_at_the_time_is_told_and_a_gap_is_told_to_the_operators(
    database: Database, house: House, receiver: Receiver
) -> None:
    _, two, three = house.carers
    house.execute("update carer set role = 'care_worker' where carer_id = any(%s)", [two, three])
    write(house, Severity.URGENT, Policy(steps=(Step(after_s=0, on_call=True),), repeat_s=1800))
    on_rota(house, two, start=8 * 60, end=9 * 60 + 30)
    on_rota(house, three, start=9 * 60 + 30, end=10 * 60)
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        assert rung(receiver) == ["/2"]
        await turns.until(30)
        assert rung(receiver) == ["/2", "/3"], "the next on call hears of what is open"
        await turns.until(60)
        assert rung(receiver) == ["/2", "/3", "/1"], "in a gap the first in the order"
    ((subject,),) = house.execute("select subject from alert where detector = 'reachability'")
    book = playbook_for("reachability", str(subject))
    assert book is not None
    assert book.name == "nobody-on-call"
    complaints = house.execute("select what from alert where detector = 'reachability'")
    assert complaints == [("An alert asked for whoever is on call, and nobody is.",)]


async def test_who_is_on_call_is_asked_for_all_that_is_looked_at_at_once(
    plain_database: Database, receiver: Receiver
) -> None:
    """Each minute, of every open alert whose plan asks for whoever is on call: four statements each."""
    ways = ({"webhook": receiver.url("/told")},)
    homes = [await furnish(plain_database, f"home{n}", contacts=ways) for n in range(9)]
    rule = Policy(steps=(Step(after_s=0, on_call=True),), repeat_s=1800)
    write(homes[0], Severity.URGENT, rule, home=None)
    on_rota(homes[0], homes[0].carers[0])  # of the organisation: who is of no other circle
    for one in homes[1:]:
        on_rota(one, one.carers[0], home=one.home_id)
    counts = []
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        for some in (homes[:2], homes[2:]):
            for one in some:
                one.write(a_finding(home_id=one.home_id, resident_id=one.resident_id))
            await turns.until(0)
            await turns.alerting.audit_once()  # what has changed is written down
            async with transaction(turns.alerting.pool) as connection:
                found = await alert_table.alerts_to_look_at(
                    connection, at(0.1), 99, beyond=AlertId(0)
                )
                with listening(connection) as asked:
                    await looking.look_at(connection, found, at(0.1), everybody=True)
            counts.append((len(found), len(asked)))
    (few, by_few), (many, by_many) = counts
    assert many > 2 * few
    assert by_many <= by_few
    assert rung(receiver).count("/told") == 9


async def test_when_nobody_answers_the_organisation_s_on_call_is_told(
    database: Database, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=({"webhook": receiver.url("/1")},))
    other = await furnish(database, "other", contacts=({"webhook": receiver.url("/on-call")},))
    worker = other.carers[0]
    house.execute("update carer set role = 'care_worker' where carer_id = %s", worker)
    on_rota(house, worker)
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        await turns.until(14)
        assert "/on-call" not in rung(receiver)
        await turns.until(15)
        assert rung(receiver).count("/on-call") == 1
        house.answer(house.only_alert(), worker, ResponseKind.ACKNOWLEDGE, at(16))
        await turns.until(60)
        assert rung(receiver).count("/on-call") == 1
    assert house.alerts("acknowledged_by") == [(worker,)]


async def an_administrator(database: Database, receiver: Receiver) -> CarerId:
    """Add an administrator, who is in no circle of the home."""
    other = await furnish(database, "other", contacts=({"webhook": receiver.url("/admin")},))
    other.execute(
        "update carer set role = 'organisation_admin' where carer_id = %s", other.carers[0]
    )
    return other.carers[0]


async def test_when_nobody_can_be_reached_the_on_call_else_the_administrator_is_told_at_once(
    database: Database, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=({},))
    admin = await an_administrator(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
    told = house.execute(
        "select detector, carer_id from delivery join alert using (alert_id)"
        " where channel = 'webhook' order by alert_id"
    )
    # of the alert at once, and that the carers of this home can not be reached
    assert told == [("inactivity", admin), ("reachability", admin)]
    assert rung(receiver) == ["/admin"] * 2


async def test_a_home_without_carers_falls_at_once_to_who_can_open_its_alerts(
    database: Database, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=(), technician={"webhook": receiver.url("/van")})
    await an_administrator(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        assert rung(receiver) == ["/admin"]
        await turns.until(14)
        assert set(rung(receiver)) == {"/admin"}
    assert house.alerts("detector") == [("inactivity",)], "and nobody complains"


async def test_a_notice_with_a_push_waits_for_the_morning(
    database: Database, house: House, receiver: Receiver
) -> None:
    write(house, Severity.NOTICE, Policy(steps=(Step(after_s=0),)))
    night: datetime = NINE + timedelta(hours=14)  # 23:00
    minutes = 14 * 60
    async with turning(database.url_as("wayhome_alerts"), minutes) as turns:
        house.write(a_finding(Severity.NOTICE, resident_id=house.resident_id, noticed_at=night))
        await turns.turn()
        await turns.until(minutes + 8 * 60 + 59)
        assert rung(receiver) == []
        await turns.until(minutes + 9 * 60)
    assert sorted(rung(receiver)) == ["/1", "/2", "/3"]


async def test_taken_over_it_is_theirs_and_handed_back_the_next_is_told_at_once(
    database: Database, house: House, receiver: Receiver
) -> None:
    one, two, _ = house.carers
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        house.answer(house.only_alert(), one, ResponseKind.ACKNOWLEDGE, at(1))
        house.answer(house.only_alert(), two, ResponseKind.TAKE_OVER, at(2))
        await turns.until(30)
        assert house.alerts("state, acknowledged_by") == [("acknowledged", two)]
        assert rung(receiver) == ["/1"]
        house.answer(house.only_alert(), two, ResponseKind.HAND_BACK, at(31))
        await turns.until(31)
        assert house.alerts("state, acknowledged_by") == [("open", None)]
        assert rung(receiver) == ["/1", "/2"]
        await turns.until(34)
        assert sorted(rung(receiver)[2:]) == ["/1", "/2", "/3"]


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("delete from care where carer_id = %s", ["/1", "/2"]),
        ("update carer set disabled_at = now() where carer_id = %s", ["/1", "/2"]),
        # an administrator is not of the circle and still may be on it
        ("update carer set role = 'organisation_admin' where carer_id = %s", ["/1"]),
    ],
)
async def test_when_who_is_on_it_leaves_the_others_are_told_again(
    database: Database, house: House, receiver: Receiver, left: str, told: list[str]
) -> None:
    one = house.carers[0]
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        house.answer(house.only_alert(), one, ResponseKind.ACKNOWLEDGE, at(1))
        await turns.until(2)
        house.execute(left, one)
        await turns.alerting.audit_once()
        await turns.turn()
        assert rung(receiver) == told
    assert house.alerts("state") == [("open" if len(told) > 1 else "acknowledged",)]


async def test_who_was_taken_out_of_the_circle_is_not_told_by_a_message_that_waited(
    database: Database, house: House, receiver: Receiver
) -> None:
    receiver.answer(Answer(status=503), "/1")
    async with turning(database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.turn()
        assert rung(receiver) == ["/1"]
        house.execute("delete from care where carer_id = %s", house.carers[0])
        receiver.answer(Answer(), "/1")
        await turns.until(2)
        assert rung(receiver).count("/1") == 1
    (state,) = house.execute(
        "select state from delivery where channel = 'webhook' and carer_id = %s", house.carers[0]
    )
    assert state == ("cancelled",)
