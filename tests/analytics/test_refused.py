"""While somebody may not be watched nothing is kept: no stillness is learned, and nobody is woken by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

import psycopg

from analytics.features.coverage import Darkness
from analytics.home_engine import Inputs
from analytics.recovery import recover
from analytics.sample_days import BED, HOME, HOUSEHOLD, HUB, KITCHEN_MOTION, MONDAY
from analytics.service import Watch
from core.model.finding import Audience, Phase, Severity
from core.model.ids import WHOLE_HOME
from core.model.quantity import Quantity
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AnalyticsSettings
from core.store import engine as engine_table
from core.store.pool import connect, open_pool
from tests.analytics.log_rows import beat, furnish
from tests.analytics.story import FOREVER, Story

if TYPE_CHECKING:
    from tests.servers.databases import Database

GIVEN: LiteralString = (
    "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
    " decided, said_by, valid_from, carer_id, at) select home_id, resident_id, 'given',"
    " 'care_monitoring', '', 'consent', 'explicit_consent', 'person', 'R', now(), 1, now() from resident"
)
WITHDRAWN: LiteralString = (
    "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, decided, said_by,"
    " valid_from, carer_id, at) select home_id, resident_id, 'withdrawn', 'care_monitoring', '', 'person',"
    " 'R', now(), 1, now() from resident"
)


def refused(story: Story, *, so: bool) -> Story:
    gone: dict[str, tuple[int, ...]] = {HOME: (WHOLE_HOME,) if so else ()}
    story.home.look(Inputs(heard_at=FOREVER, heard_since=MONDAY, offline=gone))
    return story


def lived(story: Story) -> Story:
    """Somebody moves about from 08:00 to 10:00, and the hub speaks."""
    story.at(8).hear(HUB, Quantity.BATTERY, 80.0)
    return story.move(KITCHEN_MOTION, every=5, until=10)


def longest_h(*, told: bool) -> float:
    """Return the longest pause that is learned where a home says nothing for four hours."""
    story = Story().at(8).move(KITCHEN_MOTION, every=5, until=10)
    story = refused(story, so=told).at(14)
    story = refused(story, so=False).at(14, 1).hear(KITCHEN_MOTION)
    story.move(KITCHEN_MOTION, every=5, until=15).at(40)
    view = story.move(KITCHEN_MOTION, every=5, until=42).home.view
    assert view is not None
    return max((abs(one) for one in view.pauses._length), default=0.0)


def test_the_time_in_which_all_is_refused_is_not_learned_as_a_long_pause() -> None:
    assert longest_h(told=False) > 4.0
    assert longest_h(told=True) < 0.5


def test_nobody_is_still_and_no_device_is_silent_for_what_is_refused() -> None:
    story = refused(lived(Story()), so=True).at(10 + 24 * 20)
    story.restart()
    assert story.home.view is not None
    assert story.home.view.coverage.cause is Darkness.REFUSED
    told = [one for one in story.said if one.noticed_at > MONDAY + timedelta(hours=10, minutes=1)]
    assert {one.detector for one in story.said if one.audience is Audience.CARERS} == set()
    assert [(one.subject, one.severity, one.phase) for one in told] == [
        ("home", Severity.NOTICE, Phase.OPENED)
    ]
    assert "may not be watched" in told[0].what
    before = len(story.said)
    story = refused(story, so=False).at(10 + 24 * 20, 1).hear(KITCHEN_MOTION).at(11 + 24 * 20)
    (seen,) = story.said[before:]
    assert (seen.subject, seen.phase) == ("home", Phase.CLEARED)
    story.hear(BED, Quantity.BED, 1.0).at(11 + 24 * 20, 1)
    assert story.home.view is not None
    assert story.home.view.coverage.devices[KITCHEN_MOTION].period_s < 86400


def test_a_pipeline_that_failed_in_the_meantime_is_told_as_loudly_as_ever() -> None:
    story = Story(seen=False)
    at = MONDAY + timedelta(hours=1)
    story.home.look(Inputs(heard_at=at, heard_since=MONDAY, offline={HOME: (WHOLE_HOME,)}))
    story.at(2)
    story.home.look(Inputs(heard_at=at, heard_since=MONDAY, offline={HOME: ()}))
    story.at(2, 10)
    said = [(one.severity, one.phase) for one in story.of("liveness")]
    assert said == [
        (Severity.NOTICE, Phase.OPENED),
        (Severity.NOTICE, Phase.CLEARED),
        (Severity.CHECK, Phase.OPENED),
        (Severity.URGENT, Phase.RAISED),
    ]


async def test_a_withdrawal_in_the_ledger_reaches_detection_and_so_does_its_end(
    plain_database: Database,
) -> None:
    await furnish(plain_database, HOUSEHOLD)
    clock = ManualClock(datetime.now(UTC))
    settings = AnalyticsSettings(
        database_url=plain_database.url_as("wayhome_analytics"), tick_s=1.0
    )
    given = Context(
        settings=settings, clock=clock, health=Health("analytics", clock), instance="analytics"
    )
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(
            "insert into carer (carer_id, organisation_id, login, name, role, password_hash)"
            " overriding system value values (1, 'sample', 'a', 'A', 'organisation_admin', 'x')"
        )

        async def cause() -> Darkness | None:
            clock.advance(10)
            beat(owner, clock.now(), clock.now() - timedelta(hours=1))
            await watch.advance()
            view = watch._state.engine.homes[HOME].view
            assert view is not None
            return view.coverage.cause

        async with open_pool(given.settings.database_url) as pool:
            watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
            assert await cause() is None
            owner.execute(GIVEN)
            assert await cause() is None
            owner.execute(WITHDRAWN)
            assert await cause() is Darkness.REFUSED
            async with connect(plain_database.url_as("wayhome_analytics")) as connection:
                assert await engine_table.devices_gone(connection) == {HOME: (WHOLE_HOME,)}
            owner.execute(GIVEN)
            assert await cause() is None
