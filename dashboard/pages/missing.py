"""If somebody is missing: one tap makes the pack; before that day, what is still to be filled in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.ids import HomeId
from core.store import missing, police_link
from dashboard import metrics
from dashboard.missing import desk
from dashboard.missing.desk import Number
from dashboard.missing.reminders import reminders
from dashboard.page import Page
from dashboard.roles import SEARCH
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from core.store.missing import Person

router = APIRouter()
PAGE = Page(router=router, roles=SEARCH)
log = logging.getLogger("wayhome.dashboard")

SHOWN = 10
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}/missing")
async def who(visiting: Visiting, home_id: Name) -> Response:
    """Lead to the person who is missing; where several live, ask who it is."""
    people = await _people(visiting, home_id)
    if len(people) == 1:
        return see_other(f"/missing/{people[0].resident.resident_id}")
    async with visiting.acting() as connection:
        await visiting.looked_at(connection, [people[0].home.home_id], "missing_who")
    return visiting.page("missing_who.html", people[0].home.zone, people=people)


@router.post("/homes/{home_id}/missing")
async def make_at_once(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Make the pack of who lives there; where several live, ask who it is."""
    del form
    people = await _people(visiting, home_id)
    if len(people) > 1:
        return see_other(f"/homes/{home_id}/missing")
    return await _make(visiting, people[0].resident.resident_id)


@router.get("/missing/{resident_id}")
async def missing_person(visiting: Visiting, resident_id: Number) -> Response:
    """Show the one button, and how well prepared we are."""
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        resident = kept.person.resident
        saved = await missing.sections_saved(connection, resident.resident_id)
        packs = await missing.packs_of(connection, resident.resident_id, SHOWN)
        links = await police_link.open_links(connection, resident.resident_id, visiting.now)
        people = [pack.carer_id for pack in packs] + [link.carer_id for link in links]
        names = await desk.names_of(connection, people)
        await visiting.looked_at(connection, [resident.home_id], "missing")
    return visiting.page(
        "missing.html",
        kept.person.home.zone,
        kept=kept,
        resident=resident,
        saved=saved,
        reminders=reminders(kept.form, kept.profile, kept.photo, saved, visiting.now),
        packs=packs,
        links=links,
        names=names,
    )


@router.post("/missing/{resident_id}/pack")
async def make_pack(visiting: Visiting, resident_id: Number, form: Form) -> Response:
    """Make the pack of this person."""
    del form
    return await _make(visiting, resident_id)


async def _people(visiting: Visit, home_id: str) -> tuple[Person, ...]:
    async with visiting.acting() as connection:
        people = await missing.people_of(connection, HomeId(home_id))
    if not people:
        raise HTTPException(404)
    return people


async def _make(visiting: Visit, resident_id: int) -> Response:
    """Make a pack: this is the purpose for which positions are looked up, and it is on record."""
    settings = visiting.site.settings
    carer = visiting.visitor.carer_id
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, settings, resident_id)
        pack_id = await desk.make(connection, kept, settings.herbert_form, carer, visiting.now)
        await visiting.looked_at(connection, [kept.person.home.home_id], "missing_pack_made")
    metrics.PACKS.inc()
    log.info(
        "missing-person pack made",
        extra={"action": "pack_made", "pack": pack_id, "carer": carer},
    )
    return see_other(f"/missing/{resident_id}/packs/{pack_id}")
