"""For which address passkeys are made, and what is asked of them (WebAuthn Level 3)."""

from __future__ import annotations

import ipaddress
import json
import secrets
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.store.credential import NewPasskey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.runtime.settings import DashboardSettings
    from core.store.credential import KnownPasskey

NAME = "Wayhome"
HANDLE_BYTES = 32
LONGEST_NAME = 60
_VERIFIED = UserVerificationRequirement.REQUIRED
_BROKEN = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)
"""What a credential that is none makes the library raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """The address that passkeys belong to; they work on no other, so they can not be phished."""

    rp_id: str
    origin: str

    def creation(
        self, challenge: bytes, user_handle: bytes, name: str, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """Return what the browser needs to make a passkey; ``known`` ones are not made again."""
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=NAME,
            user_id=user_handle,
            user_name=name,
            user_display_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return dict(json.loads(webauthn.options_to_json(options)))

    def request(self, challenge: bytes) -> dict[str, Any]:
        """Return what the browser needs to ask for a passkey; the person chooses which."""
        options = webauthn.generate_authentication_options(
            rp_id=self.rp_id, challenge=challenge, user_verification=_VERIFIED
        )
        return dict(json.loads(webauthn.options_to_json(options)))

    def created(
        self, credential: str, challenge: bytes, user_handle: bytes, name: str
    ) -> NewPasskey | None:
        """Check a passkey that was just made; None when anything about it is wrong."""
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except _BROKEN:
            return None
        return NewPasskey(
            credential_id=made.credential_id,
            user_handle=user_handle,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name.replace("\0", "").strip()[:LONGEST_NAME] or "Passkey",
        )

    def used(self, credential: str, challenge: bytes, known: KnownPasskey) -> int | None:
        """Check an answer of a passkey; return its counter, None when anything about it is wrong."""
        try:
            handle = json.loads(credential)["response"].get("userHandle")
            if base64url_to_bytes(str(handle)) != known.user_handle:
                return None
            proof = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except _BROKEN:
            return None
        return proof.new_sign_count


def new_handle() -> bytes:
    """Make a number by which a passkey knows its person: random, it tells nothing."""
    return secrets.token_bytes(HANDLE_BYTES)


def challenge_in(credential: str) -> bytes:
    """Return the challenge that a credential says it answers; empty when it is no credential."""
    try:
        client = base64url_to_bytes(json.loads(credential)["response"]["clientDataJSON"])
        return parse_client_data_json(client).challenge
    except _BROKEN:
        return b""


def credential_id_in(credential: str) -> bytes:
    """Return the number of the passkey that a credential names; empty when it is no credential."""
    try:
        return base64url_to_bytes(json.loads(credential)["rawId"])
    except _BROKEN:
        return b""


def relying_party(settings: DashboardSettings) -> RelyingParty | None:
    """Return the address that passkeys are made for; None where browsers have none.

    Browsers want https and a name, or ``localhost``. A loopback address is taken as that.

    Examples
    --------
    >>> from core.runtime.settings import DashboardSettings
    >>> relying_party(DashboardSettings(database_url="x", public_url="https://care.example/"))
    RelyingParty(rp_id='care.example', origin='https://care.example')
    >>> relying_party(DashboardSettings(database_url="x")).origin
    'http://localhost:8080'
    >>> relying_party(DashboardSettings(database_url="x", public_url="http://care.example")) is None
    True
    """
    parts = urlsplit(settings.public_url or f"http://{settings.web_host}:{settings.web_port}")
    host = (parts.hostname or "").lower()
    port = f":{parts.port}" if parts.port else ""
    if host == "localhost" or _is_loopback(host):
        return RelyingParty(rp_id="localhost", origin=f"{parts.scheme}://localhost{port}")
    if parts.scheme != "https" or _is_address(host):
        return None
    shown = "" if parts.port == 443 else port  # noqa: PLR2004 (browsers leave it out)
    return RelyingParty(rp_id=host, origin=f"https://{host}{shown}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and bool(host) and ipaddress.ip_address(host).is_loopback
