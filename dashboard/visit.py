"""Who is asking, and whether the form is theirs: what routes depend on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from core.runtime.language import wish
from core.store.account import CarerRole, Visitor, acting, record_access
from dashboard.caller import Caller, caller_of
from dashboard.entrance import SESSION_COOKIE, same
from dashboard.site import Site, site_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.ids import HomeId
    from core.store.pool import Connection

CSRF_HEADER = "x-csrf-token"
REFRESH_HEADER = "x-wayhome-refresh"
"""A page that asks for itself again says so: that is the same view of the person."""
ONE_VIEW = timedelta(minutes=10)
"""After so long a page that refreshes itself is recorded as a view again."""
ALERT = re.compile(r"/alerts/\d+(?=/)")
"""Where a form of an alert was, by the address that it goes to."""
FRESH_FOR = timedelta(minutes=15)
"""How long after logging in a person may change what opens the log-in."""


class LoginNeeded(Exception):  # noqa: N818 (an answer, not a fault)
    """Nobody is logged in."""


class ProofNeeded(Exception):  # noqa: N818
    """A password opened the session, and the organisation wants more: only ``/me`` is open."""


class NotYours(HTTPException):
    """Somebody may see this, and may not change it: said so, or they would try again and again."""

    def __init__(self) -> None:
        super().__init__(403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody who is logged in."""

    request: Request
    site: Site
    visitor: Visitor
    now: datetime
    #: The cookie, when the session was made to last longer and the browser must be told.
    renewed: str = ""

    @property
    def fresh(self) -> bool:
        """True shortly after logging in: a browser that was left open may not change what opens it."""
        return self.now - self.visitor.created_at <= FRESH_FOR

    @property
    def caller(self) -> Caller:
        """Where the request comes from."""
        return caller_of(self.request, self.site.entrance.proxies)

    @property
    def sent(self) -> dict[str, str]:
        """What was typed: an answer that refuses it gives it back, so that nobody types twice."""
        typed: dict[str, str] = getattr(self.request.state, "sent", None) or dict(
            self.request.query_params
        )
        return typed

    def acting(self) -> AbstractAsyncContextManager[Connection]:
        """Run one transaction that sees what this person may see."""
        return acting(self.site.pool, self.visitor)

    async def looked_at(self, connection: Connection, homes: Sequence[HomeId], page: str) -> None:
        """Record that this person looked at these homes; a page that refreshes itself is one view."""
        refreshing = REFRESH_HEADER in self.request.headers
        since = self.now - ONE_VIEW if refreshing else None
        await record_access(connection, self.visitor, homes, page, self.now, unless_since=since)

    def page(
        self, template: str, zone: ZoneInfo, here: str = "", status: int = 200, **view: Any
    ) -> HTMLResponse:
        """Render a page about a home in ``zone``."""
        layout = self.site.layout
        # an answer to a form has no address of its own: it can not ask for itself again
        still = self.request.method != "GET" or status != HTTPStatus.OK
        common = layout.view(self.visitor, self.now, zone, here) | {"still": still}
        common |= {"sent": self.sent if status >= HTTPStatus.BAD_REQUEST else {}}
        common |= {"sent_to": self.request.url.path}
        answer = HTMLResponse(layout.render(template, common | view), status_code=status)
        if self.renewed:
            self.site.entrance.give_cookie(answer, SESSION_COOKIE, self.renewed)
        return answer


async def visit(request: Request) -> Visit:
    """Find out who asks.

    Raises
    ------
    LoginNeeded
        If nobody is logged in.
    ProofNeeded
        If the organisation wants more than a password and this is not the page where to give it.
    """
    site = site_of(request)
    token = request.cookies.get(SESSION_COOKIE, "")
    asked = wish(request.headers.get("accept-language", ""))
    visitor, longer = await site.entrance.visitor(token, asked) if token else (None, False)
    if visitor is None:
        raise LoginNeeded
    if visitor.must_prove_more and not _is_open(request.url.path):
        raise ProofNeeded
    return Visit(
        request=request,
        site=site,
        visitor=visitor,
        now=site.clock.now(),
        renewed=token if longer else "",
    )


def _is_open(path: str) -> bool:
    return path in {"/me", "/logout"} or path.startswith("/me/")


Visiting = Annotated[Visit, Depends(visit)]


def admitting(roles: frozenset[CarerRole]) -> Callable[[Visit], Awaitable[None]]:
    """Make the gate of a page: for other roles it does not exist."""

    async def gate(visiting: Visiting) -> None:
        if visiting.visitor.role not in roles:
            raise HTTPException(404)

    return gate


async def checked_form(visiting: Visiting) -> dict[str, str]:
    """Read a form and make sure that it is one of ours.

    Raises
    ------
    HTTPException
        403 when the token of the session does not come with it.
    """
    request = visiting.request
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403)
    async with request.form(max_files=0, max_fields=20) as form:
        fields = {key: _plain(value) for key, value in form.items() if isinstance(value, str)}
    given = fields.pop("csrf", "") or request.headers.get(CSRF_HEADER, "")
    if not same(given, visiting.visitor.csrf):
        raise HTTPException(403)
    request.state.sent = fields
    return fields


def _plain(text: str) -> str:
    """Return a text without what neither the database nor a page can hold: NULs and halves of signs."""
    return text.replace("\0", "").encode(errors="replace").decode()


Form = Annotated[dict[str, str], Depends(checked_form)]


def see_other(path: str) -> RedirectResponse:
    """Send the browser on after a form, so that a reload does not send it again."""
    return RedirectResponse(path, status_code=303)


def login_path(request: Request) -> str:
    """Return the way to the log-in page, and back to where the person wanted to go.

    Who sent a form must learn there that nothing was taken, or believes that somebody is told.
    """
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET":
        alert = ALERT.match(wanted)
        back = alert.group() if alert else ""
    else:
        back = wanted if wanted != "/" else ""
    lost = request.method != "GET" and request.url.path != "/logout"
    asked = [f"next={quote(back, safe='/')}"] * bool(back) + ["lost=1"] * lost
    return f"/login?{'&'.join(asked)}" if asked else "/login"
