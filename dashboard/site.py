"""What every request may ask for: the database, the clock, the entrance, the live pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Receive, Scope, Send

    from core.runtime.clock import Clock
    from core.runtime.settings import DashboardSettings
    from core.store.pool import Pool
    from dashboard.entrance import Entrance
    from dashboard.layout import Layout
    from dashboard.live import Live


SITE = "wayhome.site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The parts of one dashboard."""

    pool: Pool
    clock: Clock
    settings: DashboardSettings
    entrance: Entrance
    live: Live
    layout: Layout


class Serving:
    """Gives each request the site that serves it."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app({**scope, SITE: self._site}, receive, send)


def site_of(request: HTTPConnection) -> Site:
    """Return the site that serves a request."""
    return served_by(request.scope)


def served_by(scope: Scope) -> Site:
    """Return the site that serves a request, by what the server knows of it."""
    return cast("Site", scope[SITE])
