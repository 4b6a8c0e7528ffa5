"""The same as on the page *Away for a time*, for machines: JSON, moments in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse

from core.model.errors import Malformed
from core.model.ids import HomeId
from dashboard.asking_again import AskAgain, said_wrong
from dashboard.page import Page
from dashboard.pages.away import let_rest, read, watch_again
from dashboard.roles import SEE_ACTIVITY
from dashboard.visit import Form, Visiting

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter(prefix="/api")
PAGE = Page(router=router, roles=SEE_ACTIVITY)

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}/away")
async def shown(visiting: Visiting, home_id: Name) -> JSONResponse:
    """Give whether watching rests, and what who asks may do about it."""
    return JSONResponse(await _facts(visiting, HomeId(home_id)))


@router.post("/homes/{home_id}/away")
async def say(visiting: Visiting, home_id: Name, form: Form) -> JSONResponse:
    """Let watching rest: ``where`` (with_us, hospital, holiday), ``day`` and ``time`` by the home's clock."""
    try:
        done = await let_rest(visiting, HomeId(home_id), form)
    except AskAgain as error:
        return JSONResponse({"error": error.words}, status_code=400)
    except Malformed as error:
        return JSONResponse({"error": said_wrong(error)}, status_code=400)
    facts = await _facts(visiting, HomeId(home_id))
    return JSONResponse(facts, status_code=200 if done else 409)


@router.post("/homes/{home_id}/away/end")
async def end(visiting: Visiting, home_id: Name, form: Form) -> JSONResponse:
    """Watch again."""
    del form
    done = await watch_again(visiting, HomeId(home_id))
    facts = await _facts(visiting, HomeId(home_id))
    return JSONResponse(facts, status_code=200 if done else 409)


async def _facts(visiting: Visit, home_id: HomeId) -> dict[str, Any]:
    household, rest, may = await read(visiting, home_id, "api")
    return {
        "home_id": household.home.home_id,
        "zone": household.home.zone.key,
        "mode": household.home.mode.value,
        "rests": rest is not None,
        "where": rest.where.value if rest else None,
        "since": rest.since.isoformat() if rest else None,
        "until": rest.until.isoformat() if rest else None,
        "said_by": rest.carer if rest else None,
        "may_say": may.say,
        "may_end": may.end,
    }
