"""The same as on the page *Expected visits*, for machines: JSON, times by the home's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse

from core.model.ids import HomeId
from core.model.week import DAY_WORDS
from dashboard.page import Page
from dashboard.pages.visits import ROLES, expect, read, take_back
from dashboard.plan_words import clock
from dashboard.visit import Form, Visiting

if TYPE_CHECKING:
    from core.store.expected_visit import SaidVisit
    from dashboard.visit import Visit

router = APIRouter(prefix="/api")
PAGE = Page(router=router, roles=ROLES)

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/homes/{home_id}/visits")
async def shown(visiting: Visiting, home_id: Name) -> JSONResponse:
    """Give the visits that are expected, and what who asks may do about them."""
    return JSONResponse(await _facts(visiting, HomeId(home_id)))


@router.post("/homes/{home_id}/visits")
async def say(visiting: Visiting, home_id: Name, form: Form) -> JSONResponse:
    """Expect a visit, by the fields of `dashboard.visit_form.read_visit`."""
    wrong, done = await expect(visiting, HomeId(home_id), form)
    if wrong:
        return JSONResponse({"error": " ".join(wrong.values()), "fields": wrong}, status_code=400)
    facts = await _facts(visiting, HomeId(home_id))
    return JSONResponse(facts, status_code=200 if done else 409)


@router.post("/homes/{home_id}/visits/{visit_id}/end")
async def end(visiting: Visiting, home_id: Name, visit_id: Number, form: Form) -> JSONResponse:
    """Take a visit back."""
    del form
    done = await take_back(visiting, HomeId(home_id), visit_id)
    facts = await _facts(visiting, HomeId(home_id))
    return JSONResponse(facts, status_code=200 if done else 409)


async def _facts(visiting: Visit, home_id: HomeId) -> dict[str, Any]:
    seen = await read(visiting, home_id, "api")
    return {
        "home_id": seen.household.home.home_id,
        "zone": seen.household.home.zone.key,
        "visits": [_visit(one) for one in seen.visits],
        "may_say": seen.may.say,
        "may_end": seen.may.end,
    }


def _visit(said: SaidVisit) -> dict[str, Any]:
    visit = said.visit
    return {
        "visit_id": visit.visit_id,
        "by": visit.by.value,
        "days": [DAY_WORDS[day] for day in visit.span.days],
        "start": clock(visit.span.start),
        "end": clock(visit.span.end),
        "first": visit.first.isoformat() if visit.first else None,
        "last": visit.last.isoformat() if visit.last else None,
        "said_at": said.at.isoformat(),
        "said_by": said.carer or None,
    }
