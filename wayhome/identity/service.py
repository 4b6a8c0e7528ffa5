"""The identity service: settings in, a broker that is as the database wants it."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.model.errors import BrokerUnavailable, Misconfigured
from core.model.identity import TELLER, password_grant
from core.model.ids import HomeId
from core.runtime.broker import BrokerSettings
from wayhome import certificates
from wayhome.identity import rotation
from wayhome.identity.issuing import Terms, read_authority
from wayhome.identity.mosquitto_door import ADMIN, MosquittoDoor
from wayhome.identity.reconciler import Reconciler
from wayhome.identity.teller import Teller
from wayhome.secret import write_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.model.identity import Grant
    from core.runtime.clock import Clock
    from core.runtime.service import Context
    from core.runtime.settings import IdentitySettings
    from wayhome.certificates import Pair

READABLE = 0o644
"""The broker is another user."""
WITH_PASSWORDS = "homes-with-passwords"
"""Names the homes whose hub has a password, one a line."""
OWN_LASTS = timedelta(days=1)
"""Of the certificate by which the service gives commands; made anew for each connection."""


def terms_of(settings: IdentitySettings) -> Terms:
    """Return what certificates are made by.

    Raises
    ------
    Misconfigured
        If an authority is not there.
    """
    try:
        broker_authority = Path(settings.mqtt_ca_file).read_text()
    except OSError as error:
        raise Misconfigured(f"mqtt_ca_file: {error.strerror}") from error
    return Terms(
        authority=read_authority(Path(settings.authority_folder)),
        broker_authority=broker_authority,
        broker=settings.hub_broker,
        lasts=timedelta(days=settings.hub_certificate_days),
        overlap=timedelta(days=settings.hub_overlap_days),
        pages=settings.public_url,
    )


@dataclass(slots=True, kw_only=True)
class RevocationList:
    """Keeps the file of what has ended, for a broker that reads it again when it changes.

    It holds nothing secret: serial numbers.
    """

    path: Path
    #: Of the authorities of hubs.
    folder: Path
    clock: Clock
    _kept: object = None

    def __call__(self, revoked: Sequence[tuple[str, datetime]]) -> None:
        """Write it anew where something has changed.

        Raises
        ------
        OSError
            If it can not be written; the one before stays.
        """
        wanted = (tuple(revoked), rotation.trusted(self.folder))
        if wanted != self._kept:
            text = rotation.lists(self.folder, revoked, self.clock.now())
            draft = self.path.with_name(f".{self.path.name}")
            draft.write_text(text)
            draft.chmod(READABLE)
            draft.rename(self.path)
            self._kept = wanted


def with_passwords(folder: Path) -> tuple[Grant, ...]:
    """Return the hubs that have a password, as `wayhome install` lists their homes; none without a list.

    Raises
    ------
    BrokerUnavailable
        If the list can not be read: nobody is shut out for that.
    """
    try:
        homes = (folder / WITH_PASSWORDS).read_text().split()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BrokerUnavailable(f"{WITH_PASSWORDS}: {error.strerror}") from error
    return tuple(password_grant(HomeId(home)) for home in homes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Makes how to reach the broker as one of our own, by default the one who may give commands."""

    url: str
    ca_file: str
    authority: Pair
    #: For the certificate of the moment; closed to others.
    folder: Path
    clock: Clock
    name: str = ADMIN

    def __call__(self) -> BrokerSettings:
        """Return it with a fresh certificate."""
        name = self.name
        pair = certificates.new_client(self.authority, name, self.clock.now(), OWN_LASTS)
        return BrokerSettings(
            url=self.url,
            client_id=name,
            ca_file=self.ca_file,
            certificate_file=str(write_secret(self.folder, f"{name}.crt", pair.certificate)),
            key_file=str(write_secret(self.folder, f"{name}.key", pair.key)),
        )


def _list_of(settings: IdentitySettings, clock: Clock) -> RevocationList | None:
    if not settings.revocation_list:
        return None
    path, folder = Path(settings.revocation_list), Path(settings.authority_folder)
    return RevocationList(path=path, folder=folder, clock=clock)


async def main(context: Context[IdentitySettings]) -> None:
    """Run until cancelled."""
    settings = context.settings
    terms = terms_of(settings)
    with tempfile.TemporaryDirectory(prefix="wayhome-identity-") as place:
        admin = Admin(
            url=settings.mqtt_url,
            ca_file=settings.mqtt_ca_file,
            authority=terms.authority,
            folder=Path(place),
            clock=context.clock,
        )
        door = MosquittoDoor(admin)
        reconciler = Reconciler(
            door=door,
            terms=terms,
            clock=context.clock,
            report=lambda fault: context.health.set("broker", ok=not fault, text=fault),
            others=partial(with_passwords, Path(settings.authority_folder)),
            keep_list=_list_of(settings, context.clock),
        )
        teller = Teller(
            settings=replace(admin, name=TELLER.client),
            clock=context.clock,
            report=lambda fault: context.health.set("homes_told", ok=not fault, text=fault),
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(reconciler.run(settings.database_url), name="reconciler")
                group.create_task(teller.run(settings.database_url), name="teller")
        finally:
            await door.close()
