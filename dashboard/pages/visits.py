"""Visits that are expected in a home: who sees the home reads them, who cares for it says and ends them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.expected_visit import MOST
from core.model.home import HomeMode, Placement
from core.model.ids import HomeId
from core.store import expected_visit as store
from core.store import registry
from core.store.account import CarerRole
from dashboard import visit_form, visit_words
from dashboard.asking_again import said_wrong
from dashboard.language import _
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY
from dashboard.visit import Form, NotYours, Visiting, see_other
from dashboard.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.model.home import Household
    from core.store.expected_visit import MayExpect, SaidVisit
    from core.store.pool import Connection
    from dashboard.visit import Visit

router = APIRouter()
ROLES = SEE_ACTIVITY | {CarerRole.TECHNICIAN}
PAGE = Page(router=router, roles=ROLES)
log = logging.getLogger("wayhome.dashboard")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The visits of a home, as far as they are anybody's business who may see it."""

    household: Household
    #: Those that are still to come, the earliest of a day first.
    visits: tuple[SaidVisit, ...]
    #: Those that were taken back or are over, the latest first.
    ended: tuple[SaidVisit, ...]
    may: MayExpect


@router.get("/homes/{home_id}/visits")
async def shown(visiting: Visiting, home_id: Name) -> Response:
    """Show the visits that are expected, with a form for who may say so."""
    return await _page(visiting, HomeId(home_id), {})


@router.post("/homes/{home_id}/visits")
async def say(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Write down a visit."""
    wrong, done = await expect(visiting, HomeId(home_id), form)
    if wrong:
        return await _page(visiting, HomeId(home_id), wrong)
    if not done:
        return await _page(visiting, HomeId(home_id), {}, error=_(visit_words.OTHERWISE))
    return see_other(f"/homes/{home_id}/visits")


@router.post("/homes/{home_id}/visits/{visit_id}/end")
async def end(visiting: Visiting, home_id: Name, visit_id: Number, form: Form) -> Response:
    """Take a visit back."""
    del form
    if not await take_back(visiting, HomeId(home_id), visit_id):
        return await _page(visiting, HomeId(home_id), {}, error=_(visit_words.OTHERWISE))
    return see_other(f"/homes/{home_id}/visits")


async def expect(
    visiting: Visit, home_id: HomeId, form: Mapping[str, str]
) -> tuple[Mapping[str, str], bool]:
    """Write down the visit of a form (`dashboard.visit_form`).

    Returns
    -------
    tuple[Mapping[str, str], bool]
        What is wrong with which field, and whether the visit stands.

    Raises
    ------
    HTTPException
        404 where there is no such home, 403 where this person may not say so.
    """
    async with visiting.acting() as connection:
        household = await _seen(connection, home_id)
        if not (await store.may_expect(connection, home_id)).say:
            raise NotYours
    today = visiting.now.astimezone(household.home.zone).date()
    typed = visit_form.read_visit(form, today)
    if typed.visit is None:
        return typed.mistakes, False
    try:
        async with visiting.acting() as connection:
            done = await store.expect(connection, home_id, typed.visit, visiting.now)
    except Malformed as error:
        return {"visits": sentence(said_wrong(error))}, False
    _note("visit_said" if done else "visit_refused", visiting, home_id)
    return {}, done is not None


async def take_back(visiting: Visit, home_id: HomeId, visit_id: int) -> bool:
    """Take a visit back; False where it does not stand any more.

    Raises
    ------
    HTTPException
        404 where there is no such home, 403 where this person may not.
    """
    async with visiting.acting() as connection:
        await _seen(connection, home_id)
        if not (await store.may_expect(connection, home_id)).end:
            raise NotYours
        done = await store.end(connection, home_id, visit_id, visiting.now)
    _note("visit_ended" if done else "visit_refused", visiting, home_id)
    return done is not None


async def read(visiting: Visit, home_id: HomeId, page: str) -> Seen:
    """Return the visits of a home that may be seen, and what this person may do about them."""
    async with visiting.acting() as connection:
        household = await _seen(connection, home_id)
        visits = await store.said_of(connection, home_id, visiting.now)
        ended = await store.ended_of(connection, home_id)
        may = await store.may_expect(connection, home_id)
        await visiting.looked_at(connection, [home_id], page)
    return Seen(
        household=household, visits=tuple(sorted(visits, key=_in_order)), ended=ended, may=may
    )


def _in_order(said: SaidVisit) -> tuple[object, ...]:
    """Each week's first, by their time of day; then those of one day, by that day."""
    visit = said.visit
    day = visit.first.toordinal() if visit.once and visit.first else 0
    return visit.once, day, visit.span.start, visit.span.days, visit.visit_id


async def _seen(connection: Connection, home_id: HomeId) -> Household:
    household = await registry.household_of(connection, home_id)
    if household is None or household.home.mode is HomeMode.ARCHIVE:
        raise HTTPException(404)
    return household


def _note(action: str, visiting: Visit, home_id: HomeId) -> None:
    extra = {"action": action, "home": home_id, "carer": visiting.visitor.carer_id}
    log.info("expected visits", extra=extra)


async def _page(
    visiting: Visit, home_id: HomeId, mistakes: Mapping[str, str], *, error: str = ""
) -> Response:
    seen = await read(visiting, home_id, "visits")
    home = seen.household.home
    today = visiting.now.astimezone(home.zone).date()
    return visiting.page(
        "visits.html",
        home.zone,
        status=400 if mistakes else 409 if error else 200,
        home=home,
        residents=[one.name for one in seen.household.residents],
        door=any(one.placement is Placement.ENTRANCE for one in seen.household.devices),
        visits=seen.visits,
        ended=seen.ended,
        may=seen.may,
        full=len(seen.visits) >= MOST,
        words=visit_words,
        labels=visit_form.LABELS,
        mistakes=mistakes,
        error=error,
        today=today,
        furthest=today + visit_form.FURTHEST,
        sees_today=visiting.visitor.role in SEE_ACTIVITY,
    )
