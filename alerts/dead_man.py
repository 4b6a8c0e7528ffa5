"""The dead-man's switch: a ping to the outside while all is well. When it stops, somebody outside calls us.

The shape is that of https://healthchecks.io/docs/http_api: a GET of the address means well, one of
the address with ``/fail`` means not.
"""

from __future__ import annotations

import httpx

from alerts.posting import checked
from core.model.errors import Misconfigured, Permanent, Temporary

TIMEOUT_S = 10.0
OWN = ("http://127.0.0.1:", "http://localhost:")
"""A watcher on this machine needs no https: nothing leaves it."""


def pingable(url: str) -> str:
    """Return an address that may be told how we are; an empty one stands for none.

    Raises
    ------
    Misconfigured
        If it is not an https address.

    Examples
    --------
    >>> pingable("https://hc-ping.com/your-check")
    'https://hc-ping.com/your-check'
    """
    try:
        safe = not url or (url.startswith(("https://", *OWN)) and bool(checked(url)))
    except Permanent:
        safe = False
    if not safe:
        raise Misconfigured("WAYHOME_DEAD_MAN_URL: expected an address with https://")
    return url


class DeadMan:
    """Tells the outside how we are.

    Parameters
    ----------
    url
        Where to; nothing is sent when empty.

    Raises
    ------
    Misconfigured
        If it is not an https address.
    """

    def __init__(self, url: str) -> None:
        self.url = pingable(url).rstrip("/")
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)

    async def ping(self, *, well: bool) -> None:
        """Say that all is well, or that it is not; nothing of what is wrong leaves the house.

        Raises
        ------
        Temporary
            If nobody takes it.
        """
        if not self.url:
            return
        try:
            answer = await self._client.get(self.url if well else f"{self.url}/fail")
        except httpx.HTTPError as error:
            raise Temporary(f"no answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise Temporary(f"answered {answer.status_code}")

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()
