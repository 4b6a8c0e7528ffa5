"""A registered home, a broker that checks certificates, and the identity service beside it."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psycopg

from core.model.identity import CODE_LASTS, Grant, hub_grant
from core.model.ids import HomeId
from core.model.one_time_code import new_code, unseal
from core.runtime.clock import ManualClock, SystemClock
from core.store import hub_credential as store
from core.store.hub_credential import HubCredential, Wish
from core.store.pool import connect
from tests.deploy.shipped import ShippedMosquitto
from tests.gateway.running import register
from tests.identity.speaker import Papers, Speaker, unpacked
from wayhome import certificates
from wayhome.embedded import tls
from wayhome.embedded.broker import Account, EmbeddedBroker
from wayhome.identity.issuing import Terms, read_authority
from wayhome.identity.mosquitto_door import MosquittoDoor
from wayhome.identity.nats_door import NatsDoor
from wayhome.identity.reconciler import Reconciler
from wayhome.identity.service import Admin, RevocationList
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.runtime.mqtt import Version
    from tests.servers.databases import Database
    from wayhome.identity.door import CredentialsDoor

HOME, OTHER = HomeId("7f3k"), HomeId("9b2c")
DEADLINE_S = 40.0
MONTHS = timedelta(days=90)


class Broker(Protocol):
    """What both kinds have."""

    def start(self) -> None:
        """Start it where it was."""

    def stop(self) -> None:
        """End it."""


@dataclass(slots=True, kw_only=True)
class Place:
    """One broker with its door."""

    broker: Broker
    port: int
    door: CredentialsDoor
    terms: Terms
    database: Database
    folder: Path
    #: Begins with the real time, for TLS goes by it.
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    count: int = 0
    speakers: list[Speaker] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Database of the identity service."""
        return self.database.url_as("wayhome_identity")

    def reconciler(self) -> Reconciler:
        """Make one, as after a start of the service."""
        kept = None
        if isinstance(self.broker, ShippedMosquitto):
            secrets = self.broker.secrets
            kept = RevocationList(
                path=secrets / "revocations" / "hubs.crl",
                folder=secrets / "identity",
                clock=SystemClock(),  # the broker goes by it
            )
        return Reconciler(door=self.door, terms=self.terms, clock=self.clock, keep_list=kept)

    async def round(self, reconciler: Reconciler | None = None) -> None:
        """Bring the broker to the desired state once."""
        async with connect(self.url) as connection:
            await (reconciler or self.reconciler()).round(connection)

    async def asked(self, home: HomeId = HOME, grant: Grant | None = None) -> Asked:
        """Ask for a credential, committed; nobody has seen it yet."""
        self.count += 1
        code, now = new_code(), self.clock.now()
        wish = Wish(
            home_id=home,
            grant=grant or hub_grant(home, f"{self.count:08x}"),
            about="hub" if grant is None else "device",
            asked_at=now,
            code_ends_at=now + CODE_LASTS,
        )
        async with connect(self.url) as connection:
            number = await store.ask(connection, wish, code)

        async def take() -> Path:
            async with connect(self.url) as connection:
                sealed = await store.take_own(connection, number, self.clock.now())
            assert sealed is not None
            return unpacked(unseal(sealed, code), self.folder / wish.grant.client)

        return Asked(number=number, grant=wish.grant, take=take)

    async def revoke(self, number: int) -> None:
        """Revoke, committed."""
        async with connect(self.url) as connection:
            assert await store.revoke(connection, [number], self.clock.now()) == 1

    async def state(self, number: int) -> HubCredential:
        """How a credential stands."""
        async with connect(self.url) as connection:
            found = await store.of_home(connection, HOME)
        return next(one for one in found if one.credential_id == number)

    def fault(self) -> str:
        """What hinders, as the pages read it."""
        with psycopg.connect(self.database.url) as connection:
            row = connection.execute("select fault from credential_door").fetchone()
        return "" if row is None else str(row[0])

    async def speaker(
        self, context: ssl.SSLContext, client_id: str = "x", version: Version = "5"
    ) -> Speaker:
        """Connect; hangs up at the end of the test."""
        made = await asyncio.to_thread(Speaker, self.port, context, client_id, version)
        self.speakers.append(made)
        return made

    async def end(self) -> None:
        """End all that is open."""
        for one in self.speakers:
            one.close()
        await self.door.close()
        self.broker.stop()

    def papers(self, name: str, **changed: object) -> Papers:
        """Make papers by hand: another authority, another time, or none at all."""
        now = datetime.now(UTC)
        authority = changed.get("authority", self.terms.authority)
        begins = now + timedelta(days=float(str(changed.get("begins_in_days", 0))))
        pair = (
            certificates.new_client(authority, name, begins, timedelta(days=1))
            if isinstance(authority, certificates.Pair)
            else None
        )
        self.count += 1
        return Papers(self.folder / f"papers-{self.count}", pair, self.terms.broker_authority)


class Asked:
    """A credential that was asked for."""

    def __init__(self, *, number: int, grant: Grant, take: object) -> None:
        self.number = number
        self.grant = grant
        self._take = take

    async def take(self) -> Path:
        """Take the bundle; return the folder of its files."""
        assert callable(self._take)
        found: Path = await self._take()
        return found


async def mosquitto_place(folder: Path, database: Database) -> Place:
    """Start the shipped Mosquitto with fresh secrets."""
    await _homes(database)
    secrets = folder / "secrets"
    install(Wanted(folder=secrets), datetime.now(UTC))
    broker = ShippedMosquitto(folder / "broker", secrets)
    broker.start()
    place = Place(
        broker=broker,
        port=broker.certificates_port,
        door=None,  # type: ignore[arg-type]
        terms=Terms(
            authority=read_authority(secrets / "identity"),
            broker_authority=(secrets / "identity" / "ca.crt").read_text(),
            broker=f"localhost:{broker.certificates_port}",
            lasts=MONTHS,
            overlap=timedelta(days=7),
        ),
        database=database,
        folder=folder,
    )
    place.door = MosquittoDoor(
        Admin(
            url=f"mqtts://localhost:{place.port}",
            ca_file=str(secrets / "identity" / "ca.crt"),
            authority=place.terms.authority,
            folder=folder / "admin",
            clock=place.clock,
        )
    )
    return place


async def nats_place(folder: Path, database: Database) -> Place:
    """Start the embedded broker as `wayhome up` does beyond this machine."""
    await _homes(database)
    made, now = folder / "certificates", datetime.now(UTC)
    broker = EmbeddedBroker(
        folder / "nats",
        host="0.0.0.0",  # noqa: S104
        accounts=(Account(username="gateway", subscribe=("homes/#",)),),
        certificate=tls.certificate(made, "", now),
        client_check=tls.client_check(made, now),
    )
    broker.start()
    return Place(
        broker=broker,
        port=broker.port,
        door=NatsDoor(broker),
        terms=Terms(
            authority=read_authority(made),
            broker_authority=(made / tls.AUTHORITY).read_text(),
            broker=f"localhost:{broker.port}",
            lasts=MONTHS,
            overlap=timedelta(days=7),
        ),
        database=database,
        folder=folder,
    )


async def _homes(database: Database) -> None:
    url = database.url_as("wayhome_registrar")
    await register(url, [], home=HOME)
    await register(url, [], home=OTHER)


@asynccontextmanager
async def serving(place: Place) -> AsyncIterator[Reconciler]:
    """Run the identity service while the block runs; it has brought the broker into order once."""
    reconciler = place.reconciler()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(reconciler.run(place.url))
        try:
            await until(lambda: _looked(place))
            yield reconciler
        finally:
            task.cancel()
            await place.door.close()


def _looked(place: Place) -> bool:
    with psycopg.connect(place.database.url) as connection:
        row = connection.execute("select count(*) from credential_door where fault = ''").fetchone()
    return row == (1,)


async def until(check: object) -> None:
    """Wait for it."""
    assert callable(check)
    end = time.monotonic() + DEADLINE_S
    while not check():
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.01)
