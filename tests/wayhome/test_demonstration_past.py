"""Who tries the demo as a clinician sees a resident whose days are really changing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from core.model.finding import Audience, Phase, Severity
from core.store.caseload import Reason, cases
from core.store.finding import record_findings
from core.store.pool import connect
from wayhome.demonstration import history, world

if TYPE_CHECKING:
    from tests.servers.databases import Database

START = datetime(2026, 11, 29, 13, tzinfo=UTC)


async def test_the_caseload_of_the_demo_names_a_slow_change(plain_database: Database) -> None:
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        people = await world.register(connection, 2, START, "http://127.0.0.1:9/phone")
        await connection.commit()
    household = people.households[1]
    known = history.past(household, 1, START)
    assert len(known.days) == 7 * history.WEEKS
    slower = next(one for one in known.noticed if one.subject == "slower")
    assert slower.what.startswith("Slower and less active days than usual")
    assert slower.resident_id == household.residents[0].resident_id
    assert (slower.severity, slower.audience, slower.phase) == (
        Severity.NOTICE,
        Audience.CARERS,
        Phase.OPENED,
    )
    assert START - timedelta(days=28) < slower.onset < slower.noticed_at < START
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        await record_findings(connection, known.noticed, shard=0, step=0)
    with psycopg.connect(plain_database.url) as owner:
        assert owner.execute("select count(*) from finding where goes_on").fetchone() == (
            len(known.noticed),
        )
    async with connect(plain_database.url) as connection:
        found, _ = await cases(connection, START, search="", reason=None, limit=5, offset=0)
    assert (found[0].home_id, found[0].reason) == (household.home.home_id, Reason.CHANGED)
    assert [one.reason for one in found[1:]] == [Reason.MISSING], "of the other nothing was noticed"


def test_of_the_other_homes_detection_is_not_asked() -> None:
    kinds = [one.kind for number in range(6) for one in history.story(number, START)]
    assert kinds.count(history.SLOW_STORY) == 1


def test_six_weeks_are_six_weeks_also_when_the_clocks_were_changed_in_them() -> None:
    late = datetime(
        2026, 11, 29, 23, 20, tzinfo=UTC
    )  # in summer, six weeks before, it was tomorrow then
    household = world.households(1, late)[0]
    assert len(history.past(household, 0, late).days) == 7 * history.WEEKS
