"""One HTTP POST to a service that tells people, its outcome in our own words."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from alerts.channel import Busy, Gone
from core.model.address import is_global
from core.model.errors import Permanent, Temporary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.abc import ResolveResult

LONGEST_WAIT_S = 300.0
"""However long a service asks us to stay away, an alert is tried again after this."""
CONNECTIONS = 100
KEPT_S = 60.0
"""So long a connection is kept for the next message: a new one, with TLS, costs more than it."""
LOCAL = "the address leads into a local network"
ANSWER_BYTES = 4096
"""No more of an answer is read."""
_ENDED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is posted, and where."""

    address: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Somebody typed the address on a page: it must not lead into our own network.
    typed: bool = False
    #: A 404 or 410 means that the address has ended for good, as it does for a push subscription.
    may_end: bool = False


class Poster:
    """Posts with time limits, over its own connections; follows no redirect and no proxy variable.

    Each channel has its own, so that one that hangs holds nobody else's connections.

    Parameters
    ----------
    local_network
        True lets typed addresses lead into the local network too.
    """

    def __init__(self, timeout_s: float, *, local_network: bool = True) -> None:
        self._timeout_s = timeout_s
        self._local_network = local_network
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def _session(self, *, outward: bool) -> aiohttp.ClientSession:
        """Return the connections for addresses that anybody may have typed, or for the others."""
        if outward not in self._sessions:
            resolver = Outward() if outward else aiohttp.ThreadedResolver()
            self._sessions[outward] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS, keepalive_timeout=KEPT_S, resolver=resolver
                ),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "wayhome", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[outward]

    async def post(self, post: Post) -> bytes:
        """Post and return the beginning of the answer.

        Raises
        ------
        Busy, Temporary
            After no answer, a 5xx, or a 429 (whose ``Retry-After`` in seconds is kept).
        Gone
            After a 404 or 410, when the post says that an address may end.
        Permanent
            After any other refusal or a redirect, or for an address that is not http(s) or, typed by
            somebody, leads into a local network.
        """
        address = checked(post.address)
        outward = post.typed and not self._local_network
        if outward:
            _public(address)
        try:
            async with self._session(outward=outward).post(
                address, data=post.content, headers=dict(post.headers), allow_redirects=False
            ) as response:
                _judge(response, may_end=post.may_end)
                return await _beginning(response)
        except (aiohttp.InvalidURL, UnicodeError) as error:
            raise Permanent("the address is not one that can be posted to") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Temporary(f"no answer: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of the connections."""
        for session in self._sessions.values():
            await session.close()


class Outward(AbstractResolver):
    """Finds the addresses of a name, and refuses one that leads into a local network.

    The connection goes to the very address that was looked at: a name could lead elsewhere the next time
    it is asked for. The certificate is still the name's.
    """

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return where a name leads.

        Raises
        ------
        Permanent
            If any of its addresses is not a public one.
        """
        found = await self._resolver.resolve(host, port, family)
        if not all(is_global(one["host"]) for one in found):
            raise Permanent(LOCAL)
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._resolver.close()


def checked(address: str) -> str:
    """Return an address that may be posted to.

    Raises
    ------
    Permanent
        If it is not http or https with a host.

    Examples
    --------
    >>> checked("https://push.example/topic")
    'https://push.example/topic'
    >>> checked("file:///etc/passwd")
    Traceback (most recent call last):
    core.model.errors.Permanent: the address is not http:// or https:// with a host
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Permanent("the address is not http:// or https:// with a host")
    return address


def _public(address: str) -> None:
    """Refuse what is not https, and a bare number that is not public: no name is asked for there."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        local = not is_global(str(ip_address(host)))
    except ValueError:
        local = False
    if parts.scheme != "https" or local:
        raise Permanent(LOCAL)


def _judge(response: aiohttp.ClientResponse, *, may_end: bool) -> None:
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise Busy(f"answered {status}", _retry_after_s(response.headers.get("Retry-After", "")))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AGAIN:
        raise Temporary(f"answered {status}")
    if may_end and status in _ENDED:
        raise Gone(f"answered {status}")
    raise Permanent(f"answered {status}")


def _retry_after_s(text: str) -> float:
    seconds = text.strip()
    return min(float(seconds), LONGEST_WAIT_S) if seconds.isdecimal() else 0.0


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    found = b""
    async for part in response.content.iter_any():
        found += part
        if len(found) >= ANSWER_BYTES:
            break
    return found[:ANSWER_BYTES]
