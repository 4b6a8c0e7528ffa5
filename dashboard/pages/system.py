"""System health: a work list. Each row says what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.store import retention, timeline
from core.store import system as store
from core.store.system import LIST_LIMIT
from dashboard.devices import LOW_PERCENT, device_lines
from dashboard.health import readable, removed_lines, retention_lines, service_lines
from dashboard.language import marked
from dashboard.page import Page
from dashboard.paging import last_page
from dashboard.roles import SEE_ACTIVITY, SEE_PAYLOADS, SEE_SYSTEM
from dashboard.visit import Visiting

if TYPE_CHECKING:
    from core.store.system import Part

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM, title=marked("System"), path="/system", order=30)

FENCED_FOR = timedelta(days=1)
REMOVED_IN = timedelta(days=30)
Place = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a list as it is shown."""

    items: tuple[Any, ...]
    count: int
    page: int
    last_page: int

    @classmethod
    def of(cls, part: Part[Any], page: int) -> Listed:
        """Show a page of a list; of one that is shorter by now the last."""
        last = last_page(part.count, LIST_LIMIT)
        return cls(items=part.items, count=part.count, page=min(page, last), last_page=last)


@router.get("/system")
async def system(
    visiting: Visiting,
    discovered: Place = 1,
    quarantine: Place = 1,
    refused: Place = 1,
    fenced: Place = 1,
) -> Response:
    """Show what needs somebody.

    Parameters
    ----------
    discovered, quarantine, refused, fenced
        Page of each list.
    """
    now, role = visiting.now, visiting.visitor.role
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        services = await store.services(connection, now)
        ailing = await store.ailing(connection, now, LOW_PERCENT)
        found = await store.discovered(connection, discovered)
        held = await store.quarantine(connection, quarantine)
        turned_away = await store.refusals(connection, now, refused)
        failed = await store.fenced(connection, now - FENCED_FOR, fenced)
        retained = await retention.last_run(connection)
        removed = await retention.runs(connection, now - REMOVED_IN)
        homes = {one.home_id for one in ailing.items} | {one.home_id for one in held.items}
        homes |= {one.home_id for one in found.items}
        await visiting.looked_at(connection, sorted(homes), "system")
    return visiting.page(
        "system.html",
        zone,
        here=PAGE.path,
        services=(*retention_lines(retained, now), *service_lines(services, now, zone)),
        removed=removed_lines(removed),
        removed_days=REMOVED_IN.days,
        devices=device_lines(ailing.items, now, exact=role in SEE_ACTIVITY),
        ailing=ailing.count,
        discovered=Listed.of(found, discovered),
        quarantine=Listed.of(held, quarantine),
        refused=Listed.of(turned_away, refused),
        fenced=Listed.of(failed, fenced),
        see_payloads=role in SEE_PAYLOADS,
        readable=readable,
    )
