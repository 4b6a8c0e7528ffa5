"""Kit on loan: what is out, what is overdue, and what became of each device."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.store import kit as store
from core.store import timeline
from core.store.account import CarerRole
from dashboard.assessing import form as forms
from dashboard.assessing.figures import KIT
from dashboard.clinician.entering import refuse
from dashboard.page import Page
from dashboard.roles import ARRANGE_ORGANISATION, SEE_DAYS
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(
    router=router,
    roles=SEE_DAYS | ARRANGE_ORGANISATION | {CarerRole.TECHNICIAN},
    title="Kit on loan",
    path="/kit",
    order=56,
)
log = logging.getLogger("wayhome.dashboard")
Which = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/kit")
async def kit(visiting: Visiting) -> Response:
    """Show what is on loan, what is due first at the front."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        items = await store.items_out(connection)
        homes = sorted({item.home_id for item in items})
        await visiting.looked_at(connection, homes, "kit")
    today = visiting.now.astimezone(zone).date()
    return visiting.page("kit.html", zone, here=PAGE.path, items=items, today=today)


@router.get("/kit/{which}/{device}")
async def one_item(visiting: Visiting, which: Which, device: Which) -> Response:
    """Show the form for one device."""
    return await _page(visiting, which, device)


@router.post("/kit/{which}/{device}")
async def happened(visiting: Visiting, which: Which, device: Which, form: Form) -> Response:
    """Note that a device came back, is lost, or is expected later."""
    async with visiting.acting() as connection:
        item = await store.item_of(connection, which, device)
        zone = await timeline.first_zone(connection)
    if item is None:
        raise refuse()
    today = visiting.now.astimezone(zone).date()
    try:
        step = forms.kit_step(form, item, (visiting.visitor.carer_id, visiting.now), today)
    except Malformed as error:
        return await _page(visiting, which, device, {error.field: error.expected}, form)
    async with visiting.acting() as connection:
        await store.note_step(connection, step)
    log.info(
        "kit noted",
        extra={"action": f"kit_{step.kind}", "carer": step.carer_id, "device": step.device_id},
    )
    return see_other("/kit")


async def _page(
    visiting: Visit,
    which: int,
    device: int,
    mistakes: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    async with visiting.acting() as connection:
        item = await store.item_of(connection, which, device)
        zone = await timeline.first_zone(connection)
        if item is not None:
            await visiting.looked_at(connection, [item.home_id], "kit")
    if item is None:
        raise refuse()
    return visiting.page(
        "kit_item.html",
        zone,
        here=PAGE.path,
        status=400 if mistakes else 200,
        item=item,
        kit_words=KIT,
        today=visiting.now.astimezone(zone).date(),
        mistakes=mistakes or {},
        typed=fields or {},
    )
