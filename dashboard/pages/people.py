"""People: who cares for whom and in which order, who is invited, and who has left (docs/decisions/0147)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.ids import CarerId, HomeId, ResidentId
from core.store import people as store
from core.store import timeline
from core.store.account import CarerRole
from dashboard import invitations
from dashboard.asking_again import AskAgain
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.roles import ARRANGE_ORGANISATION, NAMES, SEE_CIRCLES
from dashboard.visit import Form, NotYours, Visit, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.people import Circle
    from core.store.pool import Connection

router = APIRouter(prefix="/people")
PAGE = Page(router=router, roles=SEE_CIRCLES, title=marked("People"), path="/people", order=40)
log = logging.getLogger("wayhome.dashboard")

PER_PAGE = 20
PEOPLE_PER_PAGE = 50
"""As many of an organisation stand on one page, and in one choice: of twenty thousand that was 31 MB."""
COLLEAGUES = (
    CarerRole.CARE_WORKER,
    CarerRole.CLINICIAN,
    CarerRole.TECHNICIAN,
    CarerRole.ORGANISATION_ADMIN,
    CarerRole.AUDITOR,
)
"""Who belongs to the organisation and not to one circle."""
CARING = (CarerRole.FAMILY_CARER, CarerRole.CARE_WORKER)
"""Who may stand in a circle and is told of alerts."""
NOT_CARING = marked("Only family carers and care workers can be in a circle. Choose one of them.")
AS, WHO = marked("As"), marked("Who")
NO_NAME = marked("Please type the name of the person you invite.")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]
Place = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who of an organisation is looked for."""

    #: Part of the name; empty for everybody.
    who: str = ""
    #: The home to whose circle one of them shall be added; empty for the list of everybody.
    circle: str = ""
    #: Page of that list.
    page: int = 1


@router.get("")
async def people(
    visiting: Visiting,
    page: Place = 1,
    everybody: Place = 1,
    who: Annotated[str, Query(max_length=100)] = "",
    circle: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show the circles, and to administrators everybody of the organisation.

    Parameters
    ----------
    page, everybody
        Of the circles, and of everybody.
    who, circle
        Part of the name of whom is looked for: of everybody, or with a circle to be added there.
    """
    who = invitations.clean_name(who)
    return await _show(visiting, page=page, wanted=Wanted(who=who, circle=circle, page=everybody))


@router.post("/invite")
async def invite(visiting: Visiting, form: Form) -> Response:
    """Make an invitation and show its link and square code, once."""
    name = invitations.clean_name(form.get("name", ""))
    if not name:
        return await _show(visiting, error=_(NO_NAME), status=400)
    home_id = HomeId(form["home"]) if form.get("home") else None
    role, resident_id = await _role(visiting, form.get("role", ""), home_id)
    code = invitations.new_code()
    wanted = store.NewInvitation(
        token_hash=invitations.code_hash(code),
        name=name,
        role=role,
        home_id=home_id,
        resident_id=resident_id,
        created_at=visiting.now,
        expires_at=visiting.now + invitations.LASTS,
    )
    async with visiting.acting() as connection:
        circle = None if home_id is None else await store.circle_of(connection, home_id)
        if home_id is not None and circle is None:
            raise HTTPException(404)
        if not await store.invite(connection, visiting.visitor.carer_id, wanted):
            raise NotYours
        zone = circle.zone if circle else await timeline.first_zone(connection)
    _note(visiting, "invited")
    address = invitations.link(visiting.site.settings, code)
    return visiting.page(
        "people_invited.html",
        zone,
        here=PAGE.path,
        name=name,
        invited_role=_(NAMES[role]),
        link=address,
        code=code,
        square=invitations.square(address),
        until=wanted.expires_at,
    )


@router.post("/invitations/{invitation_id}/revoke")
async def revoke(visiting: Visiting, invitation_id: Number, form: Form) -> Response:
    """Let an invitation count no more."""
    del form
    async with visiting.acting() as connection:
        if not await store.revoke(connection, invitation_id, visiting.now):
            raise HTTPException(404)
    _note(visiting, "invitation_revoked")
    return see_other("/people")


@router.post("/circles/{home_id}/earlier")
async def earlier(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Let somebody be told one place earlier."""
    async with visiting.acting() as connection:
        circle = await _arranged(connection, HomeId(home_id))
        order = moved([one.carer_id for one in circle.members], _carer(form))
        if not await store.arrange(connection, circle.home_id, order):
            raise HTTPException(409)
    _note(visiting, "circle_arranged")
    return see_other(f"/people#circle-{home_id}")


@router.post("/circles/{home_id}/join")
async def join_care(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Take somebody of the organisation into a circle, told last."""
    _arranges_organisation(visiting)
    joiner = _carer(form)
    async with visiting.acting() as connection:
        circle = await _arranged(connection, HomeId(home_id))
        inside = {one.carer_id for one in circle.members}
        found = await store.colleague(connection, joiner)
        if found is None:
            left = await store.colleagues(connection, roles=CARING, limit=PEOPLE_PER_PAGE)
            others = {str(one.carer_id): one.name for one in left if one.carer_id not in inside}
            raise AskAgain("carer", WHO, others) if others else HTTPException(404)
        if joiner in inside:  # somebody else was quicker, and it is as it was wanted
            return see_other(f"/people#circle-{home_id}")
        cares = found.role in CARING
        if cares and not await store.join_care(connection, circle.home_id, joiner):
            raise NotYours
    if not cares:
        return await _show(visiting, error=_(NOT_CARING), status=400)
    _note(visiting, "care_joined")
    return see_other(f"/people#circle-{home_id}")


@router.post("/circles/{home_id}/end")
async def end_care(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Take somebody out of a circle."""
    leaver = _carer(form)
    async with visiting.acting() as connection:
        circle = await _arranged(connection, HomeId(home_id))
        if leaver not in {one.carer_id for one in circle.members}:
            raise HTTPException(404)
        if not await store.end_care(connection, circle.home_id, leaver, visiting.now):
            raise NotYours
    _note(visiting, "care_ended")
    visiting.site.live.leave(leaver)
    return see_other(f"/people#circle-{home_id}")


@router.post("/end")
async def end_carer(visiting: Visiting, form: Form) -> Response:
    """Shut somebody out who has left the organisation."""
    _arranges_organisation(visiting)
    leaver = _carer(form)
    async with visiting.acting() as connection:
        if await store.colleague(connection, leaver) is None:
            raise HTTPException(404)
        if not await store.end_carer(connection, leaver, visiting.now):
            raise NotYours
    _note(visiting, "carer_ended")
    visiting.site.live.leave(leaver)
    return see_other("/people")


@router.post("/second-factor")
async def second_factor(visiting: Visiting, form: Form) -> Response:
    """Let nobody in with a password alone, or let them again."""
    _arranges_organisation(visiting)
    async with visiting.acting() as connection:
        if not await store.demand_second_factor(connection, wanted=form.get("wanted") == "yes"):
            raise NotYours
    _note(visiting, "second_factor_changed")
    return see_other("/people")


def moved(order: Sequence[CarerId], carer_id: CarerId) -> list[CarerId]:
    """Return an order in which somebody stands one place earlier.

    Examples
    --------
    >>> moved([CarerId(1), CarerId(2), CarerId(3)], CarerId(3))
    [1, 3, 2]
    >>> moved([CarerId(1)], CarerId(1)), moved([CarerId(1)], CarerId(9))
    ([1], [1])
    """
    new = list(order)
    if carer_id in new and (place := new.index(carer_id)) > 0:
        new[place - 1], new[place] = new[place], new[place - 1]
    return new


NOBODY_WANTED = Wanted()
ALONE = {"colleagues": (), "caring": (), "many": False, "wanted": NOBODY_WANTED}
"""What the page says of everybody to who sees the own circles only."""


async def _colleagues(
    connection: Connection, wanted: Wanted
) -> tuple[Response | None, dict[str, Any]]:
    """Return what the page says of everybody, or where it leads when that page of them is gone."""
    who = "" if wanted.circle else wanted.who
    last = last_page(await store.colleague_count(connection, named=who), PEOPLE_PER_PAGE)
    more = urlencode({"who": who}) if who else ""
    if gone := beyond(f"{PAGE.path}?{more}" if more else PAGE.path, wanted.page, last, "everybody"):
        return gone, {}
    most, before = PEOPLE_PER_PAGE, PEOPLE_PER_PAGE * (wanted.page - 1)
    many = await store.colleague_count(connection, roles=CARING) > most
    caring = wanted.who if wanted.circle else ""
    return None, {
        "colleagues": await store.colleagues(connection, named=who, limit=most, offset=before),
        "caring": await store.colleagues(connection, named=caring, roles=CARING, limit=most),
        "many": many,
        "most": most,
        "wanted": wanted,
        "who": who,
        "more": f"{more}&" if more else "",
        "last_of_all": last,
        "searched": bool(who) or last > 1,
    }


async def _show(
    visiting: Visit,
    *,
    page: int = 1,
    wanted: Wanted = NOBODY_WANTED,
    error: str = "",
    status: int = 200,
) -> Response:
    administers = visiting.visitor.role in ARRANGE_ORGANISATION
    async with visiting.acting() as connection:
        circles = await store.circles(connection, PER_PAGE, PER_PAGE * (page - 1))
        total = await store.home_count(connection)
        gone, everybody = await _colleagues(connection, wanted) if administers else (None, ALONE)
        invited = await store.open_invitations(connection, visiting.now)
        demanded = await store.second_factor_demanded(connection)
        zone = await timeline.first_zone(connection)
        await visiting.looked_at(connection, [one.home_id for one in circles], "people")
    last = last_page(total, PER_PAGE)
    if gone := gone or beyond(PAGE.path, page, last):
        return gone
    return visiting.page(
        "people.html",
        circles[0].zone if circles else zone,
        here=PAGE.path,
        status=status,
        circles=circles,
        **everybody,
        invited=invited,
        home_names={one.home_id: one.name for one in circles},
        administers=administers,
        colleague_roles=COLLEAGUES,
        role_names=NAMES,
        demanded=demanded,
        error=error,
        page=page,
        last_page=last,
    )


async def _arranged(connection: Connection, home_id: HomeId) -> Circle:
    circle = await store.circle_of(connection, home_id)
    if circle is None:
        raise HTTPException(404)
    if not circle.arranged:
        raise NotYours
    return circle


def _arranges_organisation(visiting: Visit) -> None:
    if visiting.visitor.role not in ARRANGE_ORGANISATION:
        raise NotYours


async def _role(
    visiting: Visit, word: str, home_id: HomeId | None
) -> tuple[CarerRole, ResidentId | None]:
    """Read a role; a resident's comes with whom it is: ``resident:12``."""
    name, _colon, number = word.partition(":")
    role = next((one for one in CarerRole if one == name), None)
    if role is None or (role is CarerRole.RESIDENT) != _is_number(number):
        raise AskAgain("role", AS, await _roles(visiting, home_id))
    return role, ResidentId(int(number)) if number else None


async def _roles(visiting: Visit, home_id: HomeId | None) -> dict[str, str]:
    """Return as what somebody can be invited: to a circle, or to the organisation."""
    if home_id is None:
        return {one.value: _(NAMES[one]) for one in COLLEAGUES}
    async with visiting.acting() as connection:
        circle = await store.circle_of(connection, home_id)
    if circle is None:
        raise HTTPException(404)
    administers = visiting.visitor.role in ARRANGE_ORGANISATION
    offered = CARING if administers else (CarerRole.FAMILY_CARER,)
    return {one.value: _(NAMES[one]) for one in offered} | {
        f"resident:{number}": _("%(name)s, who lives here") % {"name": name}
        for number, name in circle.residents
    }


def _carer(form: dict[str, str]) -> CarerId:
    text = form.get("carer", "")
    if not _is_number(text):
        raise HTTPException(400)
    return CarerId(int(text))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18  # noqa: PLR2004 (a bigint)


def _note(visiting: Visit, action: str) -> None:
    log.info("people changed", extra={"action": action, "carer": visiting.visitor.carer_id})
