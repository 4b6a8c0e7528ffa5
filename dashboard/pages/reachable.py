"""Who can be reached: the weekly tests of the carers, and the one tap that says that a test came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.ids import CarerId
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

PER_PAGE = 50
DECIDE = 3
"""By so many of the newest tests it is told who stands first: more never change the kind of badge."""

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
async def reachable(
    visiting: Visiting, page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> Response:
    """Show who can be reached, who can not first; a question of one's own comes before all."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        people = sorted(
            await store.people(connection, newest=DECIDE),
            key=lambda one: _SEVERITY.index(badge(one.tests, visiting.now).reach),
        )
        shown = [one.carer_id for one in people][PER_PAGE * (page - 1) : PER_PAGE * page]
        whole = {one.carer_id: one for one in await store.people(connection, only=shown)}
    own = next((one for one in people if one.carer_id == visiting.visitor.carer_id), None)
    return visiting.page(
        "reachable.html",
        zone,
        here=PAGE.path,
        own=own,
        lines=[_line(visiting, whole[number]) for number in shown],
        page=page,
        last_page=max(1, -(-len(people) // PER_PAGE)),
    )


@router.get("/reachable/{carer_id}")
async def person(visiting: Visiting, carer_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Show the tests of one person."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        people = await store.people(connection, only=[CarerId(carer_id)])
    if not people:
        raise HTTPException(404)
    (found,) = people
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
