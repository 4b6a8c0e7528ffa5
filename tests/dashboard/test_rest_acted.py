"""A whole rest as people live it: two phones, a technician, a service that starts anew, clocks that go on."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.channel import ChannelSettings, discover
from alerts.outbox import Desk, Outbox
from alerts.watch_notices import WatchNotices
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store.pool import open_pool
from tests.alerts.receiver import Receiver, receiving
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.servers.databases import Database

PAGE = "/homes/ada/away"
FRIDAY = datetime(2026, 3, 27, 20, 30, tzinfo=UTC)
"""Half past eight in the evening in Leeds; on the Sunday the clocks go forward."""
MINUTE = timedelta(minutes=1)


class Street:
    """The alerting service beside the pages, and the phones of the circle."""

    def __init__(
        self, town: Town, database: Database, clock: ManualClock, phones: Receiver
    ) -> None:
        self.town, self.clock, self.phones = town, clock, phones
        self.url = database.url_as("wayhome_alerts")
        for login in ("ben", "mia"):
            town.execute(
                "insert into contact_point values (%s, 'webhook', %s)",
                town.carers[login],
                phones.url(f"/{login}"),
            )

    @asynccontextmanager
    async def service(self) -> AsyncIterator[None]:
        """Start the service anew: it knows nothing but what the tables hold."""
        async with open_pool(self.url) as pool:
            health = Health("alerts", self.clock)
            desk = Desk(
                pool=pool, clock=self.clock, health=health, holder="one", lease_s=30, send_timeout_s=2,
                poll_s=0.1, public_url="",
            )  # fmt: skip
            settings = ChannelSettings(timeout_s=2, local_network=True)
            channels = [make(settings) for make in discover().values()]
            waking = [channel.name for channel in channels if channel.wakes]
            self.watches = WatchNotices(pool, self.clock, health, url="", waking=waking)
            self.outboxes = [Outbox(desk, channel) for channel in channels]
            yield
            assert health.report()["parts"]["word of watching"]["ok"], health.report()
            for channel in channels:
                await channel.close()

    async def until(self, moment: datetime) -> dict[str, list[tuple[str, str]]]:
        """Let it become this late by a service that starts anew; return who heard what, and when (UTC)."""
        heard: dict[str, list[tuple[str, str]]] = defaultdict(list)
        async with self.service():
            while True:
                await self.watches.look_once()
                for outbox in self.outboxes:
                    await outbox.drain()
                for request in self.phones.requests:
                    at = f"{self.clock.now():%a %H:%M}"
                    heard[request.path.strip("/")].append((request.json["kind"], at))
                self.phones.requests.clear()
                if self.clock.now() >= moment:
                    return dict(heard)
                step = min(moment - self.clock.now(), timedelta(minutes=30))
                self.clock.advance(step.total_seconds())


@pytest.fixture
async def street(town: Town, plain_database: Database, clock: ManualClock) -> AsyncIterator[Street]:
    clock.advance((FRIDAY - clock.now()).total_seconds())
    town.execute("insert into resident (home_id, name) values ('ada', 'Bob')")
    town.execute(
        "insert into quiet_hours values (%s, 'Europe/London',"
        ' \'[{"days": [0,1,2,3,4,5,6], "start": 1200, "end": 480}]\', now())',
        town.carers["mia"],
    )
    with receiving() as phones:
        found = Street(town, plain_database, clock, phones)
        await found.until(FRIDAY)
        yield found


async def test_a_weekend_with_a_change_of_clocks(street: Street, visitors: Visitors) -> None:
    clock, town = street.clock, street.town
    ben = await visitors.of("ben")
    assert "Say it only if Ada and Bob are all away." in plain(await ben.text(PAGE))
    said = await ben.send(PAGE, where="with_us", day="2026-03-29", time="18:00", stands="live")
    assert said.status_code == 303
    # who is quiet hears of it in the morning, who is not at once
    assert await street.until(FRIDAY + timedelta(hours=14)) == {
        "ben": [("watch_rests", "Fri 20:30")],
        "mia": [("watch_rests", "Sat 08:00")],
    }
    # Mia keeps her until Monday at seven: both hear of it, and are asked on Sunday evening, not at four
    mia = await visitors.of("mia")
    before = (await mia.get(f"/api{PAGE}")).json()["since"]
    said = await mia.send(PAGE, where="with_us", day="2026-03-30", time="07:00", stands=before)
    assert said.status_code == 303
    assert town.execute("select max(until) from home_step") == [
        (datetime(2026, 3, 30, 6, tzinfo=UTC),)
    ]
    heard = await street.until(datetime(2026, 3, 30, 6, tzinfo=UTC) - MINUTE)
    assert heard == {
        "ben": [("watch_rests", "Sat 10:30"), ("watch_rest_ends", "Sun 19:00")],
        "mia": [("watch_rests", "Sat 10:30"), ("watch_rest_ends", "Sun 18:00")],
    }
    # two phones and the end that was set, all at once: it is watched again, once
    clock.advance(60)
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    answers = await asyncio.gather(
        ben.send(f"{PAGE}/end"), mia.send(f"{PAGE}/end"), street.until(clock.now())
    )
    assert sum(getattr(one, "status_code", 0) == 303 for one in answers) <= 1
    assert town.execute("select count(*) from home_step where stage = 'live'") == [(1,)]
    assert town.execute("select mode, away from home where home_id = 'ada'") == [("live", False)]
    late = await ben.send(PAGE, where="with_us", day="2026-04-02", time="07:00", stands=before)
    assert late.status_code == 409
    assert await street.until(clock.now() + timedelta(hours=3)) == {
        "ben": [("watch_again", "Mon 07:00")],
        "mia": [("watch_again", "Mon 07:00")],
    }
    text = plain(await (await visitors.of("technician")).text("/homes/ada/steps"))
    assert "Live" in text
