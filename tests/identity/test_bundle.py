"""A hub with its bundle: the line is cut for ten minutes, nothing is lost, only *blind home* is told."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from core.model.finding import Finding, Phase
from core.model.home import Device, Home, HomeMode, Household, Placement, Resident, Room, RoomKind
from core.model.ids import DeviceId, OrganisationId, ResidentId, RoomId
from core.model.observation import Observation
from core.model.quantity import Quantity
from core.runtime.broker import BrokerSettings, Publisher
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import GatewaySettings
from core.store import registry
from core.store.pool import connect
from gateway.service import main
from tests.alerts.receiver import receiving
from tests.deploy.shipped import Hub, ShippedMosquitto
from tests.gateway.running import Table, until
from tests.identity.alerted import alerting, people_of, take_in
from tests.identity.places import HOME, Place, mosquitto_place
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.alerts.receiver import Receiver
    from tests.servers.databases import Database

pytestmark = [pytest.mark.faults]
BEFORE, MEANWHILE = 5, 20
"""Messages before the cut and during it, one each 30 s."""
APART = timedelta(seconds=30)


class SteeredClock:
    """The machine's clock with hours added by hand."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return this moment in UTC."""
        return datetime.now(UTC) + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += by


class Line:
    """The way from a home to the broker, which can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections and take no new ones."""
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.close()
        self._ends.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except ConnectionError:
            writer.close()
            return
        self._ends |= {writer, back}
        await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while some := await source.read(65536):
            sink.write(some)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


class HubWithBundle(Hub):
    """Mosquitto with wayhome.conf as it is in the bundle, with only its places changed."""

    def __init__(self, folder: Path, broker: ShippedMosquitto, papers: Path) -> None:
        self.folder = folder
        self._program = broker.hub_program
        self.port = free_port()
        text = (papers / "wayhome.conf").read_text()
        text = text.replace("/etc/mosquitto/wayhome/", f"{papers}/")
        text = text.replace("listener 1883", f"listener {self.port}")
        text = text.replace("restart_timeout 2 60", "restart_timeout 1 1")
        head = f"persistence true\npersistence_location {folder}/\n"
        head += "user root\n" if os.geteuid() == 0 else ""
        folder.mkdir()
        (folder / "hub.conf").write_text(head + text)
        self.start()

    def settings_as(self, client_id: str) -> BrokerSettings:
        """How somebody else in the home reaches it."""
        return replace(self.settings, client_id=client_id)


HALL = Room(room_id=RoomId(0), home_id=HOME, name="Hall", kind=RoomKind.HALL, exit=True)


def _device(family: str, name: str, placement: Placement, room: Room | None = None) -> Device:
    return Device(
        device_id=DeviceId(0),
        home_id=HOME,
        family=family,
        external_id=name,
        name=name,
        placement=placement,
        room=room,
    )


async def household_at(place: Place) -> Household:
    """Register a home with a motion sensor behind Zigbee2MQTT and the hub itself."""
    home = Home(
        home_id=HOME,
        organisation_id=OrganisationId("care"),
        name="A home",
        zone=ZoneInfo("Europe/London"),
        mode=HomeMode.LIVE,
    )
    resident = Resident(resident_id=ResidentId(0), home_id=HOME, name="R", pronoun="she")
    async with connect(place.database.url_as("wayhome_registrar")) as connection:
        return await registry.register_household(
            connection,
            Household(
                home=home,
                rooms=(HALL,),
                residents=(resident,),
                devices=(
                    _device("zigbee2mqtt", "hall_motion", Placement.ROOM, HALL),
                    _device("wayhome", "hub", Placement.HUB),
                ),
            ),
        )


@asynccontextmanager
async def gateway_at(place: Place, clock: SteeredClock) -> AsyncIterator[None]:
    """Run the gateway on the broker's inner listener."""
    broker = place.broker
    assert isinstance(broker, ShippedMosquitto)
    inside = broker.gateway()
    settings = GatewaySettings(
        database_url=place.database.url_as("wayhome_gateway"),
        mqtt_url=inside.url,
        mqtt_username=inside.username,
        mqtt_password=inside.password,
        mqtt_ca_file=inside.ca_file,
    )
    context = Context(
        settings=settings, clock=clock, health=Health("gateway", clock), instance="gateway"
    )
    context.health.set("started", ok=True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(main(context))
        try:
            await until(lambda: context.health.report()["parts"].get("broker", {}).get("ok"))
            yield
        finally:
            task.cancel()


def motion(on: bool, at: datetime) -> bytes:
    """What Zigbee2MQTT says with ``last_seen: ISO_8601``."""
    said = {"occupancy": on, "battery": 90, "linkquality": 120, "last_seen": at.isoformat()}
    return json.dumps(said).encode()


@dataclass(slots=True, kw_only=True)
class Outage:
    """A home whose line is cut for a while."""

    place: Place
    line: Line
    clock: SteeredClock
    table: Table
    sent: list[datetime] = field(default_factory=list)
    back: datetime | None = None

    def stored(self) -> int:
        """How many messages of the sensor came."""
        return int(self.table.one("select count(*) from observation where quantity = 'motion'"))

    def has_stored(self, count: int) -> bool:
        """Whether so many came."""
        return self.stored() == count

    def online(self) -> bool | None:
        """What is known of the hub."""
        found = self.table.rows(
            "select online from presence join device using (device_id) where external_id = 'hub'"
        )
        return None if not found or found[0][0] is None else bool(found[0][0])

    async def say(self, devices: Publisher) -> None:
        """Let 30 s pass and the sensor speak."""
        self.clock.advance(APART)
        now = self.clock.now()
        topic = f"homes/{HOME}/zigbee2mqtt/hall_motion"
        await devices.publish(topic, motion(len(self.sent) % 2 == 0, now))
        self.sent.append(now)

    async def run(self, devices: Publisher) -> None:
        """Speak, lose the line, speak on for ten minutes, and have it back."""
        await until(lambda: self.online() is True, what="the bridge is up")
        for number in range(BEFORE):
            await self.say(devices)
            # before the hours move on, so that the gateway takes no delay for a wrong clock
            await until(partial(self.has_stored, number + 1))
        await self.line.cut()
        await until(lambda: self.online() is False, what="the broker has noticed")
        for _ in range(MEANWHILE):
            await self.say(devices)
        assert self.stored() == BEFORE
        self.back = self.clock.now()
        await self.line.mend()
        await until(lambda: self.stored() == BEFORE + MEANWHILE, within_s=40)
        await until(lambda: self.online() is True)
        self.clock.advance(APART)  # what is known of devices is written every few seconds
        await until(lambda: self.late() >= MEANWHILE - 2)  # those of the last minute need not be

    def late(self) -> int:
        """How many messages of the devices are marked late."""
        return int(self.table.one("select sum(late) from presence"))

    def rows(self) -> list[tuple[Any, ...]]:
        """What the gateway stored of the sensor."""
        return self.table.rows(
            "select device_id, value, observed_at, received_at from observation"
            " where quantity = 'motion' order by observed_at"
        )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give what stands behind the phones."""
    with receiving() as receiver:
        yield receiver


@asynccontextmanager
async def an_outage(folder: Path, database: Database) -> AsyncIterator[Outage]:
    """Keep up a broker with its identity service, and a line to it that can be cut."""
    place = await mosquitto_place(folder, database)
    line = Line(place.port)
    await line.mend()
    place.terms = replace(place.terms, broker=f"localhost:{line.port}")
    yield Outage(place=place, line=line, clock=SteeredClock(), table=Table(place.database.url))
    await line.cut()
    await place.end()


@pytest.fixture
async def outage(tmp_path: Path, plain_database: Database) -> AsyncIterator[Outage]:
    """Give a broker with its identity service, and a line to it."""
    async with an_outage(tmp_path, plain_database) as outage:
        yield outage


async def test_after_ten_minutes_without_a_line_nothing_is_lost_and_only_blind_home_is_told(
    outage: Outage, tmp_path: Path, receiver: Receiver
) -> None:
    place = outage.place
    household = await household_at(place)
    house = await people_of(place.database, household, receiver)
    asked = await place.asked()
    await place.round()
    assert isinstance(place.broker, ShippedMosquitto)
    hub = HubWithBundle(tmp_path / "hub", place.broker, await asked.take())
    async with alerting(place.database, outage.clock):
        try:
            async with gateway_at(place, outage.clock), Publisher(hub.settings) as devices:
                await outage.run(devices)
        finally:
            hub.kill()
        assert_all_once_and_late(outage)
        told = noticed(household, outage)
        assert [(one.detector, one.phase) for one in told] == [
            ("liveness", Phase.OPENED),
            ("liveness", Phase.CLEARED),
        ]
        assert "can not be seen" in told[0].what
        await take_in(house, told)
    # of all that, one alert: that the home was blind. It was for who repairs, and it is over by itself
    assert house.alerts("detector, subject, audience, silent, cleared_at is not null") == [
        ("liveness", "home", "operators", False, True)
    ]
    assert not [one.path for one in receiver.requests if one.path == "/family_carer"]


def assert_all_once_and_late(outage: Outage) -> None:
    """Each message once, with its own time; what waited is known by the time it came."""
    rows, sent = outage.rows(), outage.sent
    assert [row[1] for row in rows] == [float(n % 2 == 0) for n in range(BEFORE + MEANWHILE)]
    apart = [abs(row[2] - at) for row, at in zip(rows, sent, strict=True)]
    assert max(apart) < timedelta(seconds=2)
    late = [row[3] - row[2] for row in rows]
    assert max(late[:BEFORE]) < APART
    assert outage.back is not None
    assert all(row[3] >= outage.back for row in rows[BEFORE:])
    assert late[BEFORE] >= APART * (MEANWHILE - 1) - timedelta(seconds=2)
    assert outage.table.one("select count(*) from quarantine") == 0
    longest = outage.table.one("select max(late_s) from presence")
    assert abs(longest - late[BEFORE].total_seconds()) < 1


def noticed(household: Household, outage: Outage) -> list[Finding]:
    """Run all detectors over what the gateway stored, as it came, and return what they say."""
    engine = HomeEngine(plan(household))
    hub = next(one.device_id for one in household.devices if one.placement is Placement.HUB)
    came = sorted((_observation(row) for row in outage.rows()), key=lambda row: row.received_at)
    told: list[Finding] = []
    cut, back = outage.sent[BEFORE - 1], outage.back
    now = came[0].received_at
    assert back is not None
    while now < back + timedelta(hours=1):
        gone = (hub,) if cut < now < back else ()
        since = came[0].received_at
        engine.look(Inputs(heard_at=now, heard_since=since, offline={HOME: gone}))
        new = [engine.feed(one) for one in came if now - APART < one.received_at <= now]
        for found in (*new, engine.tick(now)):
            if found is not None:
                assert not found.failures
                told += found.findings
        now += APART
    return told


def _observation(row: tuple[Any, ...]) -> Observation:
    device_id, value, observed_at, received_at = row
    return Observation(
        home_id=HOME,
        device_id=DeviceId(device_id),
        quantity=Quantity.MOTION,
        value=value,
        observed_at=observed_at,
        received_at=received_at,
    )
