"""What the demo's homes publish: a day of backlog, then life as it happens, with a few things going wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from core.model.home import Household
from core.runtime.broker import BrokerSettings, Publisher
from core.runtime.clock import Clock
from sensors import driver
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.stream import Message, stream

BACKLOG = timedelta(hours=24)
"""The hub was away for so long; its queue comes first, with the devices' own times."""
FIRST_EPISODE_S = 15.0
"""By then the backlog is stored."""
NEXT_EPISODE_S = 6.0
EPISODES = (Kind.SOS, Kind.DOOR_AT_NIGHT)
"""By turns: the homes where it is day, and those where it is night."""


@dataclass(slots=True, kw_only=True)
class Count:
    """What was published and taken by the broker."""

    messages: int = 0
    observations: int = 0


def episode(number: int, start: datetime) -> Episode:
    """Return what goes wrong in home ``number``, counted from the ``start`` of the demo."""
    at = start + timedelta(seconds=FIRST_EPISODE_S + number * NEXT_EPISODE_S)
    return Episode(kind=EPISODES[number % 2], at=at, lasts=timedelta(hours=1))


def readings(message: Message) -> int:
    """Return how many observations a message carries."""
    _, _, family, rest = message.topic.split("/", 3)
    return len(driver.discover()[family].decode(rest, message.payload).readings)


def greetings(household: Household, now: datetime) -> list[Message]:
    """Return one message of every device at ``now``: it shows the gateway that the clocks are right."""
    at = now.isoformat(timespec="milliseconds")
    base = f"homes/{household.home.home_id}"
    found = []
    body: dict[str, object]
    for device in household.devices:
        if device.external_id == "bridge":
            topic, body = "zigbee2mqtt/bridge/state", {"state": "online"}
        elif device.family == "wayhome":
            topic = f"wayhome/{device.external_id}/battery"
            body = {"v": 92, "t": at}
        else:
            topic = f"zigbee2mqtt/{device.external_id}"
            body = {"linkquality": 90, "last_seen": at}
        found.append(Message(at=now, topic=f"{base}/{topic}", payload=msgspec.json.encode(body)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Publishes for one home, with the credential of that home alone."""

    household: Household
    number: int
    broker_url: str
    password_file: Path

    async def live(
        self, clock: Clock, start: datetime, until: datetime | None, count: Count
    ) -> None:
        """Publish the backlog, then everything at its time until ``until``; for ever when None."""
        home = self.household.home
        settings = BrokerSettings(
            url=self.broker_url,
            client_id=f"hub-{home.home_id}",
            username=f"hub-{home.home_id}",
            password=self.password_file.read_text(),
        )
        wrong = (episode(self.number, start),)
        begin, end = start - BACKLOG, start + BACKLOG
        async with Publisher(settings) as publisher:
            for message in greetings(self.household, clock.now().astimezone(UTC)):
                await self._publish(publisher, message, count)
            await publisher.flush()
            while until is None or begin < until:
                span = (begin, min(end, until) if until else end)
                for message in stream(
                    home.home_id, home.zone, span, seed=self.number + 1, wrong=wrong
                ):
                    wait_s = (message.at - clock.now()).total_seconds()
                    if wait_s > 0:
                        await clock.sleep(wait_s)
                    await self._publish(publisher, message, count)
                begin, end = end, end + BACKLOG
            await publisher.flush()

    @staticmethod
    async def _publish(publisher: Publisher, message: Message, count: Count) -> None:
        taken = await publisher.enqueue(message.topic, message.payload)
        number = readings(message)

        def done(future: asyncio.Future[None]) -> None:
            if not future.cancelled() and future.exception() is None:
                count.messages += 1
                count.observations += number

        taken.add_done_callback(done)
