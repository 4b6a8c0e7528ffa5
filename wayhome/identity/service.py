"""The identity service: settings in, a broker that is as the database wants it."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.model.identity import TELLER
from core.runtime.broker import BrokerSettings
from wayhome import certificates
from wayhome.identity.issuing import Terms, read_authority
from wayhome.identity.mosquitto_door import ADMIN, MosquittoDoor
from wayhome.identity.reconciler import Reconciler
from wayhome.identity.teller import Teller
from wayhome.secret import write_secret

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.runtime.service import Context
    from core.runtime.settings import IdentitySettings
    from wayhome.certificates import Pair

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
