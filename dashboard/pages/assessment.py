"""One assessment: how far it is, whether it will suffice, its kit, and how it goes on or ends."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.store import assessment as store
from core.store import kit as kit_table
from dashboard.assessing import form as forms
from dashboard.assessing.desk import so_far
from dashboard.assessing.figures import KIT, not_measured
from dashboard.assessing.naming import named
from dashboard.assessing.progress import PHASES, gap_words, warnings
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.dates import span_words
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from core.model.assessment import Assessment, KitItem
    from core.store.pool import Connection
    from core.store.review import Lived
    from dashboard.assessing.progress import Progress
    from dashboard.clinician.annotated import MarkedDays
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked
log = logging.getLogger("wayhome.dashboard")
Which = Annotated[int, Path(ge=1, le=2**62)]
QUICKER = marked("It has ended meanwhile. Below is how it stands now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An assessment and whose it is."""

    lived: Lived
    one: Assessment
    kit: tuple[KitItem, ...]
    found: MarkedDays | None
    progress: Progress


async def opened(
    visiting: Visit, connection: Connection, number: int, which: int, page: str
) -> Opened | None:
    """Find an assessment of a resident; None for who may not see it, and where there is none."""
    lived = await entered(visiting, connection, number, page)
    one = (
        await store.assessment_of(connection, lived.resident.resident_id, which) if lived else None
    )
    if lived is None or one is None:
        return None
    found, how_far = await so_far(connection, one, lived, visiting.now)
    kit = await kit_table.items_of(connection, one.assessment_id)
    return Opened(lived=lived, one=one, kit=kit, found=found, progress=how_far)


@router.get("/residents/{number}/assessments/{which}")
async def assessment(visiting: Visiting, number: Number, which: Which) -> Response:
    """Show one assessment."""
    return await _page(visiting, number, which)


@router.post("/residents/{number}/assessments/{which}")
async def go_on(visiting: Visiting, number: Number, which: Which, form: Form) -> Response:
    """Extend or end an assessment."""
    async with visiting.acting() as connection:
        found = await opened(visiting, connection, number, which, "assessments")
    if found is None:
        raise refuse()
    today = visiting.now.astimezone(found.lived.home.zone).date()
    try:
        step = forms.step_in(form, found.one, visiting.visitor.name, (visiting.now, today))
    except Malformed as error:
        return await _page(visiting, number, which, {error.field: error.expected}, form)
    async with visiting.acting() as connection:
        taken = await store.take_step(connection, found.one, step, visiting.visitor.carer_id)
    if not taken:
        return await _page(visiting, number, which, {"": _(QUICKER)})
    action = "assessment_ended" if step.ends else "assessment_extended"
    log.info(
        "assessment changed",
        extra={"action": action, "carer": visiting.visitor.carer_id, "assessment": which},
    )
    return see_other(f"/residents/{number}/assessments/{which}")


async def _page(
    visiting: Visit,
    number: int,
    which: int,
    mistakes: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    async with visiting.acting() as connection:
        found = await opened(visiting, connection, number, which, "assessments")
    if found is None:
        raise refuse()
    zone = found.lived.home.zone
    today = visiting.now.astimezone(zone).date()
    missing = not_measured(found.found)
    return visiting.page(
        "assessment.html",
        zone,
        here="/assessments",
        status=400 if mistakes else 200,
        lived=found.lived,
        one=found.one,
        called=named(found.one, found.lived.resident.name),
        phase=PHASES[found.one.phase(today)],
        so_far=found.progress,
        warnings=warnings(found.one, found.progress, missing),
        kit=found.kit,
        kit_words=KIT,
        today=today,
        mistakes=mistakes or {},
        typed=fields or {},
        span_words=span_words,
        gap_words=gap_words,
    )
