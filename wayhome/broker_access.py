"""Who may do what at Mosquitto, as the text of its password and ACL files. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

ITERATIONS = 101
"""Mosquitto's own default. Stretching protects weak passwords; ours are 192 random bits."""
SALT_BYTES = 12
"""Mosquitto 2 refuses any other length in a $7$ line."""
_HOME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One user of the broker; what is not listed is refused."""

    username: str
    password: str
    #: Literal topics: Mosquitto's %u and %c are never used, so a name can not widen a rule.
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def hub(home: str, password: str) -> Login:
    """Return the log-in of a home's hub: it may write below its own home and read nothing.

    Raises
    ------
    Misconfigured
        If ``home`` holds a character that means something in a topic or in Mosquitto's files.

    Examples
    --------
    >>> hub("7f3k", "x").writes
    ('homes/7f3k/#',)
    """
    if not _HOME.fullmatch(home):
        raise Misconfigured(f"no name of a home: {home!r}; letters, digits, '-', '_' and '.' only")
    return Login(username=f"hub-{home}", password=password, writes=(f"homes/{home}/#",))


def inside(passwords: dict[str, str]) -> tuple[Login, ...]:
    """Return the log-ins of our own services, which use the listener that is not published."""
    return (
        Login(username="gateway", password=passwords["gateway"], reads=("homes/#",)),
        # reads too: an erasure clears what the broker keeps of a home, and must find it first
        Login(
            username="replay",
            password=passwords["replay"],
            reads=("homes/#",),
            writes=("homes/#",),
        ),
        Login(username="probe", password=passwords["probe"], reads=("$SYS/broker/uptime",)),
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


def acl_file(logins: Sequence[Login]) -> str:
    """Return Mosquitto's ACL file for ``logins``.

    Examples
    --------
    >>> print(acl_file([hub("7f3k", "x")]), end="")
    user hub-7f3k
    topic write homes/7f3k/#
    <BLANKLINE>
    """
    lines: list[str] = []
    for one in logins:
        lines.append(f"user {one.username}")
        lines += [f"topic read {topic}" for topic in one.reads]
        lines += [f"topic write {topic}" for topic in one.writes]
        lines.append("")
    return "".join(f"{line}\n" for line in lines)
