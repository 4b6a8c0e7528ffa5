"""System health: a work list. Each row says what is wrong and what to do."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from core.store import retention, timeline
from core.store import system as store
from dashboard.devices import LOW_PERCENT, device_lines
from dashboard.health import readable, removed_lines, retention_lines, service_lines
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, SEE_PAYLOADS, SEE_SYSTEM
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM, title=marked("System"), path="/system", order=30)

FENCED_FOR = timedelta(days=1)
REMOVED_IN = timedelta(days=30)


@router.get("/system")
async def system(visiting: Visiting) -> Response:
    """Show what needs somebody."""
    now, role = visiting.now, visiting.visitor.role
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        services = await store.services(connection, now)
        ailing = await store.ailing(connection, now, LOW_PERCENT)
        quarantine = await store.quarantine(connection)
        refusals = await store.refusals(connection, now)
        discovered = await store.discovered(connection)
        fenced = await store.fenced(connection, now - FENCED_FOR)
        retained = await retention.last_run(connection)
        removed = await retention.runs(connection, now - REMOVED_IN)
        homes = {device.home_id for device in ailing} | {one.home_id for one in quarantine}
        homes |= {one.home_id for one in discovered}
        await visiting.looked_at(connection, sorted(homes), "system")
    return visiting.page(
        "system.html",
        zone,
        here=PAGE.path,
        services=(*retention_lines(retained, now), *service_lines(services, now, zone)),
        removed=removed_lines(removed),
        removed_days=REMOVED_IN.days,
        devices=device_lines(ailing, now, exact=role in SEE_ACTIVITY),
        quarantine=quarantine,
        refusals=refusals,
        discovered=discovered,
        fenced=fenced,
        see_payloads=role in SEE_PAYLOADS,
        readable=readable,
    )
