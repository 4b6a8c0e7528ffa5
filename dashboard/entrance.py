"""The entrance: passwords, codes, attempts, sessions and cookies (docs/decisions/0061, 0149)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import argon2

from core.store import account, credential, reach
from core.store.credential import Challenge, ChallengeKind
from core.store.pool import transaction
from dashboard.authenticator import plain, step_of
from dashboard.caller import UNKNOWN, Caller, networks
from dashboard.language import marked
from dashboard.relying import relying_party
from dashboard.seal import Seal

if TYPE_CHECKING:
    from starlette.responses import Response

    from core.model.ids import CarerId
    from core.runtime.clock import Clock
    from core.runtime.settings import DashboardSettings
    from core.store.account import Visitor
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.dashboard")

SESSION_COOKIE = "wayhome_session"
ENTRY_COOKIE = "wayhome_entry"
"""Binds a log-in form to the browser that asked for it."""
PENDING_COOKIE = "wayhome_pending"
"""Held by a browser whose password was right, until the code has come too."""
WINDOW = timedelta(minutes=15)
MOST_OF_LOGIN = 8
"""Failures of one log-in within the window after which it has to wait."""
MOST_OF_ADDRESS = 40
"""Failures from one network address within the window after which it has to wait."""
MOST_OF_ALL = 300
"""Failures of everybody within the window after which nobody new gets in; of one address, its most count."""
LONGEST_LOGIN, LONGEST_PASSWORD = 200, 1000
SHORTEST_PASSWORD = 10
SHORT = marked(
    "Please choose a password of at least %(n)s characters. Three or four words are good."
)
AT_ONCE = 2
"""Passwords looked at side by side: each takes 64 MB and a core for a moment."""
KEEP_ATTEMPTS = timedelta(days=1)
LONGEST_SESSION = timedelta(days=90)
PENDING_FOR = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=10)
"""How exactly it is known when a session was last used."""


@cache
def hash_of_nobody() -> str:
    """Return the hash of a password that nobody has: it is looked at for log-ins that are not there."""
    return argon2.PasswordHasher().hash(secrets.token_urlsafe(16))


class Passwords:
    """Checks passwords off the event loop; an unknown log-in costs as much time as a known one."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher()
        self._nobody = hash_of_nobody()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password belongs to the hash; always False for None."""
        async with self._free:
            matches = await asyncio.to_thread(self._matches, password_hash, password)
        return matches and password_hash is not None

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, password)

    def _matches(self, password_hash: str | None, password: str) -> bool:
        try:
            # who has no password costs as much time as who has one
            self._hasher.verify(password_hash or self._nobody, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return password_hash is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of an attempt to log in."""

    #: The cookie of the new session; None when there is none.
    token: str | None
    #: Set when the password was right and the code of the app is to come.
    pending: str = ""
    #: True when there were too many attempts: wait, whatever the password.
    wait: bool = False


class Entrance:
    """Lets people in and out."""

    def __init__(self, pool: Pool, clock: Clock, settings: DashboardSettings) -> None:
        self._pool = pool
        self._clock = clock
        self._secure = settings.cookie_secure
        self._idle = timedelta(hours=settings.session_hours)
        self.passwords = Passwords()
        self.seal = Seal(settings.identity_key)
        #: The address that passkeys are made for; None where browsers have none.
        self.relying = relying_party(settings)
        #: Our own proxies.
        self.proxies = networks(settings.trusted_proxies)

    async def log_in(self, login: str, password: str, caller: Caller = UNKNOWN) -> Admission:
        """Check an attempt and open a session, or ask for the code where there is an app."""
        login, now = login.replace("\0", "").strip()[:LONGEST_LOGIN], self._clock.now()
        async with transaction(self._pool) as connection:
            wait = await self.too_many(connection, login, caller, now)
            known = await account.account_for(connection, login)
        if wait:
            return Admission(token=None, wait=True)
        fits = len(password) <= LONGEST_PASSWORD
        matches = await self.passwords.verify(
            known.password_hash or None if known and fits else None, password[:LONGEST_PASSWORD]
        )
        if not matches or known is None:
            log.info("log-in refused", extra={"action": "login_refused"})
            return Admission(token=None)
        async with transaction(self._pool) as connection:
            await account.note_success(connection, login, now)
            await account.name_carer(connection, known.carer_id)
            app = await credential.authenticator(connection)
            if app is not None and app.confirmed_at is not None:
                return Admission(token=None, pending=await self._wait_for_code(connection, known))
            token = await self.admit(connection, known.carer_id, caller, strong=False)
        return Admission(token=token)

    async def enter_code(self, pending: str, code: str, caller: Caller = UNKNOWN) -> Admission:
        """Check the code of an app, or a recovery code, of somebody whose password was right."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            found = await credential.challenge_of(
                connection, hashed(pending), ChallengeKind.CODE, now
            )
            if found is None or found.carer_id is None:
                return Admission(token=None)
            # a space before it: no log-in name that people type can be that
            login = f" code {found.carer_id}"
            if await self.too_many(connection, login, caller, now):
                return Admission(token=None, wait=True)
            await account.name_carer(connection, found.carer_id)
            if not await self.takes_code(connection, found.carer_id, code):
                log.info("code refused", extra={"action": "code_refused"})
                return Admission(token=None, pending=pending)
            taken = await credential.take_challenge(
                connection, hashed(pending), ChallengeKind.CODE, hashed(pending), now
            )
            if taken is None:
                return Admission(token=None)
            await account.note_success(connection, login, now)
            token = await self.admit(connection, found.carer_id, caller, strong=True)
        return Admission(token=token)

    async def takes_code(self, connection: Connection, carer_id: CarerId, code: str) -> bool:
        """Tell whether a code of the named person counts, and use it up."""
        now = self._clock.now()
        app = await credential.authenticator(connection)
        secret = app and self.seal.open(app.sealed_secret, carer_id)
        if app is None or app.confirmed_at is None or not secret:
            return False
        step = step_of(secret, code, now, app.last_step)
        if step is not None:
            return await credential.take_step(connection, step)
        digest = self.seal.digest(plain(code)[:LONGEST_LOGIN])
        return await credential.take_recovery_code(connection, digest, now)

    async def too_many(
        self, connection: Connection, login: str, caller: Caller, now: datetime
    ) -> bool:
        """Note an attempt, and tell whether there were too many of late."""
        address = self.seal.digest(caller.address) if caller.address else b""
        failures = await account.note_attempt(
            connection, login, now, now - WINDOW, address, most_of_address=MOST_OF_ADDRESS
        )
        if (
            failures.of_login > MOST_OF_LOGIN
            or failures.of_address > MOST_OF_ADDRESS
            or failures.of_all > MOST_OF_ALL
        ):
            log.warning("too many attempts", extra={"action": "login_limited"})
            return True
        return False

    async def admit(
        self, connection: Connection, carer_id: CarerId, caller: Caller, *, strong: bool
    ) -> str:
        """Open a session and return its cookie: always a new one, whatever the browser had before."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        session = account.Session(
            token_hash=hashed(token),
            carer_id=carer_id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + self._idle,
            strong=strong,
            device=caller.device,
        )
        await account.open_session(connection, session)
        await reach.note_heard(connection, caller.wish, now)
        log.info("logged in", extra={"action": "login", "carer": carer_id, "strong": strong})
        return token

    async def visitor(self, token: str, wish: str = "") -> tuple[Visitor | None, bool]:
        """Return the person behind a cookie, and whether the session was made to last longer.

        Parameters
        ----------
        wish
            Which languages their browser asks for: from time to time it is noted for messages.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            visitor = await account.visitor_of(connection, hashed(token), now)
            if visitor is None:
                return None, False
            until = min(now + self._idle, visitor.created_at + LONGEST_SESSION)
            longer = visitor.expires_at - now < self._idle / 2 and until > visitor.expires_at
            if longer or now - (visitor.seen_at or now) > SEEN_EVERY:
                await account.keep_session(
                    connection, hashed(token), now, until if longer else visitor.expires_at
                )
                await account.name_carer(connection, visitor.carer_id)
                await reach.note_heard(connection, wish, now)
        return visitor, longer

    async def log_out(self, token: str) -> None:
        """End a session."""
        async with transaction(self._pool) as connection:
            await account.end_session(connection, hashed(token))

    async def sweep(self) -> int:
        """Forget what has expired; return how many sessions."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            return await account.sweep(connection, now, now - KEEP_ATTEMPTS)

    def give_cookie(self, response: Response, name: str, value: str) -> None:
        """Set a cookie that scripts cannot read; the session's outlives the browser."""
        lasts = int(self._idle.total_seconds()) if name == SESSION_COOKIE else None
        response.set_cookie(
            name, value, max_age=lasts, httponly=True, samesite="lax", secure=self._secure
        )

    def take_cookie(self, response: Response, name: str) -> None:
        """Remove a cookie."""
        response.delete_cookie(name, httponly=True, samesite="lax", secure=self._secure)

    async def _wait_for_code(self, connection: Connection, known: account.Account) -> str:
        pending, now = secrets.token_urlsafe(32), self._clock.now()
        await credential.put_challenge(
            connection,
            Challenge(
                challenge_hash=hashed(pending),
                kind=ChallengeKind.CODE,
                bound_to=hashed(pending),
                carer_id=known.carer_id,
                created_at=now,
                expires_at=now + PENDING_FOR,
            ),
        )
        return pending


def hashed(token: str) -> bytes:
    """Return what the database keeps of a cookie."""
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


def same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time; an empty one equals nothing."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def local_path(wanted: str) -> str:
    """Return a path of ours to go on to; the start for anything that leads elsewhere.

    Examples
    --------
    >>> local_path("/alerts/7"), local_path("//evil.example"), local_path("https://evil.example")
    ('/alerts/7', '/', '/')
    """
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and wanted[1:2] != "/" else "/"
