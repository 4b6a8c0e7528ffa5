"""What an address of a channel looks like, and why one is refused. Pure: no name is looked up."""

from __future__ import annotations

import ipaddress
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from core.model.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 2048
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")
_SPOKEN = re.compile(r"[\s().\-/]")
_MAILBOX = re.compile(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,255}$)"
    r"([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$"
)
_KEY = re.compile(r"^[A-Za-z0-9_-]{16,100}={0,2}$")
_APPRISE = re.compile(r"^[a-z][a-z0-9]{1,19}://\S+$")
_NEAR = (".local", ".internal", ".lan", ".home.arpa", ".localhost")
_HERE = frozenset(
    {
        *("file", "exec", "syslog", "rsyslog", "dbus", "qt", "kde", "glib", "gio", "gnome"),
        *("macosx", "windows", "growl", "blink1", "serial"),
    }
)
"""Services of Apprise that act on the machine itself rather than tell a person elsewhere."""


_ALLOCATED = ipaddress.ip_network("2000::/3")
"""Where the IPv6 addresses of the public internet lie."""


class AddressKind(StrEnum):
    """What a channel needs to know to reach somebody."""

    NONE = "none"
    WEB = "web"
    """An http(s) address that is posted to."""
    PHONE = "phone"
    """A telephone number with its country code (E.164)."""
    EMAIL = "email"
    PHONE_OR_EMAIL = "phone_or_email"
    PUSH = "push"
    """A browser's push subscription, as JSON: endpoint and keys (W3C Push API)."""
    APPRISE = "apprise"
    """An address of Apprise, ``service://…``."""


def checked(kind: AddressKind, text: str, *, local_network: bool = True) -> str:
    """Return an address in the form in which it is kept.

    Parameters
    ----------
    local_network
        False refuses addresses of this machine and its neighbours, and http without TLS: for what
        people type on a page. The name's real place is looked at again when a message is sent.

    Raises
    ------
    Malformed
        Saying what was expected; never the address itself.

    Examples
    --------
    >>> checked(AddressKind.PHONE, "+44 7700 900-123")
    '+447700900123'
    >>> checked(AddressKind.PHONE, "07700 900123")
    Traceback (most recent call last):
    core.model.errors.Malformed: phone number: expected + and the country code first, like +44 7700 900123
    >>> checked(AddressKind.WEB, "https://10.0.0.1/topic", local_network=False)
    Traceback (most recent call last):
    core.model.errors.Malformed: address: expected a place on the public internet
    """
    if len(text) > LONGEST:
        raise Malformed("address", f"at most {LONGEST} characters")
    text = text.strip()
    if kind in _CHECKS:
        return _CHECKS[kind](text)
    if kind is AddressKind.WEB:
        return _web(text, local_network=local_network)
    if kind is AddressKind.PUSH:
        return _push(text, local_network=local_network)
    raise Malformed("address", "none: this way needs no address")


def is_public(host: str) -> bool:
    """Tell whether a host may be on the public internet, as far as its name says.

    Examples
    --------
    >>> [is_public(host) for host in ("push.example", "127.0.0.1", "::1", "localhost", "hub.local", "nas")]
    [True, False, False, False, False, False]
    """
    host = host.rstrip(".").lower()
    try:
        return is_global(host)
    except ValueError:
        return "." in host and not host.endswith(_NEAR) and not _numeric(host)


def is_global(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    Raises
    ------
    ValueError
        If it is no IP address.

    Examples
    --------
    >>> [is_global(a) for a in ("8.8.8.8", "169.254.169.254", "::ffff:10.0.0.1", "224.0.0.1", "100.64.0.1")]
    [True, False, False, False, False]
    >>> [is_global(a) for a in ("2a00:1450::1", "64:ff9b::a00:1", "::a00:1", "::ffff:0:a00:1", "fec0::1")]
    [True, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    if isinstance(inner, ipaddress.IPv6Address) and inner not in _ALLOCATED:
        return (
            False  # a neighbour, or another way to write an IPv4 address, such as that of a NAT64
        )
    return bool(inner.is_global and not inner.is_multicast)


def _numeric(host: str) -> bool:
    """Tell whether a name is another way to write an IPv4 address, as ``0x7f.1`` is."""
    return bool(re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2]))


def _phone(text: str) -> str:
    number = _SPOKEN.sub("", text)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not _E164.match(number):
        raise Malformed("phone number", "+ and the country code first, like +44 7700 900123")
    return number


def _email(text: str) -> str:
    if not _MAILBOX.match(text) or ".." in text:
        raise Malformed("e-mail address", "a name, an @ and a place, like ann@example.org")
    return text


def _phone_or_email(text: str) -> str:
    return _email(text) if "@" in text else _phone(text)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = SplitResult("", "", "", "", ""), False
    if not usable or not text.isprintable() or " " in text:
        raise Malformed("address", "https:// with a host, like https://ntfy.example/topic")
    return parts


def _web(text: str, *, local_network: bool) -> str:
    parts = _split(text)
    if not local_network:
        if not is_public(parts.hostname or ""):
            raise Malformed("address", "a place on the public internet")
        if parts.scheme != "https":
            raise Malformed("address", "https:// rather than http://")
    return text


def _push(text: str, *, local_network: bool) -> str:
    try:
        found = json.loads(text)
        endpoint, keys = found["endpoint"], found["keys"]
        p256dh, auth = keys["p256dh"], keys["auth"]
        fits = all(isinstance(part, str) for part in (endpoint, p256dh, auth))
    except (ValueError, KeyError, TypeError):
        fits = False
        endpoint = p256dh = auth = ""
    if not fits or not (_KEY.match(p256dh) and _KEY.match(auth)):
        raise Malformed("push subscription", "endpoint and keys as the browser gave them")
    _web(endpoint, local_network=local_network)
    return json.dumps({"endpoint": endpoint, "keys": {"auth": auth, "p256dh": p256dh}})


def _apprise(text: str) -> str:
    scheme = text.partition("://")[0]
    if not _APPRISE.match(text) or scheme in _HERE:
        raise Malformed("address", "an address of Apprise that leads to a person, service://…")
    return text


_CHECKS: dict[AddressKind, Callable[[str], str]] = {
    AddressKind.PHONE: _phone,
    AddressKind.EMAIL: _email,
    AddressKind.PHONE_OR_EMAIL: _phone_or_email,
    AddressKind.APPRISE: _apprise,
}
