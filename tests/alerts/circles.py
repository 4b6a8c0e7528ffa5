"""A home whose circle is told when it is not watched any more, on a real database with real phones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from alerts.channel import ChannelSettings, discover
from alerts.outbox import Desk, Outbox
from alerts.promises import Terms, violations
from alerts.watch_notices import WatchNotices
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store.ledger import read_ledger
from core.store.pool import connect, open_pool
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Receiver

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)
THREE = datetime(2026, 5, 5, 2, tzinfo=UTC)
"""At night in Leeds."""
WRITE = (
    "insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided, said_by,"
    " valid_from, valid_until, carer_id, at) select home_id, resident_id, %(kind)s, %(purpose)s,"
    " %(article6)s, %(article9)s, 'person', 'Ada', %(from)s, %(until)s, %(carer)s, %(from)s"
    " from resident where home_id = '7f3k'"
)


@dataclass(kw_only=True)
class Circle:
    """A home with three who are told of it: one by push and text, one by text, one by the page only."""

    house: House
    phones: Receiver
    clock: ManualClock
    watches: WatchNotices
    outboxes: list[Outbox]
    administrator: int
    health: Health

    def write(
        self,
        kind: str,
        purpose: str = "care_monitoring",
        until: datetime | None = None,
        since: datetime | None = None,
    ) -> None:
        """Write a basis down, or its withdrawal, as the page *Consent* does."""
        given = kind == "given"
        with psycopg.connect(self.house.url) as connection:
            connection.execute(
                WRITE,
                {
                    "kind": kind,
                    "purpose": purpose,
                    "article6": "consent" if given else "",
                    "article9": "explicit_consent" if given else "",
                    "from": since or self.clock.now(),
                    "until": until,
                    "carer": self.administrator,
                },
            )

    async def turn(self) -> None:
        """Look, and send what is due."""
        await self.watches.look_once()
        for outbox in self.outboxes:
            await outbox.drain()

    async def turns(self, span: timedelta, every: timedelta = timedelta(hours=3)) -> None:
        """Let so much time pass, looking now and then."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.advance(every.total_seconds())
            await self.turn()

    async def news(self) -> dict[str, list[str]]:
        """Return what came on each phone since the last question."""
        await self.turn()
        found: dict[str, list[str]] = {}
        for request in self.phones.requests:
            found.setdefault(request.path, []).append(request.json["kind"])
        self.phones.requests.clear()
        return found

    async def at(self, moment: datetime) -> dict[str, list[str]]:
        """Let it be this late, and return the news."""
        self.clock.advance((moment - self.clock.now()).total_seconds())
        return await self.news()

    async def broken(self) -> set[str]:
        """Return the promises that `wayhome alerts prove` finds broken now."""
        now = self.clock.now()
        async with connect(self.house.url) as connection:
            ledger = await read_ledger(connection, NOON - timedelta(days=1), now)
        watch = [one for one in violations(ledger, Terms(now=now)) if one.alert_id is None]
        assert all(one.home_id == self.house.home_id for one in watch)
        return {one.promise for one in watch}

    def notices(self, columns: str = "kind, about") -> list[tuple[object, ...]]:
        return self.house.execute(f"select {columns} from watch_notice order by notice_id")


@asynccontextmanager
async def looking(
    house: House, database: Database, phones: Receiver, clock: ManualClock, administrator: int
) -> AsyncIterator[Circle]:
    async with open_pool(database.url_as("wayhome_alerts")) as pool:
        health = Health("alerts", clock)
        desk = Desk(
            pool=pool, clock=clock, health=health, holder="one", lease_s=30, send_timeout_s=2,
            poll_s=0.1, public_url="https://pages.example",
        )  # fmt: skip
        settings = ChannelSettings(timeout_s=2, local_network=True)
        channels = [make(settings) for make in discover().values()]
        waking = [channel.name for channel in channels if channel.wakes]
        yield Circle(
            house=house,
            phones=phones,
            clock=clock,
            watches=WatchNotices(pool, clock, health, url="", waking=waking),
            outboxes=[Outbox(desk, channel) for channel in channels],
            administrator=administrator,
            health=health,
        )
        for channel in channels:
            await channel.close()


async def an_organisation(database: Database, receiver: Receiver) -> tuple[House, int]:
    """Furnish a home, another one beside it, and an administrator."""
    other = {"webhook": receiver.url("/other")}
    await furnish(
        database, "b2b2", contacts=(other,), technician={"webhook": receiver.url("/tech")}
    )
    one, two = {"webhook": receiver.url("/one")}, {"webhook": receiver.url("/two")}
    house = await furnish(database, contacts=(one, two, {}))
    ((administrator,),) = house.execute(
        "insert into carer (organisation_id, login, name, role, password_hash)"
        " values ('leeds', 'boss', 'Boss', 'organisation_admin', 'x') returning carer_id"
    )
    house.execute(
        "insert into contact_point (carer_id, channel, address) values (%s, 'webhook', %s)",
        administrator, receiver.url("/boss"),
    )  # fmt: skip
    return house, administrator
