"""What is found in many places at once is told as one thing, once, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from alerts.auditor import Auditor
from alerts.dead_man import DeadMan
from alerts.flood import GATHERS, MANY, Alerts, Floods, Places
from alerts.watch import Fault
from core.model.ids import AlertId, HomeId
from core.model.playbook import AUDIT
from core.model.said import say
from core.runtime.health import Health
from core.store.alert import StoredAlert
from tests.alerts.builders import NINE, an_alert, at
from tests.alerts.houses import furnish
from tests.alerts.receiver import Receiver
from tests.alerts.turns import turning
from tests.servers.databases import Database

HOMES = [HomeId(f"h{number:02}") for number in range(40)]
PLACES = Places(
    organisations={home: "leeds" if number % 2 else "york" for number, home in enumerate(HOMES)},
    of_many={"leeds": HOMES[1], "york": HOMES[0]},
)


def late(number: int, opened_at: datetime = NINE) -> Fault:
    """Say that the first word of an alert was late, in a home of Leeds."""
    home = HOMES[1 + 2 * (number % 20)]
    return Fault(subject=f"promise/{number}/late", what=say("Late"), home_id=home, about=opened_at)


def told(faults: tuple[Fault, ...], now: datetime, known: Alerts) -> Alerts:
    """Open the alerts of these faults."""
    found = dict(known)
    for number, fault in enumerate(faults):
        if fault.home_id is not None and (fault.home_id, fault.subject) not in found:
            alert = an_alert(alert_id=AlertId(len(found) + number), detector=AUDIT, opened_at=now)
            found[fault.home_id, fault.subject] = StoredAlert(
                alert=replace(alert, home_id=fault.home_id, subject=fault.subject),
                policy={},
                silent=False,
            )
    return found


@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 60), max_size=40), st.booleans()), min_size=1, max_size=8
    )
)
def test_each_broken_promise_is_told_once_and_never_of_many_one_by_one(
    looks: list[tuple[set[int], bool]],
) -> None:
    """Whichever process looks, and whatever comes to it: what broke so far stays broken."""
    now, known = NINE, Alerts()
    floods, broken = Floods(), dict[int, Fault]()
    stood_for = set[str]()
    for coming, restarted in looks:
        fresh = {number: late(number, now) for number in coming - broken.keys()}
        broken |= fresh
        floods = Floods() if restarted else floods
        gathered = floods.gather(tuple(broken.values()), PLACES, known, now)
        after = told(gathered, now, known)
        new = after.keys() - known.keys()
        known = after
        many = {subject for _, subject in new if "/many/" in subject}
        alone = {subject for _, subject in new} - many
        assert len(new) < MANY, "of many one"
        assert len(many) <= 1
        assert not alone & stood_for, "once"
        gathers = any(
            now - one.alert.opened_at <= GATHERS
            for (_, subject), one in known.items()
            if "/many/" in subject
        )
        subjects = {one.subject for one in fresh.values()}
        assert subjects <= alone or gathers, "told by itself, or one alert stands for it"
        stood_for |= subjects
        now += timedelta(minutes=7)


def test_what_breaks_long_after_the_flood_is_told_by_itself() -> None:
    flood = tuple(late(number) for number in range(30))
    floods = Floods()
    known = told(floods.gather(flood, PLACES, {}, NINE), NINE, {})
    assert [subject for _, subject in known] == ["promise/many/late/20260301T0900"]
    later = (*flood, late(31, at(40)))
    assert [one.subject for one in floods.gather(later, PLACES, known, at(41))] == [
        "promise/31/late"
    ]


def test_each_organisation_is_told_of_its_own() -> None:
    silent = tuple(Fault(subject=f"blind/{home}", what=say("Late"), home_id=home) for home in HOMES)
    found = Floods().gather((*silent, Fault(subject="disk", what=say("Full"))), PLACES, {}, NINE)
    assert sorted((one.home_id or "", one.subject) for one in found) == [
        ("", "disk"),
        (HOMES[0], "blind/many"),
        (HOMES[1], "blind/many"),
    ]
    assert str(found[0].what).startswith("Nothing has come from 20 homes")
    few = Floods().gather(silent[: 2 * MANY - 2], PLACES, {}, NINE)
    assert few == silent[0 : 2 * MANY - 2 : 2] + silent[1 : 2 * MANY - 2 : 2]


def test_who_was_told_of_by_itself_stays_so_while_others_join() -> None:
    silent = tuple(
        Fault(subject=f"blind/{home}", what=say("Late"), home_id=home) for home in HOMES[1::2]
    )
    known = told(silent[:3], NINE, {})
    found = Floods().gather(silent, PLACES, known, at(1))
    assert [one.subject for one in found] == [*(one.subject for one in silent[:3]), "blind/many"]


async def test_many_silent_homes_are_one_alert_that_ends_when_they_speak(
    plain_database: Database, receiver: Receiver
) -> None:
    """One alert for each of 10,000 homes took minutes, and woke each technician 10,000 times."""
    house = await furnish(plain_database, technician={"webhook": receiver.url("/technician")})
    with psycopg.connect(house.url, autocommit=True) as connection:
        connection.execute(
            "insert into home (home_id, organisation_id, name) select 'x' || n, 'leeds', 'X'"
            " from generate_series(1, 30) n"
        )
        connection.execute(
            "insert into device (home_id, family, external_id, name, placement)"
            " select home_id, 'zigbee2mqtt', 'a', 'A', 'room' from home where home_id <> '7f3k'"
        )
        connection.execute(
            "insert into presence (device_id, home_id, last_seen) select device_id, home_id, %s"
            " from device",
            (NINE - timedelta(hours=26),),
        )
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        health, off = Health("alerts", turns.clock), DeadMan("")
        auditor = Auditor(turns.alerting.pool, turns.clock, health, off, lease_s=30)
        found = await auditor.look_once()
        assert found is not None
        assert len(found) == 30
        await turns.turn()
        await auditor.look_once()
        assert house.alerts("subject, state, what") == [
            (
                "blind/many",
                "open",
                "Nothing has come from 30 homes for more than a day, and no alert says so.",
            )
        ]
        assert len([one for one in receiver.requests if one.path == "/technician"]) == 1
        house.execute("update presence set last_seen = %s where home_id <> 'x1'", NINE)
        await auditor.look_once()
    assert house.alerts("subject, cleared_at is not null") == [
        ("blind/many", True),
        ("blind/x1", False),
    ]
