"""A whole system on one machine: database, broker and the four services, each supervised."""

from __future__ import annotations

import asyncio
import fcntl
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit, urlunsplit

from alerts import push_key
from core.model.errors import Misconfigured, Temporary
from core.model.identity import TELLER
from core.runtime.broker import BrokerSettings
from core.runtime.clock import SystemClock
from core.runtime.fence import fenced
from core.runtime.settings import child_environment
from core.store import registry
from core.store.migrate import ROLES, migrate
from core.store.pool import connect
from wayhome.embedded import tls
from wayhome.embedded.broker import Account, EmbeddedBroker
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.embedded.process import free_port, open_folder
from wayhome.embedded.renewing import Renewal
from wayhome.identity import issuing
from wayhome.identity.issuing import Terms
from wayhome.identity.nats_door import NatsDoor
from wayhome.identity.reconciler import Reconciler
from wayhome.identity.teller import Teller
from wayhome.ports import check_ports
from wayhome.secret import forget, secret, write_secret
from wayhome.settling import keep_settled
from wayhome.stack_settings import SERVICES, StackSettings
from wayhome.supervisor import (
    Child,
    State,
    keep_running,
    keep_server,
    until_healthy,
    watch,
)
from wayhome.system import CONNECTIONS, System, save

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

__all__ = ["SERVICES", "Stack", "StackSettings", "as_role", "free_port"]

REGISTRY_POLL_S = 5.0
HUB_LASTS, HUB_OVERLAP = timedelta(days=90), timedelta(days=7)
"""Of certificates of hubs and devices, as in containers by default."""


class Stack:
    """Runs while its block runs; what it starts ends with it.

    Parameters
    ----------
    settings
        What to start and where.

    Raises
    ------
    Misconfigured
        If the folder can not be used or another system runs in it.
    """

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.children: list[Child] = []
        self.postgres: EmbeddedPostgres | None = None
        self.broker: EmbeddedBroker | None = None
        self._accounts: tuple[Account, ...] = ()
        self._exit = AsyncExitStack()
        self._lock: IO[str] | None = None
        self._web_port = settings.web_port or free_port()

    @property
    def secrets(self) -> Path:
        """Folder of the secrets."""
        return self.settings.folder / "secrets"

    @property
    def certificates(self) -> Path:
        """Folder of the embedded broker's authority and certificate, where it speaks TLS."""
        return self.settings.folder / "certificates"

    @property
    def web_url(self) -> str:
        """Address of the pages."""
        host = "127.0.0.1" if self.settings.web_host in {"", "0.0.0.0"} else self.settings.web_host  # noqa: S104
        return f"http://{host}:{self._web_port}"

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._exit.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        (self.settings.folder / CONNECTIONS).unlink(missing_ok=True)
        await self._exit.aclose()

    async def _start(self) -> None:
        self._take_lock()
        await check_ports(self.settings, self._web_port)
        owner_url = self._start_database()
        urls = await self._migrate(owner_url)
        await self._start_broker(urls["wayhome_registrar"])
        self.system = self._describe(urls)
        save(self.system, self.settings.folder)
        self.children = [self._child(name, urls) for name in self.settings.services]
        group, clock = await self._exit.enter_async_context(_CancelledAtEnd()), SystemClock()
        for child in self.children:
            group.run(keep_running(child), child.name)
        for name, work in self._beside(owner_url, urls):
            group.run(fenced(name, work, clock), name)
        await until_healthy(self.children, self.settings.start_timeout_s)
        group.run(fenced("watch", partial(watch, self.children), clock), "watch")

    def _beside(
        self, owner_url: str, urls: dict[str, str]
    ) -> Iterator[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        """Yield what goes on beside the services: servers kept running, the broker as it should be."""
        if self.postgres is not None:
            yield "database", partial(keep_server, self.postgres, "database")
        if self.broker is None:
            return
        yield "broker", partial(keep_server, self.broker, "broker")
        yield "settling", partial(keep_settled, owner_url, self.settings.folder)
        if self._beyond:
            yield "identity", partial(self._reconciler().run, urls["wayhome_identity"])
            yield "teller", partial(self._teller(self.broker).run, urls["wayhome_identity"])
            yield "certificates", self.renewal(self.broker).run
        else:
            yield "accounts", partial(self._follow_registry, urls["wayhome_registrar"])

    def status(self) -> dict[str, State]:
        """State of each service by name."""
        return {child.name: child.state for child in self.children}

    def _take_lock(self) -> None:
        folder = self.settings.folder
        try:
            open_folder(folder)
            self._lock = (folder / "lock").open("w")
        except OSError as error:
            raise Misconfigured(f"--folder {folder} can not be used: {error.strerror}") from error
        self._exit.callback(self._lock.close)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Misconfigured(
                f"another system runs in {folder}; stop it or take --folder"
            ) from error

    def _start_database(self) -> str:
        """Start PostgreSQL from this thread, the main one: it ends when its thread does."""
        if self.settings.database_url:
            return self.settings.database_url
        self.postgres = EmbeddedPostgres(
            self.settings.folder / "postgres", durable=self.settings.durable
        )
        self.postgres.start()
        self._exit.callback(self.postgres.stop)
        return self.postgres.url()

    async def _migrate(self, owner_url: str) -> dict[str, str]:
        """Bring the database up to date; return its URI per role, the owner's under the empty name."""
        if not self.settings.own_roles:
            await asyncio.to_thread(migrate, owner_url)
            return dict.fromkeys(("", *ROLES), owner_url)
        passwords = {role: secret(self.secrets, role).read_text() for role in ROLES}
        await asyncio.to_thread(migrate, owner_url, passwords=passwords)
        urls = {role: as_role(owner_url, role, word) for role, word in passwords.items()}
        return {"": owner_url} | urls

    async def _start_broker(self, registrar_url: str) -> None:
        if self.settings.mqtt_url:
            return
        host, now = self.settings.mqtt_host, SystemClock().now()
        beyond = self._beyond
        self._accounts = _by_certificate() if beyond else await self._wanted_accounts(registrar_url)
        self.broker = EmbeddedBroker(
            self.settings.folder / "broker",
            host=host,
            port=self.settings.mqtt_port,
            accounts=self._accounts,
            certificate=tls.certificate(self.certificates, host, now) if beyond else None,
            client_check=tls.client_check(self.certificates, now) if beyond else None,
        )
        self.broker.start()
        self._exit.callback(self.broker.stop)

    @property
    def _beyond(self) -> bool:
        """Whether the embedded broker can be reached from other machines, with certificates only."""
        return not self.settings.mqtt_url and tls.is_wanted(self.settings.mqtt_host)

    def _reconciler(self) -> Reconciler:
        """Let hubs and devices in at the embedded broker as the database wants it."""
        assert self.broker is not None  # noqa: S101 (for mypy: it was started before)
        terms = Terms(
            authority=issuing.read_authority(self.certificates),
            broker_authority=(self.certificates / tls.AUTHORITY).read_text(),
            broker=f"{tls.name_for_hubs(self.settings.mqtt_host)}:{self.broker.port}",
            lasts=HUB_LASTS,
            overlap=HUB_OVERLAP,
        )
        return Reconciler(door=NatsDoor(self.broker), terms=terms, clock=SystemClock())

    def _teller(self, broker: EmbeddedBroker) -> Teller:
        """Tell homes how they stand, where that is wanted."""

        def settings() -> BrokerSettings:
            own = tls.own_certificate(self.certificates, TELLER.client, SystemClock().now())
            return BrokerSettings(
                url=broker.url,
                client_id=TELLER.client,
                ca_file=str(self.certificates / tls.AUTHORITY),
                certificate_file=str(own.certificate),
                key_file=str(own.key),
            )

        return Teller(settings=settings, clock=SystemClock())

    def renewal(self, broker: EmbeddedBroker) -> Renewal:
        """Return what makes certificates anew while the system runs."""
        return Renewal(self.certificates, self.settings.mqtt_host, broker, self.children)

    async def _wanted_accounts(self, registrar_url: str) -> tuple[Account, ...]:
        """Let the gateway read every home, and each home's hub write below its own."""
        async with connect(registrar_url) as connection:
            homes = [household.home.home_id for household in await registry.households(connection)]
        gateway = Account(
            username="gateway",
            password=secret(self.secrets, "mqtt-gateway").read_text(),
            subscribe=("homes/#",),
        )
        hubs = (
            Account(
                username=f"hub-{home}",
                password=secret(self.secrets, f"hub-{home}").read_text(),
                publish=(f"homes/{home}/#",),
            )
            for home in homes
        )
        replay = Account(
            username="replay",
            password=secret(self.secrets, "mqtt-replay").read_text(),
            publish=("homes/#",),
            subscribe=("homes/#",),  # an erasure finds what the broker keeps of a home
        )
        return (gateway, replay, *hubs)

    async def _follow_registry(self, registrar_url: str) -> None:
        """Let the hubs of new homes in, without a restart."""
        while True:
            await asyncio.sleep(REGISTRY_POLL_S)
            with suppress(Temporary):
                await self.refresh_accounts(registrar_url)

    async def refresh_accounts(self, registrar_url: str | None = None) -> None:
        """Give every registered home its log-in at the embedded broker now."""
        wanted = await self._wanted_accounts(
            registrar_url or self.system.database("wayhome_registrar")
        )
        if wanted != self._accounts and self.broker is not None:
            self.broker.let_in(wanted)
            self._accounts = wanted
            forget(self.secrets, "hub-", {one.username for one in wanted})

    def _describe(self, urls: dict[str, str]) -> System:
        embedded = self.broker is not None
        if self._beyond and self.broker is not None:
            return self._describe_beyond(urls, self.broker)
        return System(
            database_urls=urls,
            mqtt_url=self.broker.url if self.broker else self.settings.mqtt_url,
            mqtt_username="gateway" if embedded else self.settings.mqtt_username,
            mqtt_password=(
                secret(self.secrets, "mqtt-gateway").read_text()
                if embedded
                else self.settings.mqtt_password
            ),
            replay_username="replay" if embedded else "",
            replay_password=secret(self.secrets, "mqtt-replay").read_text() if embedded else "",
            mqtt_ca_file=(
                str(self.certificates / tls.AUTHORITY)
                if self.broker is not None and self.broker.certificate is not None
                else ""
            ),
            web_url=self.web_url,
        )

    def _describe_beyond(self, urls: dict[str, str], broker: EmbeddedBroker) -> System:
        gateway, replay = tls.own_certificates(self.certificates, SystemClock().now())
        return System(
            database_urls=urls,
            mqtt_url=broker.url,
            mqtt_ca_file=str(self.certificates / tls.AUTHORITY),
            mqtt_certificate_file=str(gateway.certificate),
            mqtt_key_file=str(gateway.key),
            replay_certificate_file=str(replay.certificate),
            replay_key_file=str(replay.key),
            web_url=self.web_url,
        )

    def _child(self, name: str, urls: dict[str, str]) -> Child:
        health_port = free_port()
        url_file = write_secret(self.secrets, f"{name}-database-url", urls[f"wayhome_{name}"])
        values: dict[str, object] = {
            "database_url_file": url_file,
            "instance": name,
            "health_port": health_port,
        }
        if name == "gateway":
            password = write_secret(self.secrets, "mqtt-password", self.system.mqtt_password)
            values |= {
                "mqtt_url": self.system.mqtt_url,
                "mqtt_username": self.system.mqtt_username,
                "mqtt_password_file": password,
                "mqtt_ca_file": self.system.mqtt_ca_file,
                "mqtt_certificate_file": self.system.mqtt_certificate_file,
                "mqtt_key_file": self.system.mqtt_key_file,
            }
        if name == "alerts":
            values["public_url"] = self.web_url
            values["disk_folder"] = self.settings.folder
            values["webhook_secret_file"] = secret(self.secrets, "webhook")
            values["push_key_file"] = secret(self.secrets, "push-key", push_key.new_key)
            if self.settings.dead_man_url:
                values["dead_man_url_file"] = write_secret(
                    self.secrets, "dead-man-url", self.settings.dead_man_url
                )
        if name == "dashboard":
            values |= {
                "web_host": self.settings.web_host,
                "web_port": self._web_port,
                "public_url": self.web_url,
                "security_contact": self.settings.security_contact,
                "identity_key_file": secret(self.secrets, "identity"),
                "cookie_secure": "false",  # plain http on this machine; a proxy with TLS stands before others
            }
        return Child(
            name=name,
            arguments=(name,),
            environment=child_environment(values),
            health_port=health_port,
            log_file=self.settings.folder / f"{name}.log",
        )


def _by_certificate() -> tuple[Account, ...]:
    """Who of our own may log in where certificates are checked; hubs come by the reconciler."""
    return (
        Account(username="gateway", subscribe=("homes/#",)),
        Account(username="replay", publish=("homes/#",), subscribe=("homes/#",)),
        Account(username=TELLER.client, publish=TELLER.topics),
    )


class _CancelledAtEnd:
    """A task group whose tasks run for ever and are cancelled when its block ends."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    def run(self, work: object, name: str) -> None:
        """Run ``work``, a coroutine that does not end by itself."""
        self._tasks.append(self._group.create_task(work, name=name))  # type: ignore[arg-type]

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)


def as_role(url: str, role: str, password: str) -> str:
    """Return the libpq URI ``url`` for another role.

    Examples
    --------
    >>> as_role("postgresql://owner:a@db:5432/wayhome?x=1", "gate", "p/w")
    'postgresql://gate:p%2Fw@db:5432/wayhome?x=1'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}"))
