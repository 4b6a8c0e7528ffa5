"""The demo from start to end."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.runtime.clock import Clock, SystemClock
from core.store import tally
from core.store.pool import connect
from wayhome.console import console
from wayhome.demonstration import figures, history, world
from wayhome.demonstration.carer import Answering
from wayhome.demonstration.figures import Figures
from wayhome.demonstration.homes import Count, Hub
from wayhome.demonstration.phone import phone
from wayhome.demonstration.world import World
from wayhome.stack import Stack, StackSettings

READ_S = 3.0
"""The broker reads its accounts, the gateway its homes; on a loaded machine a second may be too short."""
DAY_S = 86400.0
SETTLE_TIMEOUT_S = 45.0
"""How long the last messages may take into the database: a gateway that had to connect again hears what it
had not acknowledged only after the broker's ``ack_wait`` (10 s), on a loaded machine perhaps twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What the demo shall do."""

    homes: int = 6
    #: Ends by itself after so many seconds; None runs until Ctrl-C.
    lasts_s: float | None = None
    web_port: int = 0
    web_host: str = "127.0.0.1"
    database_url: str = ""
    #: Let a simulated carer acknowledge; None does so in a demo that ends by itself.
    carer_answers: bool | None = None


async def run(settings: DemoSettings, ended: asyncio.Event) -> Figures:
    """Run the demo in a folder of its own, which is gone afterwards; return what it measured."""
    folder = Path(tempfile.mkdtemp(prefix="wayhome-demo-"))
    folder.chmod(0o755)
    stack_settings = StackSettings(
        folder=folder,
        web_host=settings.web_host,
        web_port=settings.web_port,
        database_url=settings.database_url,
        durable=False,
    )
    try:
        console.print("Starting database, broker and services …")
        async with phone() as phone_url, Stack(stack_settings) as stack:
            return await _play(settings, stack, phone_url, ended)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _play(
    settings: DemoSettings, stack: Stack, phone_url: str, ended: asyncio.Event
) -> Figures:
    clock = SystemClock()
    async with connect(stack.system.database("wayhome_registrar")) as connection:
        people = await world.register(connection, settings.homes, clock.now(), phone_url)
    await stack.refresh_accounts()
    await clock.sleep(READ_S)
    _welcome(stack, people, settings)
    start = clock.now().astimezone(UTC)
    until = None if settings.lasts_s is None else start + timedelta(seconds=settings.lasts_s)
    count = Count()
    answers = settings.carer_answers
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(hub.live(clock, start, until, count), name=f"hub {hub.number}")
            for hub in _hubs(stack, people)
        ]
        tasks.append(group.create_task(_tell_past(stack, people, start), name="history"))
        side = [group.create_task(_tell(stack, clock), name="telling")]
        if answers or (answers is None and until is not None):
            carer = Answering(stack.web_url, people.logins[0])
            side.append(group.create_task(carer.keep_answering(clock), name="carer"))
        await _until(ended, clock, until)
        for task in [*tasks, *side]:
            if task in side or until is None:
                task.cancel()
    await _settle(stack, clock, count)
    return await figures.read(stack.system, count.observations)


async def _until(ended: asyncio.Event, clock: Clock, until: datetime | None) -> None:
    left = None if until is None else (until - clock.now()).total_seconds()
    with suppress(TimeoutError):
        async with asyncio.timeout(left):
            await ended.wait()


def _hubs(stack: Stack, people: World) -> list[Hub]:
    return [
        Hub(
            household=household,
            number=number,
            broker_url=stack.system.mqtt_url,
            password_file=stack.secrets / f"hub-{household.home.home_id}",
        )
        for number, household in enumerate(people.households)
    ]


def _welcome(stack: Stack, people: World, settings: DemoSettings) -> None:
    console.print(f"\n  Pages: [b]{stack.web_url}[/b]\n")
    for login in people.logins:
        console.print(f"    {login.login:<6} {login.password:<10} {login.name}")
    night = people.households[1].home.zone.key if len(people.households) > 1 else ""
    console.print(
        "\n  In some seconds Ada presses her pendant"
        + (f", and George, for whom it is night ({night}), goes out of the door." if night else ".")
    )
    console.print(
        "  Each hub first brings the last 24 hours, as after an outage: those messages count as late."
        "\n  Detection learns what is usual from now on, as in a home where it is new."
    )
    if settings.lasts_s is None:
        console.print("  Log in as ruth and answer. Ctrl-C ends the demo and removes everything.\n")


async def _tell(stack: Stack, clock: Clock) -> None:
    """Say on the console what becomes an alert."""
    told = 0
    async with connect(stack.system.database("wayhome_operator"), autocommit=True) as connection:
        while True:
            for line in await tally.alerts_after(connection, told):
                told = max(told, line.alert_id)
                slow = line.delay_s > DAY_S
                since = "of the weeks before" if slow else f"{line.delay_s:.1f} s after the sensor"
                console.print(
                    f"  {clock.now().astimezone():%H:%M:%S}  alert {line.alert_id} in {line.home_id}:"
                    f" {line.detector}, {line.severity} ({since})"
                )
            await clock.sleep(0.5)


async def _tell_past(stack: Stack, people: World, start: datetime) -> None:
    """Let clinicians see the weeks before."""
    days = await history.tell(stack.system.database("wayhome_analytics"), people.households, start)
    homes = len(people.households)
    console.print(
        f"  The {days // homes} days before are counted in each of {homes} homes: log in as khan to see how"
        " days change."
    )


async def _settle(stack: Stack, clock: Clock, count: Count) -> None:
    """Wait until what was published is stored."""
    end = clock.now() + timedelta(seconds=SETTLE_TIMEOUT_S)
    while clock.now() < end:
        seen = await figures.read(stack.system, count.observations)
        if seen.lost == 0:
            return
        await clock.sleep(0.3)
