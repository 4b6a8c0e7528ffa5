"""Who can be reached: the weekly tests of the carers, and the one tap that says that a test came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.ids import CarerId
from core.model.reach import Badge, Reach, badge
from core.store import self_test as store
from core.store import timeline
from core.store.account import CarerRole
from core.store.self_test import TestedPerson
from dashboard.invitations import clean_name
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.roles import ALL, NAMES
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All people of whom the tests say the same."""

    words: str
    shape: str
    style: str
    people: int
    #: On which the first of them stands.
    page: int


@router.get("/reachable")
async def reachable(
    visiting: Visiting,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    who: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show who can be reached, who can not first; a question of one's own comes before all.

    Parameters
    ----------
    who
        Part of the name of whom is looked for; empty for everybody.
    """
    who = clean_name(who)
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        found = await _judged(connection, visiting, who)
        last = last_page(len(found), PER_PAGE)
        if away := beyond(
            f"/reachable?{urlencode({'who': who})}" if who else "/reachable", page, last
        ):
            return away
        shown = [carer for carer, _reach in found][PER_PAGE * (page - 1) : PER_PAGE * page]
        me = visiting.visitor.carer_id
        whole = {one.carer_id: one for one in await store.people(connection, only=[*shown, me])}
    return visiting.page(
        "reachable.html",
        zone,
        here=PAGE.path,
        own=whole.get(me),
        lines=[_line(visiting, whole[number]) for number in shown],
        groups=_groups([reach for _carer, reach in found]),
        page=page,
        last_page=last,
        who=who,
        more=f"{urlencode({'who': who})}&" if who else "",
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


async def _judged(connection: Connection, visiting: Visit, who: str) -> list[tuple[CarerId, Reach]]:
    """Return everybody of such a name with what their tests say, who needs somebody first."""
    everybody = await store.numbers(connection, who)
    well = await store.tapped(connection, everybody)
    rest = [one for one in everybody if one not in well]
    found = dict.fromkeys(well, Reach.REACHABLE)
    for person in await store.people(connection, only=rest, newest=DECIDE):
        found[person.carer_id] = badge(person.tests, visiting.now).reach
    known = [(one, found[one]) for one in everybody if one in found]
    return sorted(known, key=lambda one: _SEVERITY.index(one[1]))


def _groups(found: Sequence[Reach]) -> list[Group]:
    """Return how many there are of each kind, and on which page the first of them stands."""
    return [
        Group(
            words=_(WORDS[reach]),
            shape=LOOKS[reach][0],
            style=LOOKS[reach][1],
            people=found.count(reach),
            page=1 + found.index(reach) // PER_PAGE,
        )
        for reach in _SEVERITY
        if reach in found
    ]


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
