"""One HTTP POST to a service that tells people, its outcome in our own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from alerts.channel import Busy
from core.model.errors import Permanent, Temporary

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT_S = 300.0
"""However long a service asks us to stay away, an alert is tried again after this."""
ANSWER_BYTES = 4096
"""No more of an answer is read."""
_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is posted, and where."""

    address: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Poster:
    """Posts with time limits, over its own connections; follows no redirect and no proxy variable.

    Each channel has its own, so that one that hangs holds nobody else's connections.
    """

    def __init__(self, timeout_s: float) -> None:
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
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
        Permanent
            After any other refusal or a redirect, or for an address that is not http(s).
        """
        address = checked(post.address)
        try:
            async with self._client.stream(
                "POST", address, content=post.content, headers=dict(post.headers)
            ) as response:
                _judge(response)
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


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise Busy(f"answered {status}", _retry_after_s(response.headers.get("Retry-After", "")))
    if response.is_server_error or status in _AGAIN:
        raise Temporary(f"answered {status}")
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
