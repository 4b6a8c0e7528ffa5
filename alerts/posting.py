"""One HTTP POST to a service that tells people, its outcome in our own words."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from alerts.channel import Busy, Gone
from core.model.address import is_global
from core.model.errors import Permanent, Temporary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

LONGEST_WAIT_S = 300.0
"""However long a service asks us to stay away, an alert is tried again after this."""
CONNECTIONS = 100
KEPT = 32
"""Connections of a channel that are kept for the next message: a new one, with TLS, costs more than it."""
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
        self._local_network = local_network
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=KEPT),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "wayhome"},
        )

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
        try:
            request = self._client.build_request(
                "POST", address, content=post.content, headers=dict(post.headers)
            )
            if post.typed and not self._local_network:
                await _pin(request)
            async with _streamed(self._client, request) as response:
                _judge(response, may_end=post.may_end)
                return await _beginning(response)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Permanent("the address is not one that can be posted to") from error
        except httpx.HTTPError as error:
            raise Temporary(f"no answer: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


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


async def _pin(request: httpx.Request) -> None:
    """Send a request to the very address that was looked at, which must be a public one.

    A name could lead elsewhere the next time it is asked for; the certificate is still the name's.
    """
    host, port = request.url.host, request.url.port or 443
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Temporary("the name of the address is not known") from error
    places = [str(entry[4][0]) for entry in found]
    if request.url.scheme != "https" or not places or not all(map(is_global, places)):
        raise Permanent("the address leads into a local network")
    request.extensions = {**request.extensions, "sni_hostname": host}
    request.url = request.url.copy_with(host=places[0])


@asynccontextmanager
async def _streamed(
    client: httpx.AsyncClient, request: httpx.Request
) -> AsyncIterator[httpx.Response]:
    response = await client.send(request, stream=True)
    try:
        yield response
    finally:
        await response.aclose()


def _judge(response: httpx.Response, *, may_end: bool) -> None:
    status = response.status_code
    if response.is_success:
        return
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise Busy(f"answered {status}", _retry_after_s(response.headers.get("Retry-After", "")))
    if response.is_server_error or status in _AGAIN:
        raise Temporary(f"answered {status}")
    if may_end and status in _ENDED:
        raise Gone(f"answered {status}")
    raise Permanent(f"answered {status}")


def _retry_after_s(text: str) -> float:
    seconds = text.strip()
    return min(float(seconds), LONGEST_WAIT_S) if seconds.isdecimal() else 0.0


async def _beginning(response: httpx.Response) -> bytes:
    found = b""
    async for part in response.aiter_raw(ANSWER_BYTES):
        found += part
        if len(found) >= ANSWER_BYTES:
            break
    return found[:ANSWER_BYTES]
