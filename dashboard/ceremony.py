"""Passkeys step by step: a challenge goes out to one browser, an answer comes back once (WebAuthn)."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.store import account, credential
from core.store.credential import Challenge, ChallengeKind
from core.store.pool import transaction
from dashboard.relying import RelyingParty, challenge_in, credential_id_in, new_handle

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.ids import CarerId
    from core.store.credential import NewPasskey
    from core.store.pool import Connection
    from dashboard.caller import Caller
    from dashboard.entrance import Entrance
    from dashboard.site import Site

log = logging.getLogger("wayhome.dashboard")

CHALLENGE_BYTES = 32
LASTS = timedelta(minutes=5)
MOST_OPEN = 60
"""Challenges that one network address may have open."""
ATTEMPT = " passkey"
"""What stands for the log-in in the list of attempts: a passkey names nobody before it is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """For whom a passkey is made."""

    kind: ChallengeKind
    #: Hash of the cookie of this browser.
    bound_to: bytes
    #: What the passkey is called in the phone's list: the log-in name.
    label: str
    carer_id: CarerId | None = None
    #: The passkeys this person has: not made again, and their number for the person goes on.
    known: tuple[credential.Passkey, ...] = ()


async def ask_to_create(
    connection: Connection, relying: RelyingParty, asking: Asking, now: datetime
) -> dict[str, Any]:
    """Return what the browser needs to make a passkey, and remember the challenge."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    handle = asking.known[0].user_handle if asking.known else new_handle()
    await credential.put_challenge(
        connection,
        Challenge(
            challenge_hash=hashed(challenge),
            kind=asking.kind,
            bound_to=asking.bound_to,
            carer_id=asking.carer_id,
            user_handle=handle,
            created_at=now,
            expires_at=now + LASTS,
        ),
    )
    known = [one.credential_id for one in asking.known]
    return relying.creation(challenge, handle, asking.label, known)


async def created(
    connection: Connection,
    relying: RelyingParty,
    asking: Asking,
    fields: dict[str, str],
    now: datetime,
) -> NewPasskey | None:
    """Check a passkey that was just made for this challenge, person and browser; None when it is not."""
    given = fields.get("credential", "")
    challenge = challenge_in(given)
    taken = await credential.take_challenge(
        connection, hashed(challenge), asking.kind, asking.bound_to, now
    )
    if taken is None or taken.carer_id != asking.carer_id or taken.user_handle is None:
        return None
    return relying.created(given, challenge, taken.user_handle, fields.get("passkey_name", ""))


async def ask_to_log_in(
    site: Site, relying: RelyingParty, bound_to: bytes, caller: Caller
) -> dict[str, Any] | None:
    """Return what the browser needs to ask for a passkey; None when its address asked too often."""
    challenge, now = secrets.token_bytes(CHALLENGE_BYTES), site.clock.now()
    address = site.entrance.seal.digest(caller.address) if caller.address else b""
    async with transaction(site.pool) as connection:
        if await credential.challenges_since(connection, address, now - LASTS) >= MOST_OPEN:
            return None
        await credential.put_challenge(
            connection,
            Challenge(
                challenge_hash=hashed(challenge),
                kind=ChallengeKind.LOGIN,
                bound_to=bound_to,
                address=address,
                created_at=now,
                expires_at=now + LASTS,
            ),
        )
    return relying.request(challenge)


async def log_in(
    site: Site, relying: RelyingParty, given: str, bound_to: bytes, caller: Caller
) -> tuple[str | None, bool]:
    """Check the answer of a passkey; return the cookie of a new session, and whether to wait."""
    entrance, now = site.entrance, site.clock.now()
    attempt = f"{ATTEMPT} {secrets.token_hex(8)}"  # each its own: only address and total count
    async with transaction(site.pool) as connection:
        if await entrance.too_many(connection, attempt, caller, now):
            return None, True
    async with transaction(site.pool) as connection:
        token = await _admitted(connection, entrance, relying, given, (bound_to, now, caller))
        if token is not None:
            await account.note_success(connection, attempt, now)
    if token is None:
        log.info("passkey refused", extra={"action": "login_refused"})
    return token, False


async def _admitted(
    connection: Connection,
    entrance: Entrance,
    relying: RelyingParty,
    given: str,
    where: tuple[bytes, datetime, Caller],
) -> str | None:
    bound_to, now, caller = where
    challenge, credential_id = challenge_in(given), credential_id_in(given)
    taken = await credential.take_challenge(
        connection, hashed(challenge), ChallengeKind.LOGIN, bound_to, now
    )
    known = await credential.passkey_for(connection, credential_id)
    if taken is None or known is None:
        return None
    counter = relying.used(given, challenge, known)
    if counter is None:
        return None
    await account.name_carer(connection, known.carer_id)
    if not await credential.use_passkey(connection, credential_id, known.sign_count, counter, now):
        return None
    return await entrance.admit(connection, known.carer_id, caller, strong=True)


def hashed(challenge: bytes) -> bytes:
    """Return what the database keeps of a challenge."""
    return hashlib.blake2b(challenge, digest_size=32).digest()
