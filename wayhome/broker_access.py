"""Who logs in at Mosquitto with a password, as the text of its password file. Pure.

What each may do then stands in dynamic security (`core.model.identity`).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import Malformed, Misconfigured
from core.model.identity import OWN, password_grant
from core.model.ids import HomeId

if TYPE_CHECKING:
    from collections.abc import Sequence

ITERATIONS = 101
"""Mosquitto's own default. Stretching protects weak passwords; ours are 192 random bits."""
SALT_BYTES = 12
"""Mosquitto 2 refuses any other length in a $7$ line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One user of the broker; what is not listed is refused."""

    username: str
    password: str


def hub(home: str, password: str) -> Login:
    """Return the log-in of a home's hub.

    Raises
    ------
    Misconfigured
        If ``home`` holds a character that means something in a topic or in Mosquitto's files.

    Examples
    --------
    >>> hub("7f3k", "x").username
    'hub-7f3k'
    """
    try:
        return Login(username=password_grant(HomeId(home)).client, password=password)
    except Malformed as error:
        raise Misconfigured(
            f"no name of a home: {home!r}; letters, digits, '-', '_' and '.' only"
        ) from error


def inside(passwords: dict[str, str]) -> tuple[Login, ...]:
    """Return the log-ins of our own services, which use the listener that is not published."""
    return tuple(
        Login(username=one.client, password=passwords[one.client])
        for one in OWN
        if one.client in passwords
    )


def password_file(logins: Sequence[Login]) -> str:
    """Return Mosquitto 2's password file for ``logins``, the same text for the same log-ins."""
    return "".join(
        f"{one.username}:{password_hash(one.username, one.password)}\n" for one in logins
    )


def password_hash(username: str, password: str) -> str:
    """Hash a password as ``mosquitto_passwd`` does: PBKDF2 with SHA-512, marked ``$7$``.

    The salt comes from name and password instead of chance, so that writing the file again gives the
    same file. It stays different for every user; with random passwords no more is asked of it.

    References
    ----------
    RFC 8018, PBKDF2; mosquitto 2.0, ``src/password_mosq.c``.
    """
    salt = hashlib.sha256(f"mosquitto salt/{username}/{password}".encode()).digest()[:SALT_BYTES]
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"
