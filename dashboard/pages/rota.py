"""The rota: who is on call this week and next, gaps in words, and what changes it: shifts, covers, swaps."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.ids import CarerId, HomeId
from core.model.rota import Cover, CoverState, Rota, Shift, check_cover, check_shifts
from core.store import rota as store
from core.store import timeline
from core.store.account import CarerRole
from core.store.pool import Connection
from core.store.quiet import quiet_hours_of
from dashboard import plan_form, plan_words, quiet_words
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.planning import Scope, must_change, scope_of, scopes_of
from dashboard.roles import CARERS
from dashboard.rota_view import RotaView, Viewer, view_of
from dashboard.visit import Form, NotYours, Visit, Visiting, see_other
from dashboard.whose_time import differ

router = APIRouter()
PAGE = Page(router=router, roles=CARERS | {CarerRole.ORGANISATION_ADMIN})
log = logging.getLogger("wayhome.dashboard")

MOST_ROTAS = 20
"""Rotas on one page; that of one home has a page of its own."""
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]
ANSWERS = {
    "agree": CoverState.AGREED,
    "decline": CoverState.DECLINED,
    "withdraw": CoverState.WITHDRAWN,
}


@router.get("/rota")
async def rotas(visiting: Visiting) -> Response:
    """Show the rotas that this person goes by."""
    return await _page(visiting)


@router.get("/rota/homes/{home_id}")
async def rota_of_home(visiting: Visiting, home_id: Name) -> Response:
    """Show the rota of one home, also where it has none yet."""
    return await _page(visiting, HomeId(home_id))


@router.post("/rota/organisation/shifts")
async def shift_of_organisation(visiting: Visiting, form: Form) -> Response:
    """Add a weekly shift for the organisation, or take one away."""
    return await _shift(visiting, None, form)


@router.post("/rota/homes/{home_id}/shifts")
async def shift_of_home(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Add a weekly shift for one home, or take one away."""
    return await _shift(visiting, HomeId(home_id), form)


@router.post("/rota/{rota_id}/covers")
async def cover(visiting: Visiting, rota_id: Number, form: Form) -> Response:
    """Put somebody on call for once: decided by who keeps the rota, asked by everybody else."""
    asks = not form.get("decide")
    async with visiting.acting() as connection:
        rota, scope = await _known(visiting, connection, rota_id)
    me = visiting.visitor.carer_id
    if not asks:
        must_change(scope)
    elif me not in {one.carer_id for one in scope.on_call_people}:
        raise NotYours
    try:
        wanted = _cover(visiting, rota, scope, form)
    except Malformed as error:
        return await _refused(visiting, scope, error, form)
    async with visiting.acting() as connection:
        cover_id = await store.add_cover(connection, rota_id, wanted, visiting.now)
    _noted(visiting, "cover_asked" if asks else "cover_decided", cover=cover_id)
    return see_other(_path(scope))


@router.post("/rota/{rota_id}/covers/{cover_id}/end")
async def end_cover(visiting: Visiting, rota_id: Number, cover_id: Number, form: Form) -> Response:
    """Let the shifts count again instead of a cover."""
    del form
    async with visiting.acting() as connection:
        _, scope = await _known(visiting, connection, rota_id)
        must_change(scope)
        if not await store.end_cover(connection, rota_id, cover_id, visiting.now):
            raise HTTPException(404)
    _noted(visiting, "cover_ended", cover=cover_id)
    return see_other(_path(scope))


@router.post("/rota/asked/{cover_id}/{answer}")
async def answer_cover(visiting: Visiting, cover_id: Number, answer: str, form: Form) -> Response:
    """Agree to stand in, or not; or take back what one asked."""
    del form
    state = ANSWERS.get(answer)
    async with visiting.acting() as connection:
        me = visiting.visitor.carer_id
        if state is None:
            raise HTTPException(404)
        if not await store.decide_cover(connection, cover_id, me, state, visiting.now):
            stands = await store.decided(connection, cover_id, me, state)
            if stands is not state:  # taken back, over, or answered otherwise: that has to be said
                raise HTTPException(409 if stands else 404)
    _noted(visiting, "cover_answered", cover=cover_id, answer=answer)
    return see_other("/rota")


async def _page(
    visiting: Visit,
    home_id: HomeId | None = None,
    mistakes: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    async with visiting.acting() as connection:
        views = await views_of(visiting, connection, home_id)
        asked = await store.asked_covers(connection, visiting.visitor.carer_id, visiting.now)
        has_feed = await store.has_feed(connection, visiting.visitor.carer_id)
        unshown = 0
        if home_id is None:
            unshown = max(0, await rotas_seen(visiting, connection) - MOST_ROTAS)
        empty = await _empty(visiting, connection, home_id, views)
        shown = {one.scope.home_id for one in views} | {one.home_id for one in empty} | {home_id}
        await visiting.looked_at(
            connection, sorted(one for one in shown if one is not None), "rota"
        )
        zone = await timeline.first_zone(connection)
    return visiting.page(
        "rota.html",
        views[0].rota.zone if views else zone,
        here="/plan",
        status=400 if mistakes else 200,
        views=views,
        unshown=unshown,
        key=shift_key,
        empty=empty,
        asked=asked,
        mixed=differ(
            [*(one.rota.zone for one in views), *(one.zone for one in asked)], visiting.now
        ),
        several=len({one.rota_id for one in asked} | {one.rota.rota_id for one in views}) > 1,
        has_feed=has_feed,
        mistakes=mistakes or {},
        fields=fields or {},
        me=visiting.visitor.carer_id,
        every_day={f"day{day}": "1" for day in range(plan_words.WEEK)},
        words=plan_words,
        day_and_time=quiet_words.day_and_time,
        stretch=quiet_words.stretch,
    )


async def rotas_seen(visiting: Visit, connection: Connection) -> int:
    """Count the rotas that this person goes by."""
    whole = visiting.visitor.role is not CarerRole.FAMILY_CARER
    return await store.rota_count(connection, visiting.visitor.organisation_id, whole=whole)


async def views_of(
    visiting: Visit, connection: Connection, home_id: HomeId | None, page: int = 1
) -> list[RotaView]:
    """Return a page of the rotas that this person sees, in words; with a home the one it goes by."""
    whole = visiting.visitor.role is not CarerRole.FAMILY_CARER
    if home_id is not None:
        found = await _of_home(visiting, connection, home_id)
        found = [rota for rota in found if rota.home_id is not None or whole]
    else:
        some = await store.rotas_of(
            connection, visiting.visitor.organisation_id, visiting.now,
            limit=MOST_ROTAS, offset=MOST_ROTAS * (page - 1), whole=whole,
        )  # fmt: skip
        found = list(some)
    people: set[CarerId] = set()
    for rota in found:
        people |= rota.people | {cover.carer_id for cover in rota.covers}
    quiet = await quiet_hours_of(connection, people)
    viewer = Viewer(carer_id=visiting.visitor.carer_id, now=visiting.now, quiet=quiet)
    scopes = await scopes_of(visiting, connection, [rota.home_id for rota in found])
    return [view_of(scopes[rota.home_id], rota, viewer) for rota in found]


async def _of_home(visiting: Visit, connection: Connection, home_id: HomeId) -> list[Rota]:
    """Return the rota that a home goes by now, and its own where somebody will stand in by that."""
    goes_by = await store.rota_for(connection, home_id, visiting.now)
    own = await store.own_rota(connection, home_id, visiting.now)
    found = [own] if own is not None and own.covers and own != goes_by else []
    return found if goes_by is None else [*found, goes_by]


async def _empty(
    visiting: Visit, connection: Connection, home_id: HomeId | None, views: list[RotaView]
) -> list[Scope]:
    """Return for what this person could begin a rota, of what is asked for here."""
    there = {view.scope.home_id for view in views}
    wanted: list[HomeId | None] = [home_id]
    if home_id is None and visiting.visitor.role is CarerRole.FAMILY_CARER:
        glances, _ = await timeline.glances(connection, limit=MOST_ROTAS, offset=0)
        wanted = [one.home.home_id for one in glances]
    wanted = [one for one in wanted if one not in there]
    scopes = await scopes_of(visiting, connection, wanted)
    return [scopes[one] for one in wanted if scopes[one].may_change]


async def _shift(visiting: Visit, home_id: HomeId | None, form: dict[str, str]) -> Response:
    organisation, drop = visiting.visitor.organisation_id, form.get("drop")
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, home_id)
        must_change(scope)
    try:
        async with visiting.acting() as connection:
            rota = await store.held_rota(
                connection, organisation, home_id, scope.zone, visiting.now
            )
            shifts = [one for one in rota.shifts if shift_key(one) != drop]
            shifts = shifts if drop else _with_shift(shifts, scope, form)
            await store.write_shifts(connection, organisation, home_id, scope.zone, shifts)
    except Malformed as error:
        return await _refused(visiting, scope, error, form)
    _noted(visiting, "shift_dropped" if drop else "shift_added", home=home_id)
    return see_other(_path(scope))


def _with_shift(shifts: list[Shift], scope: Scope, form: dict[str, str]) -> list[Shift]:
    """Return the shifts with that of a form.

    Raises
    ------
    Malformed
        Naming the field.
    """
    added = Shift(hours=plan_form.read_hours(form), carer_id=plan_form.read_carer(form))
    people = {one.carer_id for one in scope.on_call_people}
    if added.carer_id not in people:
        raise Malformed("carer", marked("somebody who may be on call"))
    check_shifts([*shifts, added], people | {one.carer_id for one in shifts})
    return [*shifts, added]


def _cover(visiting: Visit, rota: Rota, scope: Scope, form: dict[str, str]) -> Cover:
    """Return the cover that a form asks for or decides.

    Raises
    ------
    Malformed
        Naming the field.
    """
    asks = not form.get("decide")
    wanted = Cover(
        carer_id=plan_form.read_carer(form),
        starts_at=plan_form.read_moment(form, "starts", rota.zone),
        ends_at=plan_form.read_moment(form, "ends", rota.zone),
        asked_by=visiting.visitor.carer_id,
        state=CoverState.ASKED if asks else CoverState.AGREED,
    )
    check_cover(wanted, {one.carer_id for one in scope.on_call_people}, visiting.now)
    if asks and wanted.carer_id == visiting.visitor.carer_id:
        raise Malformed("carer", marked("somebody else"))
    return wanted


async def _known(visiting: Visit, connection: Connection, rota_id: int) -> tuple[Rota, Scope]:
    organisation = visiting.visitor.organisation_id
    rota = await store.known_rota(connection, organisation, rota_id, visiting.now)
    if rota is None:
        raise HTTPException(404)
    return rota, await scope_of(visiting, connection, rota.home_id)


async def _refused(
    visiting: Visit, scope: Scope, error: Malformed, form: dict[str, str]
) -> Response:
    text, where = plan_words.give(error), error.field
    if error.field == "shifts":
        where = "days"
    elif error.field.startswith("shift"):
        text, where = _("Somebody is on call in some of these hours already."), "days"
    return await _page(visiting, scope.home_id, {where: text}, form)


def shift_key(shift: Shift) -> str:
    """Return what names a shift in a form."""
    hours = shift.hours
    return f"{'.'.join(map(str, hours.days))}-{hours.start}-{hours.end}-{shift.carer_id}"


def _path(scope: Scope) -> str:
    return f"/rota/homes/{scope.home_id}" if scope.home_id else "/rota"


def _noted(visiting: Visit, action: str, **facts: Any) -> None:
    log.info("rota changed", extra={"action": action, "carer": visiting.visitor.carer_id, **facts})
