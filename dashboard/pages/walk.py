"""The walk test: each sensor lights up as it fires, what is missing is the first line."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.commissioning import Stage
from core.model.errors import Malformed
from core.model.ids import HomeId
from core.store import commissioning, registry
from dashboard.asking_again import said_wrong
from dashboard.device_form import PRINTABLE
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import SEE_SYSTEM
from dashboard.visit import Form, Visit, Visiting, see_other
from dashboard.walking import lacking, walk_lines

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

LONGEST_REASON = 500
GONE = marked("That is not missing any more, or no test runs. This is how it stands now.")
AGAIN_MS = 1500
"""How often the page looks: somebody stands before a sensor and waits."""
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}/walk")
async def walk(visiting: Visiting, home_id: Name) -> Response:
    """Show the walk test of a home."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/walk/waive")
async def waive(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Say why a piece may be missing."""
    reason, piece = " ".join(form.get("reason", "").split()), form.get("piece", "")
    if not 0 < len(reason) <= LONGEST_REASON or not reason.isprintable():
        expected = said_wrong(Malformed(marked("reason"), PRINTABLE, n=LONGEST_REASON))
        return await _page(visiting, HomeId(home_id), error=expected, status=400)
    async with visiting.acting() as connection:
        done = await commissioning.waive(connection, HomeId(home_id), piece, reason, visiting.now)
    if done is None:
        return await _page(visiting, HomeId(home_id), error=_(GONE), status=409)
    log.info(
        "piece waived",
        extra={"action": "walk_waived", "home": home_id, "carer": visiting.visitor.carer_id},
    )
    return see_other(f"/homes/{home_id}/walk")


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200
) -> Response:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
        if household is None:
            raise HTTPException(404)
        standing = await commissioning.stage_of(connection, home_id)
        since = await commissioning.walk_since(connection, home_id)
        walked = await commissioning.walked(connection, home_id)
        missing = await commissioning.missing(connection, home_id)
        waivers = await commissioning.waivers(connection, home_id)
        pressed = await commissioning.pressed(connection, home_id)
        await visiting.looked_at(connection, [home_id], "walk")
    pieces = lacking(missing, household, walked, waivers)
    names = {one.device_id: one.name for one in walked}
    return visiting.page(
        "walk.html",
        household.home.zone,
        status=status,
        error=error,
        home=household.home,
        standing=standing.value,
        testing=standing in {Stage.COMMISSIONING, Stage.PAUSED},
        since=since,
        lines=walk_lines(walked, visiting.now, household.home.zone),
        open_pieces=[one for one in pieces if not one.reason],
        by_piece={one.piece: one for one in pieces},
        waived=[one for one in pieces if one.reason],
        pressed=[(names[device], at) for device, at in pressed],
        again_ms=AGAIN_MS,
    )
