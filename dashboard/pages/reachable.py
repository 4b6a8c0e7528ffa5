"""Who can be reached: the weekly tests of the carers, and the one tap that says that a test came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.reach import Badge, Reach, badge
from core.store import self_test as store
from core.store import timeline
from core.store.account import CarerRole
from core.store.self_test import TestedPerson
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import ALL, NAMES
from dashboard.visit import Form, Visiting, see_other

router = APIRouter()
PAGE = Page(
    router=router,
    roles=ALL - {CarerRole.CLINICIAN},
    title=marked("Reachable"),
    path="/reachable",
    order=45,
)

WORDS = {
    Reach.REACHABLE: marked("Can be reached"),
    Reach.UNCONFIRMED: marked("Not confirmed"),
    Reach.UNREACHABLE: marked("Cannot be reached"),
    Reach.UNTESTED: marked("First test still to come"),
}
LOOKS = {
    Reach.REACHABLE: ("works", "well"),
    Reach.UNCONFIRMED: ("check", "check"),
    Reach.UNREACHABLE: ("urgent", "urgent"),
    Reach.UNTESTED: ("notice", "notice"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person on the page."""

    person: TestedPerson
    role: str
    badge: Badge
    words: str
    shape: str
    style: str


@router.get("/reachable")
async def reachable(visiting: Visiting) -> Response:
    """Show who can be reached; a question of one's own comes first."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        people = await store.people(connection)
    lines = [_line(visiting, person) for person in people]
    own = next((one for one in lines if one.person.carer_id == visiting.visitor.carer_id), None)
    return visiting.page(
        "reachable.html",
        zone,
        here=PAGE.path,
        own=own,
        lines=sorted(lines, key=lambda one: _SEVERITY.index(one.badge.reach)),
    )


@router.get("/reachable/{carer_id}")
async def person(visiting: Visiting, carer_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Show the tests of one person."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        people = await store.people(connection)
    found = next((one for one in people if one.carer_id == carer_id), None)
    if found is None:
        raise HTTPException(404)
    return visiting.page("reachable_person.html", zone, here=PAGE.path, line=_line(visiting, found))


@router.post("/reachable/tests/{number}")
async def confirm(
    visiting: Visiting, form: Form, number: Annotated[int, Path(ge=1, lt=2**63)]
) -> Response:
    """Note that a test reached the visitor."""
    del form
    async with visiting.acting() as connection:
        theirs = await store.answer(connection, number, visiting.visitor.carer_id, visiting.now)
    if not theirs:
        raise HTTPException(404)
    return see_other("/reachable")


_SEVERITY = (Reach.UNREACHABLE, Reach.UNCONFIRMED, Reach.UNTESTED, Reach.REACHABLE)


def _line(visiting: Visiting, found: TestedPerson) -> Line:
    judged = badge(found.tests, visiting.now)
    shape, style = LOOKS[judged.reach]
    return Line(
        person=found,
        role=_(NAMES[CarerRole(found.role)]),
        badge=judged,
        words=_(WORDS[judged.reach]),
        shape=shape,
        style=style,
    )
