"""Live pages: who is woken by what, and that nothing is held for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from core.runtime.health import Health
from core.store import page
from dashboard.live import MOST_OF_ONE, QUEUE, Listener, Live, LiveTimes
from tests.dashboard.test_store import somebody

if TYPE_CHECKING:
    from core.model.ids import AlertId
    from core.store.pool import Connection
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

QUICK = LiveTimes(beat_s=0.05, lifetime_s=20, poll_s=0.1)
Event = tuple[str, dict[str, object]]


def read(word: str) -> Event:
    lines = dict(line.split(": ", 1) for line in word.strip().splitlines())
    return lines.get("event", ""), json.loads(lines.get("data", "{}"))


async def until(stream: AsyncIterator[str], wanted: str) -> Event:
    async with asyncio.timeout(10):
        async for word in stream:
            name, facts = read(word)
            if name == wanted:
                return name, facts
    raise AssertionError(f"no {wanted}")


@asynccontextmanager
async def running(visitors: Visitors, times: LiveTimes = QUICK) -> AsyncIterator[Live]:
    site = visitors.site
    live = Live(site.pool, site.clock, times)
    health = Health("dashboard", site.clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(live.run(site.settings.database_url, health))
        try:
            yield live
        finally:
            live.close()
            task.cancel()


async def test_an_alert_wakes_who_may_see_it_and_nobody_else(
    visitors: Visitors, town: Town
) -> None:
    async with running(visitors) as live:
        streams = {
            login: live.stream(somebody(town, login))
            for login in ("ben", "worker", "technician", "stranger")
        }
        for stream in streams.values():
            await until(stream, "live")
            await until(stream, "beat")
        number = town.alert("tom")
        assert await until(streams["worker"], "changed") == ("changed", {"alert": number})
        for login in ("ben", "technician", "stranger"):
            for _ in range(5):
                name, _ = read(await anext(streams[login]))
                assert name == "beat", login


async def test_of_many_families_only_those_of_the_home_are_asked_about(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is asked about in a transaction of their own: with a thousand open pages an alert came late."""
    asked: list[object] = []
    may_see = page.may_see

    async def listening(connection: Connection, sight: page.Sight, alert_id: AlertId) -> bool:
        cursor = await connection.execute("select current_setting('wayhome.carer')")
        asked.append(await cursor.fetchone())
        return await may_see(connection, sight, alert_id)

    monkeypatch.setattr(page, "may_see", listening)
    town.resident("ada-herself", "ada")
    town.resident("tom-himself", "tom")
    for number in range(5):
        town.carer(f"far{number}", "family_carer", "leeds", "tom")
    logins = [*(f"far{number}" for number in range(5)), "ada-herself", "tom-himself", "ben"]
    async with running(visitors) as live:
        streams = [live.stream(somebody(town, login)) for login in logins]
        for stream in streams:
            await until(stream, "live")
            await until(stream, "beat")
        number = town.alert("ada")
        assert await until(streams[-1], "changed") == ("changed", {"alert": number})
    known = {(str(town.carers[login]),) for login in ("ben", "ada-herself")}
    assert set(asked) == known


async def test_an_answer_wakes_the_others(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("mia")
    async with running(visitors) as live:
        stream = live.stream(somebody(town, "ben"))
        await until(stream, "beat")
        await browser.send(f"/alerts/{number}/acknowledge")
        assert await until(stream, "changed") == ("changed", {"alert": number})


async def test_a_lost_database_is_said_and_its_return_too(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(visitors) as live:
        stream = live.stream(somebody(town, "ben"))
        await until(stream, "beat")
        monkeypatch.setattr(visitors.site.pool, "timeout", 0.1)
        (name,) = town.execute("select current_database()")[0]
        town.execute(f"alter database {name} connection limit 0")
        town.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'wayhome_dashboard'"
            " and datname = current_database()"
        )
        await until(stream, "blind")
        town.execute(f"alter database {name} connection limit -1")
        await until(stream, "live")


async def test_a_stream_ends_and_leaves_nothing(visitors: Visitors, town: Town) -> None:
    live = Live(visitors.site.pool, visitors.site.clock, LiveTimes(beat_s=0.01, lifetime_s=0.05))
    words = [word async for word in live.stream(somebody(town, "ben"))]
    assert words[0].startswith("retry: ")
    assert live.pages == 0


async def test_one_person_has_so_many_pages_and_no_more(visitors: Visitors, town: Town) -> None:
    live = Live(visitors.site.pool, visitors.site.clock, QUICK)
    visitor = somebody(town, "ben")
    streams = [live.stream(visitor) for _ in range(MOST_OF_ONE + 1)]
    for stream in streams:
        await anext(stream)
    async with asyncio.timeout(5):
        assert [read(word)[0] async for word in streams[0]] == ["live"], "the first one ends"
    assert live.pages == MOST_OF_ONE


async def test_a_page_that_does_not_read_holds_little(town: Town) -> None:
    listener = Listener(somebody(town, "ben"))
    for _ in range(1000):
        listener.put("x")
    words = [await listener.next(0.01) for _ in range(QUEUE + 1)]
    assert words == ["x"] * QUEUE + ["event: beat\ndata: {}\n\n"]


async def test_the_stream_needs_a_log_in(visitors: Visitors) -> None:
    answer = await (await visitors.nobody()).client.get("/live")
    assert answer.status_code == 401
