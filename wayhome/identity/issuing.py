"""From a wish to a certificate: signed, packed, sealed to the receiver's code; the key is kept nowhere.

A renewal comes with a request: only the certificate is made, the key stays on the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.model.identity import HUB, hub_of
from core.model.one_time_code import seal
from core.store.hub_credential import Issued
from wayhome import certificates
from wayhome.certificates import Pair
from wayhome.identity.bundle import Bundle, packed

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.hub_credential import HubCredential

AUTHORITY, AUTHORITY_KEY = "hubs-ca.crt", "hubs-ca.key"
TITLE = "Wayhome authority of hubs and devices"
"""Not the broker's: who signs hubs can not pretend to be the broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What certificates are made by."""

    authority: Pair
    #: PEM of the authority that signed the broker's certificate.
    broker_authority: str
    #: ``host:port`` under which hubs reach the broker.
    broker: str
    lasts: timedelta
    #: How long an older certificate for the same goes on working.
    overlap: timedelta
    #: Address of the pages, where hubs renew; empty where they have to be brought a new bundle.
    pages: str = ""


def read_authority(folder: Path) -> Pair:
    """Read the authority of hubs.

    Raises
    ------
    Misconfigured
        If it is not there.
    """
    try:
        certificate, key = (folder / AUTHORITY).read_text(), (folder / AUTHORITY_KEY).read_text()
    except OSError as error:
        raise Misconfigured(f"no authority of hubs in {folder}: {error.strerror}") from error
    return Pair(certificate=certificate, key=key)


def issue(credential: HubCredential, terms: Terms, now: datetime) -> Issued:
    """Make a certificate of the name that was asked for, and its bundle."""
    if credential.request is not None:
        return _renewed(credential, credential.request, terms, now)
    if credential.code_key is None:
        raise Misconfigured(f"{credential.client}: neither a code nor a request is kept")
    pair = certificates.new_client(terms.authority, credential.client, now, terms.lasts)
    known = certificates.facts(pair.certificate)
    bundle = Bundle(
        home_id=credential.home_id,
        grant=credential.grant,
        pair=pair,
        broker_authority=terms.broker_authority,
        broker=terms.broker,
        hub=hub_of(credential.about) or HUB,
        pages=terms.pages,
        lasts=terms.lasts,
        ends_at=known.ends_at,
    )
    return Issued(
        serial=known.serial,
        fingerprint=known.fingerprint,
        ends_at=known.ends_at,
        authority=certificates.facts(terms.authority.certificate).fingerprint,
        sealed=seal(packed(bundle), credential.code_key),
    )


def _renewed(credential: HubCredential, request: str, terms: Terms, now: datetime) -> Issued:
    """Make the next certificate for a key that the hub has made and keeps."""
    made = certificates.renewed_client(
        terms.authority, credential.client, request, now, terms.lasts
    )
    known = certificates.facts(made)
    return Issued(
        serial=known.serial,
        fingerprint=known.fingerprint,
        ends_at=known.ends_at,
        authority=certificates.facts(terms.authority.certificate).fingerprint,
        parcel=made + terms.broker_authority,
    )
