"""Registering the devices of a home: what speaks is placed in two taps, and each step is undone in one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.commissioning import Stage, cut_off
from core.model.errors import Malformed
from core.model.home import Animal, Placement, RoomKind
from core.model.ids import DeviceId, HomeId, RoomId
from core.store import commissioning, label, registry, system
from core.store import registration as store
from core.store.registration import Step
from dashboard.asking_again import said_wrong
from dashboard.device_form import (
    ANIMAL_HINTS,
    ANIMALS,
    CHANGES,
    EVER,
    HINTS,
    PLACES,
    ROOM_KINDS,
    SINCES,
    name_in,
    number_in,
    reporting,
    since_in,
    terms_of_form,
    word,
)
from dashboard.guess import guess
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import SEE_PAYLOADS, SEE_SYSTEM
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.home import Household
    from core.store.pool import Connection
    from core.store.registration import DeviceTerms
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

QUICKER = marked("That could not be done: somebody was quicker. This is how it stands now.")
NO_WAY_OUT = marked("No way out is drawn from: %(rooms)s. Say below what they lie beside.")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/homes/{home_id}/install")
async def install(
    visiting: Visiting, home_id: Name, device: Annotated[int, Query(ge=0, lt=2**63)] = 0
) -> Response:
    """Show what speaks in a home, what is registered, and what was done; ``device`` stands open."""
    return await _page(visiting, HomeId(home_id), opened=device)


@router.post("/homes/{home_id}/install/register")
async def register(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Register a device that speaks."""
    try:
        terms = terms_of_form(form, form.get("family", ""), form.get("external_id", ""))
        async with visiting.acting() as connection:
            done = await store.register(connection, HomeId(home_id), terms, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return await _after(visiting, HomeId(home_id), done, "registered")


@router.post("/homes/{home_id}/install/room")
async def room(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Add a room."""
    try:
        name = name_in(form)
        kind = word(RoomKind, form.get("kind", ""), marked("kind"))
        async with visiting.acting() as connection:
            leads_out = form.get("exit") == "yes"
            done = await store.add_room(
                connection, HomeId(home_id), name, kind, leads_out=leads_out
            )
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return await _after(visiting, HomeId(home_id), done, "room")


@router.post("/homes/{home_id}/install/animal")
async def animal(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Say whether an animal lives in a home."""
    try:
        told = word(Animal, form.get("animal", ""), marked("animal"))
        async with visiting.acting() as connection:
            if await registry.household_of(connection, HomeId(home_id)) is None:
                raise HTTPException(404)
            done = await registry.set_animal(connection, HomeId(home_id), told)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return await _after(visiting, HomeId(home_id), None if done is None else 1, "animal")


@router.post("/homes/{home_id}/install/rooms/{room_id}")
async def beside(visiting: Visiting, home_id: Name, room_id: Number, form: Form) -> Response:
    """Say which rooms lie beside one, and whether a door leads out of it."""
    try:
        others = [number_in({"room": key[5:]}, "room") for key in form if key.startswith("next-")]
        async with visiting.acting() as connection:
            household = await registry.household_of(connection, HomeId(home_id))
            if household is None or room_id not in {one.room_id for one in household.rooms}:
                raise HTTPException(404)
            done = await label.join_rooms(
                connection,
                RoomId(room_id),
                [RoomId(one) for one in others if one],
                leads_out=form.get("exit") == "yes",
            )
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return await _after(visiting, HomeId(home_id), None if done is None else 1, "room")


@router.post("/homes/{home_id}/install/undo/{change_id}")
async def undo(visiting: Visiting, home_id: Name, change_id: Number, form: Form) -> Response:
    """Take a step back."""
    del form
    try:
        async with visiting.acting() as connection:
            done = await store.undo(connection, change_id, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=409)
    return await _after(visiting, HomeId(home_id), done, "undone")


@router.post("/homes/{home_id}/install/devices/{device_id}/{step}")
async def change(
    visiting: Visiting, home_id: Name, device_id: Number, step: Step, form: Form
) -> Response:
    """Change, replace, retire or restore a device."""
    try:
        async with visiting.acting() as connection:
            found = await store.terms_of(connection, DeviceId(device_id))
            if found is None or found[0] != home_id:
                raise HTTPException(404)
            terms = found[1]
            if step is Step.CHANGED:
                done = await _change(visiting, connection, DeviceId(device_id), found, form)
                return await _after(visiting, HomeId(home_id), done, step.value)
            if step is Step.REPLACED:
                family, _slash, external_id = form.get("by", "").partition("/")
                terms = reporting(terms, family, external_id)
            done = await store.change(connection, DeviceId(device_id), step, terms, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return await _after(visiting, HomeId(home_id), done, step.value)


async def _change(
    visiting: Visit,
    connection: Connection,
    device_id: DeviceId,
    found: tuple[HomeId, DeviceTerms, bool],
    form: Form,
) -> int | None:
    """Save where a device is from now on, or where it was in truth since a moment."""
    home_id, before, _retired = found
    terms = terms_of_form(form, before.family, before.external_id)
    household = await registry.household_of(connection, home_id)
    if household is None:
        raise HTTPException(404)
    since = since_in(form, household.home.zone, visiting.now)
    if since is None:
        return await store.change(connection, device_id, Step.CHANGED, terms, visiting.now)
    if since != EVER and terms.resident_id != before.resident_id:
        expected = marked("from now on or from the start, for somebody else who wears it")
        raise Malformed(marked("since when"), expected)
    moment = None if since == EVER else since
    return await store.correct(connection, device_id, terms, moment, visiting.now)


async def _after(visiting: Visit, home_id: HomeId, done: int | None, step: str) -> Response:
    if done is None:
        error = _(QUICKER)
        return await _page(visiting, home_id, error=error, status=409)
    log.info(
        "registration",
        extra={"action": "registration", "step": step, "carer": visiting.visitor.carer_id},
    )
    return see_other(f"/homes/{home_id}/install")


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200, opened: int = 0
) -> Response:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
        if household is None:
            raise HTTPException(404)
        strangers = await store.unregistered(connection, home_id)
        states = {one.device_id: one for one in await system.devices_of(connection, home_id)}
        changes = await store.changes_of(connection, home_id)
        standing = await commissioning.stage_of(connection, home_id)
        doors = await label.doors(connection, home_id)
        labelled = await label.labelled(connection, home_id)
        await visiting.looked_at(connection, [home_id], "install")
    found = [
        (one, guess(one.family, one.external_id, one.last_topic, one.last_payload, household.rooms))
        for one in strangers
    ]
    return visiting.page(
        "device_install.html",
        household.home.zone,
        status=status,
        error=error,
        household=household,
        found=found,
        states=states,
        changes=changes,
        missing=_missing(household, standing, doors),
        standing=standing.value,
        beside={
            room.room_id: {a + b - room.room_id for a, b in doors if room.room_id in (a, b)}
            for room in household.rooms
        },
        labelled=labelled,
        opened=opened,
        places=PLACES,
        sinces=SINCES,
        hints=HINTS,
        animals=ANIMALS,
        animal_hint=ANIMAL_HINTS.get(household.home.animal, ""),
        kinds=list(RoomKind),
        kinds_words=ROOM_KINDS,
        changes_words=CHANGES,
        see_payloads=visiting.visitor.role in SEE_PAYLOADS,
    )


def _missing(
    household: Household, standing: Stage, doors: Sequence[tuple[RoomId, RoomId]]
) -> list[str]:
    """Say what a home needs before it can be watched, the most important first."""
    placed = {device.placement for device in household.devices}
    rooms = {device.room.room_id for device in household.devices if device.room}
    exits = [room for room in household.rooms if room.exit]
    missing = []
    if standing in {Stage.REFERRED, Stage.ENDED}:
        missing.append(_("No consent is written down: nothing may be registered before."))
    if not exits:
        missing.append(_("No room leads out: mark the one with the front door."))
    if Placement.ENTRANCE not in placed:
        missing.append(_("No sensor on a door that leads out: nobody who leaves is noticed."))
    bare = [one.name for one in household.rooms if one.room_id not in rooms]
    bare = [name for name in bare if name not in {one.name for one in exits}]
    if bare:
        missing.append(_("No sensor in: %(rooms)s.") % {"rooms": ", ".join(bare)})
    by_id = {one.room_id: one.name for one in household.rooms if one.kind is not RoomKind.OUTSIDE}
    if doors and (lost := cut_off(tuple(by_id), {one.room_id for one in exits}, doors)):
        lost_names = ", ".join(by_id[one] for one in lost)
        missing.append(_(NO_WAY_OUT) % {"rooms": lost_names})
    if household.home.animal is Animal.UNKNOWN:
        missing.append(_("Nobody has said whether an animal lives here: say it below."))
    if not household.residents:
        missing.append(_("Nobody lives here yet: add the resident (wayhome register)."))
    return missing
