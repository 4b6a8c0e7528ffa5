"""The devices of a home: which are heard, which need somebody. No word on how people live."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.ids import HomeId
from core.store import system, timeline
from dashboard.devices import device_lines
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, SEE_DEVICES, SEE_SYSTEM
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_DEVICES)

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}/devices")
async def devices(visiting: Visiting, home_id: Name) -> Response:
    """Show the devices of one home."""
    async with visiting.acting() as connection:
        glance = await timeline.glance_of(connection, HomeId(home_id))
        if glance is None:
            raise HTTPException(404)
        found = await system.devices_of(connection, glance.home.home_id)
        await visiting.looked_at(connection, [glance.home.home_id], "devices")
    exact = visiting.visitor.role in SEE_ACTIVITY
    return visiting.page(
        "devices.html",
        ZoneInfo(glance.home.zone.key),
        home=glance.home,
        lines=device_lines(found, visiting.now, exact=exact),
        see_activity=exact,
        see_system=visiting.visitor.role in SEE_SYSTEM,
    )
