"""Where a request comes from: its network address for limits, its browser in words for people."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.runtime.language import wish
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
V6_SITE_BITS = 64
"""A home or a phone has a whole /64: its addresses count as one."""
_BROWSERS = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
A_BROWSER = marked("A browser")
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who knocks."""

    #: Network address; empty when it is not known. Personal: kept as a keyed hash only.
    address: str = ""
    #: The browser in words.
    device: str = ""
    #: Which languages it asks for.
    wish: str = ""


UNKNOWN = Caller()


def caller_of(request: Request, proxies: Sequence[Network]) -> Caller:
    """Say where a request comes from; a proxy is believed only when it is ours."""
    found = address_of(request, proxies)
    return Caller(
        address="" if found is None else _site(found),
        device=device_words(request.headers.get("user-agent", "")),
        wish=wish(request.headers.get("accept-language", "")),
    )


def address_of(request: Request, proxies: Sequence[Network]) -> Address | None:
    """Return the network address that a request comes from; None when it is not known."""
    host = request.client.host if request.client else ""
    chain = [*request.headers.get("x-forwarded-for", "").split(","), host]
    return _first_stranger([part.strip() for part in chain if part.strip()], proxies)


def networks(text: str) -> tuple[Network, ...]:
    """Read the addresses of proxies.

    Raises
    ------
    Misconfigured
        If one is neither an address nor a network.

    Examples
    --------
    >>> [str(one) for one in networks("10.0.0.7, 192.168.0.0/16")]
    ['10.0.0.7/32', '192.168.0.0/16']
    """
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False)
            for part in text.split(",")
            if part.strip()
        )
    except ValueError as error:
        raise Misconfigured(
            "WAYHOME_TRUSTED_PROXIES: expected addresses or networks, e.g. 172.18.0.0/16"
        ) from error


def device_words(agent: str) -> str:
    """Say in words what a browser calls itself.

    Examples
    --------
    >>> device_words("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36")
    'Chrome on Android'
    >>> device_words("curl/8")
    'A browser'
    """
    browser = next((name for sign, name in _BROWSERS if sign in agent), A_BROWSER)
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{browser} on {system}" if system else browser


def device_said(device: str) -> str:
    """Say in the language in use what `device_words` kept.

    Examples
    --------
    >>> device_said("Chrome on Android"), device_said("")
    ('Chrome on Android', 'A browser')
    """
    browser, _on, system = device.partition(" on ")
    browser = browser if browser not in {"", A_BROWSER} else _(A_BROWSER)
    words = {"browser": browser, "system": system}
    return _("%(browser)s on %(system)s") % words if system else browser


def _first_stranger(chain: list[str], proxies: Sequence[Network]) -> Address | None:
    for part in reversed(chain):
        try:
            address = ipaddress.ip_address(part)
        except ValueError:
            return None
        if not any(address in network for network in proxies):
            return address
    return None


def _site(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, V6_SITE_BITS), strict=False))
