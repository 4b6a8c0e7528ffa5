"""Registering the devices of a home: what speaks is placed in two taps, and each step is undone in one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.home import Placement, RoomKind
from core.model.ids import DeviceId, HomeId, ResidentId, RoomId
from core.store import registration as store
from core.store import registry, system
from core.store.registration import DeviceTerms, Step
from dashboard.guess import LONGEST_NAME, guess
from dashboard.page import Page
from dashboard.roles import SEE_PAYLOADS, SEE_SYSTEM
from dashboard.visit import Form, Visiting, see_other
from sensors import driver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.model.home import Household
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

PLACES = {
    Placement.ROOM: "In a room, senses that room",
    Placement.ENTRANCE: "On a door that leads out",
    Placement.BED: "In or under a bed",
    Placement.CHAIR: "In or under a chair",
    Placement.WORN: "Worn or carried by somebody",
    Placement.OBJECT: "On a cupboard, fridge, window or inner door",
    Placement.HUB: "The hub that carries the others",
}
HINTS = {
    Placement.ROOM: "At 2 to 2.4 m in a corner, not towards a window, a heater or a pet's way.",
    Placement.ENTRANCE: "The two parts at most 1 cm apart when the door is shut.",
    Placement.BED: "Between slats and mattress, at the height of the chest.",
    Placement.WORN: "Press it once here: it must show below as heard.",
}
_Word = TypeVar("_Word", Placement, RoomKind)
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/homes/{home_id}/install")
async def install(visiting: Visiting, home_id: Name) -> Response:
    """Show what speaks in a home, what is registered, and what was done."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/install/register")
async def register(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Register a device that speaks."""
    try:
        terms = _terms(form, form.get("family", ""), form.get("external_id", ""))
        async with visiting.acting() as connection:
            done = await store.register(connection, HomeId(home_id), terms, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=str(error), status=400)
    return await _after(visiting, HomeId(home_id), done, "registered")


@router.post("/homes/{home_id}/install/room")
async def room(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Add a room."""
    try:
        name = _name(form)
        kind = _word(RoomKind, form.get("kind", ""), "kind")
        async with visiting.acting() as connection:
            leads_out = form.get("exit") == "yes"
            done = await store.add_room(
                connection, HomeId(home_id), name, kind, leads_out=leads_out
            )
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=str(error), status=400)
    return await _after(visiting, HomeId(home_id), done, "room")


@router.post("/homes/{home_id}/install/undo/{change_id}")
async def undo(visiting: Visiting, home_id: Name, change_id: Number, form: Form) -> Response:
    """Take a step back."""
    del form
    try:
        async with visiting.acting() as connection:
            done = await store.undo(connection, change_id, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=str(error), status=409)
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
                terms = _terms(form, terms.family, terms.external_id)
            elif step is Step.REPLACED:
                family, _, external_id = form.get("by", "").partition("/")
                terms = _reporting(terms, family, external_id)
            done = await store.change(connection, DeviceId(device_id), step, terms, visiting.now)
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=str(error), status=400)
    return await _after(visiting, HomeId(home_id), done, step.value)


async def _after(visiting: Visit, home_id: HomeId, done: int | None, step: str) -> Response:
    if done is None:
        error = "That could not be done: somebody was quicker. This is how it stands now."
        return await _page(visiting, home_id, error=error, status=409)
    log.info(
        "registration",
        extra={"action": "registration", "step": step, "carer": visiting.visitor.carer_id},
    )
    return see_other(f"/homes/{home_id}/install")


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200
) -> Response:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
        if household is None:
            raise HTTPException(404)
        strangers = await store.unregistered(connection, home_id)
        states = {one.device_id: one for one in await system.devices_of(connection, home_id)}
        changes = await store.changes_of(connection, home_id)
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
        missing=_missing(household),
        places=PLACES,
        hints=HINTS,
        kinds=list(RoomKind),
        see_payloads=visiting.visitor.role in SEE_PAYLOADS,
    )


def _missing(household: Household) -> list[str]:
    """Say what a home needs before it can be watched, the most important first."""
    placed = {device.placement for device in household.devices}
    rooms = {device.room.room_id for device in household.devices if device.room}
    exits = [room for room in household.rooms if room.exit]
    missing = []
    if not exits:
        missing.append("No room leads out: mark the one with the front door.")
    if Placement.ENTRANCE not in placed:
        missing.append("No sensor on a door that leads out: nobody who leaves is noticed.")
    bare = [one.name for one in household.rooms if one.room_id not in rooms]
    bare = [name for name in bare if name not in {one.name for one in exits}]
    if bare:
        missing.append(f"No sensor in: {', '.join(bare)}.")
    if not household.residents:
        missing.append("Nobody lives here yet: add the resident (wayhome register).")
    return missing


def _terms(form: Mapping[str, str], family: str, external_id: str) -> DeviceTerms:
    name = _name(form)
    placement = _word(Placement, form.get("placement", ""), "placement")
    room, wearer = _id(form, "room"), _id(form, "wearer")
    if placement is Placement.WORN and wearer is None:
        raise Malformed("wearer", "somebody who wears it")
    if placement in {Placement.ROOM, Placement.ENTRANCE, Placement.BED} and room is None:
        raise Malformed("room", "the room in which it is")
    terms = DeviceTerms(
        family=family,
        external_id=external_id,
        name=name,
        placement=placement,
        room_id=None if room is None or placement is Placement.WORN else RoomId(room),
        resident_id=None if wearer is None else ResidentId(wearer),
    )
    return _reporting(terms, family, external_id)


def _name(form: Mapping[str, str]) -> str:
    name = form.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Malformed("name", f"1 to {LONGEST_NAME} printable characters")
    return name


def _reporting(terms: DeviceTerms, family: str, external_id: str) -> DeviceTerms:
    """Take over what devices of a family do by themselves."""
    reader = driver.discover().get(family)
    if reader is None or not 0 < len(external_id) <= 200:  # noqa: PLR2004 (as the gateway takes it)
        raise Malformed("device", "one of those that speak here")
    told = reader.reporting
    return DeviceTerms(
        family=family,
        external_id=external_id,
        name=terms.name,
        placement=terms.placement,
        room_id=terms.room_id,
        resident_id=terms.resident_id,
        reporting_interval_s=told.interval_s,
        heartbeat=told.heartbeat,
    )


def _word(words: type[_Word], given: str, field: str) -> _Word:
    try:
        return words(given)
    except ValueError as error:
        raise Malformed(field, f"one of {', '.join(words)}") from error


def _id(form: Mapping[str, str], field: str) -> int | None:
    given = form.get(field, "")
    if not given:
        return None
    if not given.isdecimal() or not 0 < int(given) < 2**63:
        raise Malformed(field, "one of the list")
    return int(given)
