"""The assessments of a resident, and the form that begins one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from core.model.assessment import SHORTEST_DAYS
from core.model.errors import Malformed
from core.store import assessment as store
from core.store import kit as kit_table
from dashboard.assessing import form as forms
from dashboard.assessing.naming import WAYS
from dashboard.assessing.progress import PHASES
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.dates import span_words
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked
log = logging.getLogger("wayhome.dashboard")


@router.get("/residents/{number}/assessments")
async def of_resident(visiting: Visiting, number: Number) -> Response:
    """Show the assessments of a resident and the form for a new one."""
    return await _page(visiting, number)


@router.post("/residents/{number}/assessments")
async def begin(visiting: Visiting, number: Number, form: Form) -> Response:
    """Begin an assessment."""
    by = (visiting.visitor.carer_id, visiting.now)
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "assessments")
    if lived is None:
        raise refuse()
    try:
        new = forms.begun(form, lived, by)
        due = forms.due_day(form, new.last_day)
    except Malformed as error:
        return await _page(visiting, number, {error.field: error.expected}, form)
    async with visiting.acting() as connection:
        assessment_id = await store.begin(connection, new)
        if assessment_id is not None and due is not None:
            await kit_table.lend_all(connection, assessment_id, new.home_id, due, by)
    if assessment_id is None:
        return await _page(visiting, number, {"": "Another one has not ended: end it first."}, form)
    log.info(
        "assessment begun",
        extra={"action": "assessment_begun", "carer": by[0], "assessment": assessment_id},
    )
    return see_other(f"/residents/{number}/assessments/{assessment_id}")


async def _page(
    visiting: Visit,
    number: int,
    mistakes: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "assessments")
        found = await store.assessments_of(connection, lived.resident.resident_id) if lived else ()
    if lived is None:
        raise refuse()
    today = visiting.now.astimezone(lived.home.zone).date()
    return visiting.page(
        "assessments_of.html",
        lived.home.zone,
        here="/assessments",
        status=400 if mistakes else 200,
        lived=lived,
        found=[(one, PHASES[one.phase(today)]) for one in found],
        running=any(one.end is None for one in found),
        mistakes=mistakes or {},
        typed={"named_as": "initials", "kit": "all", "first": today.isoformat()}
        if fields is None
        else fields,
        ways={way.value: words for way, words in WAYS.items()},
        lending=forms.LENDING,
        span_words=span_words,
        shortest=SHORTEST_DAYS,
    )
