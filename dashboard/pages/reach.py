"""How you are told: the ways to reach this person, tests of them, and how much a message may say."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import JSONResponse, Response

from core.model.address import AddressKind, checked
from core.model.errors import Malformed
from core.model.ids import DeliveryId
from core.runtime.language import of_reader
from core.store import reach as store
from core.store import timeline
from dashboard.asking_again import chosen
from dashboard.language import _, marked, name_of_language, tongues
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Form, Visit, Visiting, see_other
from dashboard.ways import REGISTERED_ONLY, addable, name_of, shown_address, way_standing

router = APIRouter()
PAGE = Page(router=router, roles=ALL, title=marked("How you are told"), path="/reach", order=80)
log = logging.getLogger("wayhome.dashboard")

LONGEST_LABEL = 60
MOST_WAYS = 20
TOO_MANY = marked("You have asked for many tests just now. Wait ten minutes, then try again.")
NOT_OFFERED = marked("one from the list")
MOST = marked("at most twenty of them: remove one first")
DETAILS = {
    "nothing": marked("Nothing about a person"),
    "name": marked("The first name"),
    "sentence": marked("The first name and what happened"),
}
BROWSERS = marked("What my browser asks for")
PUSH_WORDS = {
    "apple": marked(
        "On an iPhone or iPad: first add Wayhome to the home screen with Share, then open it from there."
    ),
    "cannot": marked("This browser cannot take push messages. Choose another way below."),
    "again": marked("Turn on again on this phone"),
    "failed": marked("That did not work. %s"),
    "wait": marked("One moment."),
    "refused": marked(
        "The browser does not allow messages from Wayhome. Allow them in its settings."
    ),
    "lost": marked("We could not keep it. Reload the page and try again."),
}
"""What the script says; it finds it on the page."""
FIELDS = {
    "way": marked("way"),
    "address": marked("address"),
    "phone number": marked("phone number"),
    "e-mail address": marked("e-mail address"),
}
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/reach")
async def reach(visiting: Visiting) -> Response:
    """Show the ways to reach this person."""
    return await _shown(visiting)


@router.post("/reach/add")
async def add(visiting: Visiting, form: Form) -> Response:
    """Take a further address."""
    try:
        await _add(visiting, form.get("channel", ""), form.get("address", ""), form)
    except Malformed as error:
        return await _shown(visiting, _mistake(error))
    return see_other("/reach")


@router.post("/reach/push")
async def push(visiting: Visiting, form: Form) -> Response:
    """Take the push subscription of a browser, which its script sends."""
    try:
        await _add(visiting, "webpush", form.get("subscription", ""), form)
    except Malformed as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    return Response(status_code=204)


@router.post("/reach/remove")
async def remove(visiting: Visiting, form: Form) -> Response:
    """Take an own address out of use."""
    number = _number(form.get("contact", ""))
    async with visiting.acting() as connection:
        carer = visiting.visitor.carer_id
        if number is None or not await store.remove_contact(
            connection, carer, number, visiting.now
        ):
            raise HTTPException(404)
    log.info("contact removed", extra={"action": "contact_removed", "contact": number})
    return see_other("/reach")


@router.post("/reach/test")
async def test(visiting: Visiting, form: Form) -> Response:
    """Ask for a test message, which goes the way that alerts go."""
    channel, number = form.get("channel", ""), _number(form.get("contact", ""))
    async with visiting.acting() as connection:
        found = [
            way
            for way in await store.ways(connection)
            if (way.channel, way.contact_id) == (channel, number)
        ]
        if not found:
            raise HTTPException(404)
        asked = await store.ask_test(connection, visiting.visitor.carer_id, found[0], visiting.now)
    return see_other("/reach") if asked else await _shown(visiting, _(TOO_MANY), status=429)


@router.post("/reach/detail")
async def detail(visiting: Visiting, form: Form) -> Response:
    """Take how much a message may say."""
    wanted = chosen(DETAILS, form.get("detail", ""), "detail", marked("A message may say"))
    async with visiting.acting() as connection:
        carer = visiting.visitor.carer_id
        await store.choose_detail(connection, carer, wanted, visiting.now)
    return see_other("/reach")


@router.post("/reach/language")
async def language(visiting: Visiting, form: Form) -> Response:
    """Take in which language messages come; nothing stands for what the browser asks for."""
    known = {"": BROWSERS, **tongues()}
    wanted = chosen(known, form.get("language", ""), "language", marked("Messages come in"))
    async with visiting.acting() as connection:
        carer = visiting.visitor.carer_id
        await store.choose_language(connection, carer, wanted, visiting.now)
    return see_other("/reach")


@router.get("/reach/arrived/{delivery_id}")
async def arrived(visiting: Visiting, delivery_id: Number) -> Response:
    """Ask whether a test arrived: whoever comes here by its link has it."""
    async with visiting.acting() as connection:
        carer, number = visiting.visitor.carer_id, DeliveryId(delivery_id)
        if not await store.is_own_test(connection, carer, number):
            raise HTTPException(404)
        zone = await timeline.first_zone(connection)
    return visiting.page("arrived.html", zone, "/reach", delivery_id=delivery_id)


@router.post("/reach/arrived/{delivery_id}")
async def confirm(visiting: Visiting, delivery_id: Number, form: Form) -> Response:
    """Take that a test arrived."""
    del form
    async with visiting.acting() as connection:
        carer, number = visiting.visitor.carer_id, DeliveryId(delivery_id)
        if not await store.is_own_test(connection, carer, number):
            raise HTTPException(404)
        await store.confirm(connection, carer, number, visiting.now)
    return see_other("/reach")


async def _add(visiting: Visit, channel: str, address: str, form: dict[str, str]) -> None:
    """Keep an address.

    Raises
    ------
    Malformed
        Saying what was expected, if it is none or its channel is not offered.
    """
    async with visiting.acting() as connection:
        offer = (await store.offers(connection)).get(channel)
        if offer is None or offer.lacks or not offer.wakes or channel in REGISTERED_ONLY:
            raise Malformed("way", NOT_OFFERED)
        kind = AddressKind(offer.takes)
        if kind is AddressKind.APPRISE:
            raise Malformed("way", NOT_OFFERED)
        local = visiting.site.settings.local_network
        kept = checked(kind, address, local_network=local)
        if len(await store.ways(connection)) >= MOST_WAYS:
            raise Malformed("way", MOST)
        label = "".join(filter(str.isprintable, form.get("label", "")))[:LONGEST_LABEL]
        carer = visiting.visitor.carer_id
        await store.add_contact(connection, carer, channel, kept, label.strip(), visiting.now)
    log.info("contact added", extra={"action": "contact_added", "channel": channel})


async def _shown(visiting: Visit, mistake: str = "", status: int = 400) -> Response:
    async with visiting.acting() as connection:
        offered = await store.offers(connection)
        ways = await store.ways(connection)
        detailed = await store.detail_of(connection, visiting.visitor.carer_id)
        choice, heard = await store.language_of(connection, visiting.visitor.carer_id)
        zone = await timeline.first_zone(connection)
    shown = [
        (way, name_of(way, offered), shown_address(way), standing)
        for way in ways
        for standing in [way_standing(way, offered.get(way.channel), visiting.now, zone)]
    ]
    push_offer = offered.get("webpush")
    return visiting.page(
        "reach.html",
        zone,
        "/reach",
        status if mistake else 200,
        ways=shown,
        addable=addable(offered),
        push_key=push_offer.public_key if push_offer and not push_offer.lacks else "",
        detail=detailed,
        details=DETAILS,
        language=choice if choice in tongues() else "",
        tongues=tongues(),
        without=name_of_language(of_reader("", heard)),
        push_words={key: _(text) for key, text in PUSH_WORDS.items()},
        mistake=mistake,
    )


def _mistake(error: Malformed) -> str:
    """Say which field was wrong, and what was expected."""
    field = _(FIELDS.get(error.field, error.field))
    text = _("We need this as the %(field)s: %(expected)s.")
    return text % {"field": field, "expected": _(error.expected)}


def _number(text: str) -> int | None:
    """Return the number of an own address; None for one that the organisation registered."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None
