"""A carer says that nobody is at home: who is told, what is told all the same, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import psycopg
import pytest

from alerts.intake import take_findings
from core.model.away import KEPT, LONGEST, NOT_BACK_AFTER
from core.model.finding import Audience, Phase, Severity
from core.runtime.clock import ManualClock
from core.store.pool import open_pool
from tests.alerts.builders import a_finding
from tests.alerts.circles import NOON, THREE, Circle, an_organisation, looking
from tests.alerts.receiver import Receiver
from tests.servers.databases import Database

HOUR = timedelta(hours=1)
SUNDAY = NOON + timedelta(days=2)
FAMILY = {"/one", "/two"}


def both(kind: str) -> dict[str, list[str]]:
    return {path: [kind] for path in FAMILY}


class Family:
    """A live home; its first carer says that nobody is there."""

    def __init__(self, circle: Circle, database: Database) -> None:
        self.circle, self.house, self.database = circle, circle.house, database
        self.now = circle.clock.now
        ((self.hall,),) = self.house.execute(
            "insert into device (home_id, family, external_id, name, placement)"
            " values (%s, 'zigbee2mqtt', 'hall', 'Hall', 'room') returning device_id",
            self.house.home_id,
        )

    def acts(self, query: str, *values: object) -> object:
        """Run a function as the first carer."""
        with psycopg.connect(self.database.url_as("wayhome_dashboard")) as connection:
            for name, value in (
                ("organisation", "leeds"), ("carer", str(self.house.carers[0])), ("scope", "circle")
            ):  # fmt: skip
                connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
            row = connection.execute(query.encode(), values).fetchone()
            return None if row is None else row[0]

    def away(self, until: datetime = SUNDAY, where: str = "with_us") -> object:
        return self.acts(
            "select rest_watch(%s, %s, %s, %s)", self.house.home_id, where, until, self.now()
        )

    def back(self) -> object:
        return self.acts("select watch_again(%s, %s)", self.house.home_id, self.now())

    async def news(self) -> dict[str, list[str]]:
        """Return what the carers with a phone are told."""
        found = await self.circle.news()
        return {path: kinds for path, kinds in found.items() if path in FAMILY}

    async def at(self, moment: datetime) -> dict[str, list[str]]:
        self.circle.clock.advance((moment - self.now()).total_seconds())
        return await self.news()

    def sees(self) -> None:
        self.house.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " values (%s, %s, 'motion', 1, %s, %s)",
            self.now(), self.hall, self.house.home_id, self.now(),
        )  # fmt: skip

    async def noticed(
        self,
        detector: str,
        onset: datetime,
        *,
        at: datetime | None = None,
        phase: Phase = Phase.OPENED,
    ) -> None:
        """Let detection notice something, and take it in now."""
        finding = a_finding(
            Severity.URGENT, home_id=self.house.home_id, resident_id=self.house.resident_id,
            detector=detector, onset=onset, noticed_at=at or self.now(), phase=phase,
            audience=Audience.CARERS if detector in KEPT else Audience.OPERATORS,
        )  # fmt: skip
        self.house.write(finding)
        async with open_pool(self.database.url_as("wayhome_alerts")) as pool:
            while await take_findings(pool, self.circle.clock):
                pass

    def alerts(self) -> list[tuple[object, ...]]:
        return self.house.execute(
            "select detector, silent, audience from alert where detector <> 'reachability'"
            " order by alert_id"
        )

    def mode(self) -> str:
        ((mode,),) = self.house.execute(
            "select mode from home where home_id = %s", self.house.home_id
        )
        return str(mode)


@pytest.fixture
async def family(plain_database: Database, receiver: Receiver) -> AsyncIterator[Family]:
    house, boss = await an_organisation(plain_database, receiver)
    async with looking(house, plain_database, receiver, ManualClock(NOON), boss) as circle:
        found = Family(circle, plain_database)
        await circle.news()
        yield found


async def test_each_of_the_circle_is_told_once_that_it_rests_and_that_it_has_ended_by_itself(
    family: Family,
) -> None:
    assert family.away() is not None
    assert await family.news() == both("watch_rests")
    assert await family.news() == {}
    assert await family.at(SUNDAY - timedelta(minutes=1)) == both("watch_rest_ends")
    assert family.mode() == "test"
    assert await family.at(SUNDAY) == both("watch_again")
    assert family.mode() == "live"
    ((stage, by_itself, away),) = family.house.execute(
        "select stage, by_itself, away from home_step order by step_id desc limit 1"
    )
    assert (stage, by_itself, away) == ("live", True, "with_us")
    assert await family.circle.broken() == set()


async def test_who_makes_it_longer_tells_the_others_anew(family: Family) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance(3600)
    family.away(SUNDAY + timedelta(days=1))
    assert await family.news() == both("watch_rests")
    assert await family.at(SUNDAY) == {}
    assert set(await family.at(SUNDAY + timedelta(days=1))) == FAMILY
    assert await family.circle.broken() == set()


async def test_at_night_it_waits_for_the_end_of_a_persons_own_quiet_hours_and_for_nobody_else(
    family: Family,
) -> None:
    is_quiet_until_eight(family)
    family.circle.clock.advance((THREE - family.now()).total_seconds())
    family.away()
    assert await family.news() == {"/one": ["watch_rests"]}
    assert await family.at(THREE.replace(hour=7, minute=1)) == {"/two": ["watch_rests"]}
    assert await family.circle.broken() == set()


def is_quiet_until_eight(family: Family) -> None:
    """Let the second carer keep quiet hours, 20:00 to 08:00."""
    family.house.execute(
        "insert into quiet_hours values (%s, 'Europe/London',"
        ' \'[{"days": [0,1,2,3,4,5,6], "start": 1200, "end": 480}]\', now())',
        family.house.carers[1],
    )


async def test_what_began_and_ended_in_somebodys_quiet_hours_is_told_at_their_end(
    family: Family,
) -> None:
    is_quiet_until_eight(family)
    family.circle.clock.advance((THREE - family.now()).total_seconds())
    family.away()
    assert await family.news() == {"/one": ["watch_rests"]}
    family.circle.clock.advance(3600)
    assert family.back() is not None
    assert await family.news() == {}
    eight = THREE.replace(hour=7, minute=1)
    assert await family.at(eight) == {"/one": ["watch_again"], "/two": ["watch_rested"]}
    assert await family.at(eight + timedelta(days=1)) == {}
    assert await family.circle.broken() == set()


async def test_what_came_and_went_twice_in_one_night_is_told_once(family: Family) -> None:
    is_quiet_until_eight(family)
    family.circle.clock.advance((THREE - family.now()).total_seconds())
    for _ in range(2):
        family.away()
        await family.news()
        family.circle.clock.advance(1800)
        family.back()
        await family.news()
        family.circle.clock.advance(1800)
    told = await family.at(THREE.replace(hour=7, minute=1))
    assert told["/two"] == ["watch_rested"]
    assert await family.circle.broken() == set()


async def test_before_it_ends_each_is_asked_once_in_good_time_and_again_where_it_was_made_longer(
    family: Family,
) -> None:
    family.away()
    await family.news()
    assert await family.at(SUNDAY - timedelta(hours=3, minutes=1)) == {}
    assert await family.at(SUNDAY - timedelta(hours=3)) == both("watch_rest_ends")
    assert await family.at(SUNDAY - HOUR) == {}
    later = SUNDAY + timedelta(hours=20)  # 06:00 UTC, 07:00 by the clock of the home
    family.away(later)
    assert await family.news() == both("watch_rests")
    assert await family.at(SUNDAY.replace(hour=18, minute=59)) == {}
    assert await family.at(SUNDAY.replace(hour=19)) == both("watch_rest_ends"), "the evening before"
    assert await family.at(later - HOUR) == {}
    assert family.mode() == "test"
    assert await family.at(later) == {}
    assert await family.at(later + HOUR) == both("watch_again")
    assert await family.circle.broken() == set()


async def test_who_is_quiet_is_asked_before_that_and_nobody_of_a_rest_that_is_over(
    family: Family,
) -> None:
    family.house.execute(
        "insert into quiet_hours values (%s, 'Europe/London',"
        ' \'[{"days": [2], "start": 360, "end": 1200}]\', now())',
        family.house.carers[1],
    )
    family.away()  # until Wednesday 11:00 by the clock of the home
    await family.news()
    evening = SUNDAY - timedelta(hours=15)
    assert await family.at(evening - timedelta(minutes=1)) == {}
    assert await family.at(evening) == {"/two": ["watch_rest_ends"]}
    assert await family.at(SUNDAY - timedelta(hours=3)) == {"/one": ["watch_rest_ends"]}
    assert family.back() is not None
    assert await family.news() == {"/one": ["watch_again"]}
    assert await family.at(SUNDAY + HOUR) == {}
    assert await family.at(SUNDAY + 9 * HOUR) == {"/two": ["watch_again"]}


async def test_a_reminder_that_waits_to_be_sent_is_taken_back_where_they_are_back(
    family: Family,
) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance((SUNDAY - 3 * HOUR - family.now()).total_seconds())
    await family.circle.watches.look_once()
    assert family.back() is not None
    assert await family.news() == both("watch_again")


async def test_calls_and_hazards_are_told_and_silence_is_not(family: Family) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance(3600)
    for detector in ("sos", "hazard", "impact", "inactivity", "exit", "geofence"):
        await family.noticed(detector, family.now() - timedelta(minutes=1))
    told = {
        detector
        for (detector,) in family.house.execute(
            "select f.detector from alert_finding j join finding f using (finding_id)"
            " join alert a using (alert_id) where not a.silent"
        )
    }
    assert told == {"sos", "hazard", "impact"}


async def test_a_call_just_before_the_end_is_told_though_it_is_taken_in_after_it(
    family: Family,
) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance(3600)
    pressed = family.now()
    family.circle.clock.advance(5)
    assert family.back() is not None
    family.circle.clock.advance(5)
    await family.noticed("sos", pressed, at=pressed)
    assert family.alerts() == [("sos", False, "carers")]


async def test_who_may_not_be_watched_is_not_called_at_rest(family: Family) -> None:
    family.away()
    await family.news()
    family.circle.write("withdrawn")
    family.circle.clock.advance(120)
    assert await family.news() == both("watch_ended")
    family.circle.clock.advance(120)
    await family.noticed("sos", family.now())
    assert [silent for _, silent, _ in family.alerts()] == [True]


async def test_who_is_seen_at_home_meanwhile_is_asked_of_the_carers_and_not_of_operators(
    family: Family,
) -> None:
    family.away()
    await family.news()
    heard: set[str] = set()
    for _hour in range(3):
        family.circle.clock.advance(3600)
        family.sees()
        heard |= set(await family.news())
    assert heard == set(), "somebody waters the flowers"
    family.circle.clock.advance(3600)
    family.sees()
    await family.news()
    assert family.alerts() == [("unwatched", False, "carers")]
    ((subject, what, advice),) = family.house.execute(
        "select subject, what, advice from alert where detector = 'unwatched'"
    )
    assert subject.startswith("back/")
    assert "something moved in 4 of the last 12 hours" in what
    assert "Watch again now" in advice
    assert family.back() is not None
    family.circle.clock.advance(61)
    await family.news()
    assert family.house.execute(
        "select cleared_at is not null from alert where detector = 'unwatched'"
    ) == [(True,)]


async def test_a_silence_that_goes_on_an_hour_after_the_end_is_told(family: Family) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance(5 * 3600)
    await family.noticed("inactivity", family.now() - HOUR)
    assert family.alerts() == [("inactivity", True, "operators")]
    await family.at(SUNDAY)
    await family.at(SUNDAY + NOT_BACK_AFTER - timedelta(minutes=2))
    assert family.alerts() == [("inactivity", True, "operators")], "they may be on the way home"
    await family.at(SUNDAY + NOT_BACK_AFTER + timedelta(minutes=2))
    assert family.alerts() == [("inactivity", False, "carers")]
    assert family.house.execute("select count(*) > 0 from delivery where alert_id is not null") == [
        (True,)
    ]
    assert await family.circle.broken() == set()


async def test_what_was_of_an_empty_home_ends_with_it_and_is_told_if_it_is_said_again(
    family: Family,
) -> None:
    family.away()
    await family.news()
    family.circle.clock.advance(5 * 3600)
    onset = family.now()
    await family.noticed("exit", onset)
    await family.at(SUNDAY)
    await family.at(SUNDAY + NOT_BACK_AFTER + timedelta(minutes=2))
    ended = "select detector, silent, state, outcome from alert where detector = 'exit'"
    assert family.house.execute(ended) == [("exit", True, "resolved", "cleared")]
    family.circle.clock.advance(60)
    await family.noticed("exit", onset, phase=Phase.RAISED)
    assert family.house.execute(ended) == [("exit", False, "open", None)]
    assert await family.circle.broken() == set()


async def test_a_rest_that_breaks_us_keeps_no_other_home_from_being_told(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_connection: object, _now: object) -> int:
        raise OverflowError

    monkeypatch.setattr("alerts.resting.end_due", broken)
    monkeypatch.setattr("alerts.resting.look", broken)
    family.circle.write("withdrawn")
    family.circle.clock.advance(120)
    assert await family.news() == both("watch_ended")
    assert family.circle.health.report()["parts"]["word of watching"]["ok"] is False


async def test_what_was_silent_before_it_stays_so(family: Family) -> None:
    family.house.execute("update home set mode = 'test' where home_id = %s", family.house.home_id)
    await family.noticed("inactivity", family.now() - HOUR)
    family.house.execute("update home set mode = 'live' where home_id = %s", family.house.home_id)
    family.circle.clock.advance(60)
    family.away()
    await family.at(SUNDAY)
    await family.at(SUNDAY + 2 * NOT_BACK_AFTER)
    assert family.alerts() == [("inactivity", True, "operators")]


async def test_nobody_lets_it_rest_for_longer_than_the_bound_or_in_the_past(family: Family) -> None:
    for until in (family.now(), family.now() - HOUR, family.now() + LONGEST + HOUR):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            family.away(until)
    assert family.away(family.now() + LONGEST) is not None
