"""What stands around every answer: headers that bind the browser, and a limit on what we read."""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from dashboard.site import served_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("wayhome.dashboard")

LONGEST_BODY = 32 * 1024
LONGEST_PHOTO = 12 * 1024 * 1024
"""What a phone's camera makes; for the one route that takes a photo."""
PHOTO_PATH = re.compile(r"/missing/[0-9]{1,18}/photo")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}


class TooLong(Exception):  # noqa: N818 (an answer, not a fault)
    """The body of a request is longer than any form of ours."""


class Guard:
    """Sets headers on every answer; refuses long bodies; lets no fault of ours out.

    Parameters
    ----------
    refuse
        Makes the page for a status.
    """

    def __init__(self, app: ASGIApp, *, refuse: Callable[[Request, int], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False
        length, longest = 0, _longest(scope)
        own = HEADERS | (HTTPS_ONLY if served_by(scope).settings.cookie_secure else {})

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.update(own)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        async def receiving() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > longest:
                raise TooLong
            return message

        try:
            await self._app(scope, receiving, sending)
        except Exception as error:  # noqa: BLE001 (the one place: a fault ends a page, not the service)
            status = self._judge(error)
            if not begun:
                await self._refuse(Request(scope), status)(scope, receive, sending)

    def _judge(self, error: Exception) -> int:
        if isinstance(error, TooLong):
            return 413
        # never the text of the error: it may hold values, and values may be personal
        last = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "a page failed",
            extra={
                "action": "page_failed",
                "kind": type(error).__name__,
                "place": f"{last.filename}:{last.lineno}",
                "ours": _ours(error),
            },
        )
        return 500


def _longest(scope: Scope) -> int:
    return LONGEST_PHOTO if PHOTO_PATH.fullmatch(scope["path"]) else LONGEST_BODY


def _ours(error: Exception) -> str:
    """Return the last place in our own code that the error came through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "/site-packages/" not in frame.filename:
            return f"{frame.filename}:{frame.lineno}"
    return ""
