"""The code of a link: letters that can be read out, hard to guess, kept as a hash only."""

from __future__ import annotations

import ipaddress
import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 and O, 1, I and L, and U: it is read out over the phone to a control room."""
LENGTH, GROUP = 20, 5
"""20 of 30 signs: 98 bits."""
_SPACES = re.compile(r"[\s\-–—.]+")


def new_code() -> str:
    """Return a code in groups.

    Examples
    --------
    >>> [len(group) for group in new_code().split("-")]
    [5, 5, 5, 5]
    """
    return "-".join(groups("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))))


def groups(code: str) -> tuple[str, ...]:
    """Return the parts of a code as it is read out.

    Examples
    --------
    >>> groups("ABCDEFGHJKMNPQRSTVWX")
    ('ABCDE', 'FGHJK', 'MNPQR', 'STVWX')
    """
    return tuple(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def plain(code: str) -> str:
    """Return a code as it is hashed: in capitals, without spaces and dashes; empty when it can be none.

    Examples
    --------
    >>> plain(" abcde-fghjk mnpqr-stvwx ")
    'ABCDEFGHJKMNPQRSTVWX'
    >>> plain("https://evil.example"), plain("2" * 5000)
    ('', '')
    """
    found = _SPACES.sub("", code[:200]).upper()
    fits = len(found) == LENGTH and set(found) <= set(ALPHABET)
    return found if fits else ""


def network(address: str) -> str:
    """Return from where somebody came, coarsely: enough to see that it was not the police station.

    Examples
    --------
    >>> network("81.2.69.144"), network("2001:db8:1:2::3"), network("")
    ('81.2.69.x', '2001:db8:1::/48', 'unknown')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return network(str(found.ipv4_mapped))
        return str(ipaddress.ip_network((found, 48), strict=False))
    return f"{address.rpartition('.')[0]}.x"
