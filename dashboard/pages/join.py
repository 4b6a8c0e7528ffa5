"""Join by an invitation: the code, then the name, then a passkey or a password (docs/decisions/0147)."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.store import account, credential, people
from core.store.credential import ChallengeKind
from core.store.pool import transaction
from dashboard import ceremony, invitations
from dashboard.authenticator import plain
from dashboard.doorstep import (
    REFUSED,
    STALE,
    WAIT,
    fields_of,
    is_ours,
    knocking,
    let_in,
    refused,
    show,
)
from dashboard.entrance import LONGEST_PASSWORD, SHORT, SHORTEST_PASSWORD
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import NAMES
from dashboard.site import site_of
from dashboard.visit import see_other

if TYPE_CHECKING:
    from core.model.ids import CarerId
    from core.store.credential import NewPasskey
    from core.store.people import Offer
    from core.store.pool import Connection

router = APIRouter(prefix="/join")
PAGE = Page(router=router, roles=frozenset(), public=True)
log = logging.getLogger("wayhome.dashboard")

JOIN_COOKIE = "wayhome_join"
"""Carries the code from page to page: it never stands in an address that a log could keep."""
ATTEMPT = " invitation"
LOGIN = re.compile(r"[a-z]{1,20}-[0-9]{5}")
NO_NAME = marked("Please type your name, so that the others know who is on it.")


@router.get("")
async def ask(request: Request) -> Response:
    """Ask for the code; a script takes it out of the link."""
    return _ask(request)


@router.post("")
async def begin(request: Request) -> Response:
    """Look at the code and go on with it."""
    fields, site = await fields_of(request), site_of(request)
    code = fields.get("code", "")
    if not is_ours(request, fields):
        return _ask(request, error=STALE, status=403)
    now = site.clock.now()
    async with transaction(site.pool) as connection:
        attempt = f"{ATTEMPT} {invitations.code_hash(code).hex()[:16]}"
        if await site.entrance.too_many(connection, attempt, knocking(request), now):
            return _ask(request, error=WAIT, status=429)
        offer = await people.offer_for(connection, invitations.code_hash(code))
        error = invitations.trouble(offer, now)
        if not error:
            await account.note_success(connection, attempt, now)
    if error:
        return _ask(request, error=error, status=404 if offer is None else 410)
    answer = see_other("/join/accept")
    site.entrance.give_cookie(
        answer, JOIN_COOKIE, plain(code)
    )  # a cookie holds no dash of a phone's
    return answer


@router.get("/accept")
async def accept(request: Request) -> Response:
    """Say what the invitation is for, and ask for the name."""
    offer, error = await _offer(request)
    if offer is None:
        return _ask(request, error=error, status=410)
    return _choose(request, offer, name=offer.name)


@router.post("/password")
async def with_password(request: Request) -> Response:
    """Make the log-in with a password; the authenticator app comes next."""
    fields, site = await fields_of(request), site_of(request)
    offer, error = await _offer(request)
    if offer is None or not is_ours(request, fields):
        return _ask(request, error=error or STALE, status=410 if error else 403)
    name, password = invitations.clean_name(fields.get("name", "")), fields.get("password", "")
    error = "" if name else _(NO_NAME)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        error = error or _(SHORT) % {"n": SHORTEST_PASSWORD}
    if error:
        return _choose(request, offer, name=name, error=error, status=400)
    login = fields.get("login", "")
    login = login if LOGIN.fullmatch(login) else invitations.new_login(name)
    password_hash = await site.entrance.passwords.hash(password)
    try:
        async with transaction(site.pool) as connection:
            token = await _joined(request, connection, name, login, password_hash)
    except people.LoginTaken:
        return _choose(request, offer, name=name, status=409)
    if token is None:
        return _ask(request, error=invitations.USED, status=410)
    return await _welcome(request, see_other("/me/authenticator"), token)


@router.post("/passkey/options")
async def ask_passkey(request: Request) -> Response:
    """Give the browser what it needs to make the first passkey."""
    fields, site = await fields_of(request), site_of(request)
    offer, error = await _offer(request)
    relying, name = site.entrance.relying, invitations.clean_name(fields.get("name", ""))
    if offer is None or not is_ours(request, fields) or relying is None:
        return refused(error or STALE, 403)
    if not name:
        return refused(NO_NAME)
    async with transaction(site.pool) as connection:
        options = await ceremony.ask_to_create(
            connection, relying, _asking(request, name), site.clock.now()
        )
    return JSONResponse(options)


@router.post("/passkey")
async def with_passkey(request: Request) -> Response:
    """Make the log-in with the passkey."""
    fields, site = await fields_of(request), site_of(request)
    relying, name = site.entrance.relying, invitations.clean_name(fields.get("name", ""))
    if not is_ours(request, fields) or relying is None or not name:
        return refused(STALE, 403)
    login = invitations.new_login(name)
    try:
        async with transaction(site.pool) as connection:
            passkey = await ceremony.created(
                connection, relying, _asking(request, name), fields, site.clock.now()
            )
            if passkey is None:
                return refused()
            token = await _joined(request, connection, name, login, passkey=passkey)
    except people.LoginTaken:  # after it was all taken back: a log-in without a way in is none
        return refused(REFUSED, 409)
    if token is None:
        return refused(invitations.USED, 410)
    return await _welcome(request, JSONResponse({"go": "/"}), token)


async def _joined(
    request: Request,
    connection: Connection,
    name: str,
    login: str,
    password_hash: str = "",
    passkey: NewPasskey | None = None,
) -> str | None:
    """Use the invitation up and log in; None when somebody was quicker."""
    site = site_of(request)
    code, now = request.cookies.get(JOIN_COOKIE, ""), site.clock.now()
    made: CarerId | None = await people.accept(
        connection,
        invitations.code_hash(code),
        now,
        name=name,
        login=login,
        password_hash=password_hash,
    )
    if made is None:
        return None
    log.info("invitation accepted", extra={"action": "joined", "carer": made})
    token = await site.entrance.admit(
        connection, made, knocking(request), strong=passkey is not None
    )
    if passkey is not None and not await credential.add_passkey(connection, made, passkey, now):
        raise people.LoginTaken
    return token


async def _welcome(request: Request, answer: Response, token: str) -> Response:
    site_of(request).entrance.take_cookie(answer, JOIN_COOKIE)
    return await let_in(request, answer, token)


async def _offer(request: Request) -> tuple[Offer | None, str]:
    """Return the invitation that this browser carries; with None why it does not count."""
    site, code = site_of(request), request.cookies.get(JOIN_COOKIE, "")
    async with transaction(site.pool) as connection:
        offer = await people.offer_for(connection, invitations.code_hash(code))
    error = invitations.trouble(offer, site.clock.now())
    return (None, error) if error else (offer, "")


def _asking(request: Request, name: str) -> ceremony.Asking:
    return ceremony.Asking(
        kind=ChallengeKind.JOIN,
        bound_to=invitations.code_hash(request.cookies.get(JOIN_COOKIE, "")),
        label=name,
    )


def _ask(request: Request, *, error: str = "", status: int = 200) -> Response:
    return show(request, "join.html", status, error=_(error) if error else "")


def _choose(
    request: Request, offer: Offer, *, name: str, error: str = "", status: int = 200
) -> Response:
    return show(
        request,
        "join_accept.html",
        status,
        offer=offer,
        offered_role=_(NAMES[offer.role]),
        name=name,
        new_login=invitations.new_login(name),
        shortest=SHORTEST_PASSWORD,
        error=error,
    )
