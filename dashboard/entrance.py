"""The entrance: passwords, attempts, sessions and cookies (docs/decisions/0061)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import argon2

from core.store import account
from core.store.pool import transaction

if TYPE_CHECKING:
    from starlette.responses import Response

    from core.runtime.clock import Clock
    from core.runtime.settings import DashboardSettings
    from core.store.account import Visitor
    from core.store.pool import Pool

log = logging.getLogger("wayhome.dashboard")

SESSION_COOKIE = "wayhome_session"
ENTRY_COOKIE = "wayhome_entry"
"""Binds a log-in form to the browser that asked for it."""
WINDOW = timedelta(minutes=15)
MOST_OF_LOGIN = 8
"""Failures of one log-in within the window after which it has to wait."""
MOST_OF_ALL = 300
"""Failures of everybody within the window after which nobody new gets in."""
LONGEST_LOGIN, LONGEST_PASSWORD = 200, 1000
AT_ONCE = 2
"""Passwords looked at side by side: each takes 64 MB and a core for a moment."""
KEEP_ATTEMPTS = timedelta(days=1)
LONGEST_SESSION = timedelta(days=90)


class Passwords:
    """Checks passwords off the event loop; an unknown log-in costs as much time as a known one."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._free = asyncio.Semaphore(AT_ONCE)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password belongs to the hash; always False for None."""
        async with self._free:
            matches = await asyncio.to_thread(self._matches, password_hash, password)
        return matches and password_hash is not None

    def _matches(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobody, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of an attempt to log in."""

    #: The cookie of the new session; None when there is none.
    token: str | None
    #: True when there were too many attempts: wait, whatever the password.
    wait: bool = False


class Entrance:
    """Lets people in and out."""

    def __init__(self, pool: Pool, clock: Clock, settings: DashboardSettings) -> None:
        self._pool = pool
        self._clock = clock
        self._secure = settings.cookie_secure
        self._idle = timedelta(hours=settings.session_hours)
        self._passwords = Passwords()

    async def log_in(self, login: str, password: str) -> Admission:
        """Check an attempt and open a session."""
        login, now = login.replace("\0", "").strip()[:LONGEST_LOGIN], self._clock.now()
        async with transaction(self._pool) as connection:
            failures = await account.note_attempt(connection, login, now, now - WINDOW)
            known = await account.account_for(connection, login)
        if failures.of_login > MOST_OF_LOGIN or failures.of_all > MOST_OF_ALL:
            log.warning("too many attempts", extra={"action": "login_limited"})
            return Admission(token=None, wait=True)
        fits = len(password) <= LONGEST_PASSWORD
        matches = await self._passwords.verify(
            known.password_hash if known and fits else None, password[:LONGEST_PASSWORD]
        )
        if not matches or known is None:
            log.info("log-in refused", extra={"action": "login_refused"})
            return Admission(token=None)
        token, session = self._session(known, now)
        async with transaction(self._pool) as connection:
            await account.note_success(connection, login, now)
            await account.open_session(connection, session)
        log.info("logged in", extra={"action": "login", "carer": known.carer_id})
        return Admission(token=token)

    async def visitor(self, token: str) -> tuple[Visitor | None, bool]:
        """Return the person behind a cookie, and whether the session was made to last longer."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            visitor = await account.visitor_of(connection, hashed(token), now)
            if visitor is None:
                return None, False
            until = min(now + self._idle, visitor.created_at + LONGEST_SESSION)
            longer = visitor.expires_at - now < self._idle / 2 and until > visitor.expires_at
            if longer:
                await account.extend_session(connection, hashed(token), until)
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

    def _session(self, known: account.Account, now: datetime) -> tuple[str, account.Session]:
        token = secrets.token_urlsafe(32)
        session = account.Session(
            token_hash=hashed(token),
            carer_id=known.carer_id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + self._idle,
        )
        return token, session


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
