"""Square codes to stick on devices: printed as a sheet, scanned by the camera of a phone."""

from __future__ import annotations

import logging
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.ids import DeviceId, HomeId
from core.store import label as store
from core.store import registration, registry, timeline
from dashboard.asking_again import said_wrong
from dashboard.device_form import OF_LIST, PLACES, number_in, terms_of_form
from dashboard.guess import guess
from dashboard.invitations import base_address, square
from dashboard.language import _, marked
from dashboard.missing.codes import ALPHABET
from dashboard.page import Page
from dashboard.roles import SEE_PAYLOADS, SEE_SYSTEM
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

SIZES = (12, 24, 48)
LENGTH, GROUP = 12, 4
"""12 of 30 signs: 58 bits, so that nobody comes upon a label by trying."""
QUICKER = marked("That could not be done: somebody was quicker. This is how it stands now.")
BELOW = marked("%(n)s letters and digits, as they stand below the square")
LOOK_BACK = timedelta(days=90)
"""So long it is shown that somebody from outside opened a label."""
AT_WORK = timedelta(hours=12)
"""Who opened the page of a home so lately is at work there."""
Token = Annotated[str, Path(pattern=r"^[2-9A-HJ-NP-TV-Z]{12}$")]
HomeQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
_SPACES = re.compile(r"[\s\-]+")


@router.get("/labels")
async def labels(visiting: Visiting) -> Response:
    """Offer sheets of labels, and a field for a code that no camera can read."""
    return await _sheets(visiting)


@router.get("/labels/find")
async def find(visiting: Visiting, code: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Go to the label of a code that was typed."""
    token = _SPACES.sub("", code).upper()
    if len(token) != LENGTH or not set(token) <= set(ALPHABET):
        error = said_wrong(Malformed(marked("code"), BELOW, n=LENGTH))
        return await _sheets(visiting, error=error, status=400)
    return see_other(f"/label/{token}")


@router.post("/labels")
async def sheet(visiting: Visiting, form: Form) -> Response:
    """Make new labels and show them, to be printed."""
    many = form.get("many", "")
    if many not in {str(size) for size in SIZES}:
        sizes = ", ".join(map(str, SIZES))
        error = said_wrong(Malformed(marked("how many"), marked("one of %(words)s"), words=sizes))
        return await _sheets(visiting, error=error, status=400)
    visitor = visiting.visitor
    tokens = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(int(many))]
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        await store.make_labels(
            connection, visitor.organisation_id, visitor.carer_id, tokens, visiting.now
        )
    address = base_address(visiting.site.settings)
    made = [
        (
            square(f"{address}/label/{token}"),
            " ".join(token[at : at + GROUP] for at in range(0, LENGTH, GROUP)),
        )
        for token in tokens
    ]
    return visiting.page("label_sheet.html", zone, made=made)


@router.get("/label/{token}")
async def scanned(visiting: Visiting, token: Token, home: HomeQuery = "") -> Response:
    """Bring whoever scans a label to its device, or let them say on which it sticks."""
    return await _label(visiting, token, home)


@router.post("/label/{token}/register")
async def register(visiting: Visiting, token: Token, form: Form) -> Response:
    """Register the device on which a label sticks."""
    home_id = HomeId(form.get("home", ""))
    await _own(visiting, token)
    family, external_id = form.get("family", ""), form.get("external_id", "")
    try:
        terms = terms_of_form(form, family, external_id)
        async with visiting.acting() as connection:
            done = await registration.register(connection, home_id, terms, visiting.now)
            device = await store.device_named(connection, home_id, family, external_id)
            if done is not None and device is not None:
                await store.put_label(connection, token, device, visiting.now)
    except Malformed as error:
        return await _label(visiting, token, home_id, error=said_wrong(error), status=400)
    if done is None or device is None:
        return await _label(visiting, token, home_id, error=_(QUICKER), status=409)
    return see_other(f"/homes/{home_id}/install?device={device}#device-{device}")


@router.post("/label/{token}/put")
async def put(visiting: Visiting, token: Token, form: Form) -> Response:
    """Say on which registered device a label sticks."""
    home_id = HomeId(form.get("home", ""))
    await _own(visiting, token)
    try:
        device = number_in(form, "device")
    except Malformed as error:
        return await _label(visiting, token, home_id, error=said_wrong(error), status=400)
    if device is None:
        expected = said_wrong(Malformed(marked("device"), OF_LIST))
        return await _label(visiting, token, home_id, error=expected, status=400)
    async with visiting.acting() as connection:
        found = await registration.terms_of(connection, DeviceId(device))
        done = await store.put_label(connection, token, DeviceId(device), visiting.now)
    if found is None or done is None:
        raise HTTPException(404)
    return see_other(f"/homes/{found[0]}/install?device={device}#device-{device}")


async def _own(visiting: Visit, token: str) -> store.Label:
    """Return a label of the own organisation; for everybody else it does not exist."""
    async with visiting.acting() as connection:
        label = await store.label_for(connection, token, visiting.now)
    if label is None:  # after the commit: whose label it was is told that somebody tried
        log.warning(
            "label unknown here",
            extra={"action": "label_refused", "carer": visiting.visitor.carer_id},
        )
        raise HTTPException(404)
    return label


async def _label(
    visiting: Visit, token: str, home: str, *, error: str = "", status: int = 200
) -> Response:
    label = await _own(visiting, token)
    if label.device_id is not None and not error:
        at = label.device_id
        return see_other(f"/homes/{label.home_id}/install?device={at}#device-{at}")
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        places = await store.places(connection, visiting.visitor.carer_id)
        here = home or _at_work(visiting, places)
        household = await registry.household_of(connection, HomeId(here)) if here else None
        if here and household is None:
            raise HTTPException(404)
        strangers = await registration.unregistered(connection, HomeId(here)) if here else ()
        labelled = await store.labelled(connection, HomeId(here)) if here else frozenset()
        if here:
            await visiting.looked_at(connection, [HomeId(here)], "install")
    rooms = household.rooms if household else ()
    return visiting.page(
        "label.html",
        household.home.zone if household else zone,
        status=status,
        error=error,
        token=token,
        places=PLACES,
        homes=places,
        household=household,
        found=[
            (one, guess(one.family, one.external_id, one.last_topic, one.last_payload, rooms))
            for one in strangers
        ],
        bare=[one for one in household.devices if one.device_id not in labelled]
        if household
        else [],
        see_payloads=visiting.visitor.role in SEE_PAYLOADS,
    )


def _at_work(visiting: Visit, places: tuple[store.Place, ...]) -> str:
    first = places[0] if places else None
    if first is None or first.opened_at is None or visiting.now - first.opened_at > AT_WORK:
        return ""
    return first.home_id


async def _sheets(visiting: Visit, *, error: str = "", status: int = 200) -> Response:
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        refused = await store.refusals(connection, visiting.now - LOOK_BACK)
    return visiting.page(
        "labels.html", zone, status=status, error=error, sizes=SIZES, refused=refused
    )
