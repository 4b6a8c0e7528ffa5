"""What every request may ask for: the database, the clock, the entrance, the live pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from core.runtime.clock import Clock
    from core.runtime.settings import DashboardSettings
    from core.store.pool import Pool
    from dashboard.entrance import Entrance
    from dashboard.layout import Layout
    from dashboard.live import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The parts of one dashboard."""

    pool: Pool
    clock: Clock
    settings: DashboardSettings
    entrance: Entrance
    live: Live
    layout: Layout


def site_of(request: HTTPConnection) -> Site:
    """Return the site that serves a request."""
    return cast("Site", request.app.state.site)
