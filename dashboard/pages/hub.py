"""Certificates of a home's hub: make one, see whether the broker knows it, shut it out."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.identity import CODE_LASTS, about_of, hub_grant, thing_grant
from core.model.ids import HomeId
from core.model.one_time_code import Code, new_code
from core.store import home_output, registry
from core.store import hub_credential as store
from core.store.hub_credential import HubCredential, Wish
from dashboard.asking_again import said_wrong
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import SEE_SYSTEM
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

ENOUGH = marked("No more bundles for this home within the hour. Use one that was made, or wait.")
BEFORE = marked("That one was shut out before. This is how it stands now.")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/homes/{home_id}/hub")
async def hub(visiting: Visiting, home_id: Name) -> Response:
    """Show the certificates of a home."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/hub/make")
async def make(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Ask for a certificate; the code of its bundle is shown this once."""
    code, word, device = new_code(), secrets.token_hex(4), form.get("device", "").strip()
    try:
        about = about_of(device, form.get("beside", "").strip())
        family, _slash, name = device.partition("/")
        home = HomeId(home_id)
        grant = thing_grant(home, family, name, word) if device else hub_grant(home, word)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    wish = Wish(
        home_id=home,
        grant=grant,
        about=about,
        asked_at=visiting.now,
        code_ends_at=visiting.now + CODE_LASTS,
    )
    async with visiting.acting() as connection:
        made = await store.ask_on_page(connection, wish, code)
    if made is None:
        return await _page(visiting, home, error=_(ENOUGH), status=409)
    _noted(visiting, "asked")
    return await _page(visiting, home, code=code)


@router.post("/homes/{home_id}/hub/{number}/revoke")
async def revoke(visiting: Visiting, home_id: Name, number: Number, form: Form) -> Response:
    """Shut one out."""
    del form
    async with visiting.acting() as connection:
        mine = {one.credential_id for one in await store.of_home(connection, HomeId(home_id))}
        done = number in mine and await store.end_on_page(connection, number, visiting.now)
    if not done:
        return await _page(visiting, HomeId(home_id), error=_(BEFORE), status=409)
    _noted(visiting, "revoked")
    return see_other(f"/homes/{home_id}/hub")


@router.post("/homes/{home_id}/hub/home-assistant/{state}")
async def home_assistant(
    visiting: Visiting, home_id: Name, state: Literal["on", "off"], form: Form
) -> Response:
    """Let a Home Assistant in the home be told how it stands, or no longer."""
    del form
    async with visiting.acting() as connection:
        done = await home_output.switch(connection, HomeId(home_id), visiting.now, on=state == "on")
    if not done:
        raise HTTPException(404)
    _noted(visiting, f"home_assistant_{state}")
    return see_other(f"/homes/{home_id}/hub")


def _noted(visiting: Visit, step: str) -> None:
    extra = {"action": "hub_credential", "step": step, "carer": visiting.visitor.carer_id}
    log.info("hub credential", extra=extra)


async def _page(
    visiting: Visit,
    home_id: HomeId,
    *,
    code: Code | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
        if household is None:
            raise HTTPException(404)
        found = await store.of_home(connection, home_id)
        doors = await store.doors(connection)
        told = await home_output.is_wanted(connection, home_id)
        await visiting.looked_at(connection, [home_id], "hub")
    return visiting.page(
        "hub.html",
        household.home.zone,
        status=status,
        home=household.home,
        lines=[(one, state_of(one)) for one in found],
        faults=[one for one in doors if one.fault],
        nobody=not doors,
        told=told,
        code=code.text if code else "",
        error=error,
    )


def state_of(one: HubCredential) -> str:
    """Say in a few words how a certificate stands at the broker."""
    if one.dead_at is not None:
        over = one.revoked_at is None
        if not over:
            return _("Shut out")
        return _("Over, and replaced") if one.replaced_at else _("Over")
    if one.revoked_at is not None:
        return _("To be shut out: the broker is not told yet")
    if one.live_at is not None:
        return _("Let in")
    return _("Made, the broker is not told yet") if one.issued_at else _("Being made")
