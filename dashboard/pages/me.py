"""Me: what opens my log-in, and where I am logged in (docs/decisions/0149)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import JSONResponse, Response

from core.store import account, credential, timeline
from core.store.credential import ChallengeKind
from dashboard import ceremony
from dashboard.authenticator import new_recovery_codes, new_secret, plain, setup_address, step_of
from dashboard.caller import device_said
from dashboard.doorstep import REFUSED, WAIT, ZONE, refused
from dashboard.entrance import LONGEST_PASSWORD, SESSION_COOKIE, SHORT, SHORTEST_PASSWORD, hashed
from dashboard.invitations import square
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import ALL, SEE_LOOKS
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from core.store.pool import Connection

router = APIRouter(prefix="/me")
PAGE = Page(router=router, roles=ALL, title=marked("Me"), path="/me", order=90)
log = logging.getLogger("wayhome.dashboard")

AGAIN = marked(
    "To change how you log in, please log in again first. It keeps others out who find your phone open."
)
PROVE = marked(
    "You have more than a password already: log in with your passkey or app first, then change it here."
)
LAST = marked("This is the only way left for you to log in. Add another one first.")
KEPT = marked(
    "Your organisation asks for more than a password. Add a passkey before you take this away."
)
WRONG_CODE = marked("That code is not right. Wait for the next one in the app and type it.")
NO_APPS = marked(
    "Authenticator apps are not set up here. Use a passkey, or ask those who run Wayhome."
)
Key = Annotated[str, Path(pattern=r"^(?:[0-9a-f]{2}){1,1023}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("")
async def me(visiting: Visiting) -> Response:
    """Show my log-in, passkeys, app and sessions."""
    return await _show(visiting)


@router.post("/passkeys/options")
async def ask_passkey(visiting: Visiting, form: Form) -> Response:
    """Give the browser what it needs to make a further passkey."""
    del form
    relying = visiting.site.entrance.relying
    if relying is None:
        return refused(REFUSED, 404)
    if trouble := await _trouble(visiting):
        return refused(trouble, 403)
    async with visiting.acting() as connection:
        asking = await _asking(visiting, connection)
        options = await ceremony.ask_to_create(connection, relying, asking, visiting.now)
    return JSONResponse(options)


@router.post("/passkeys")
async def add_passkey(visiting: Visiting, form: Form) -> Response:
    """Keep a further passkey; the session goes on as one that has proved enough."""
    relying, carer_id = visiting.site.entrance.relying, visiting.visitor.carer_id
    if relying is None:
        return refused(REFUSED, 404)
    if trouble := await _trouble(visiting):
        return refused(trouble, 403)
    async with visiting.acting() as connection:
        asking = await _asking(visiting, connection)
        made = await ceremony.created(connection, relying, asking, form, visiting.now)
        if made is None or not await credential.add_passkey(
            connection, carer_id, made, visiting.now
        ):
            return refused()
        token = await _renewed(visiting, connection)
    log.info("passkey added", extra={"action": "passkey_added", "carer": carer_id})
    return _with_cookie(visiting, JSONResponse({"go": "/me"}), token)


@router.post("/passkeys/{key}/remove")
async def remove_passkey(visiting: Visiting, key: Key, form: Form) -> Response:
    """Forget a passkey, unless it is the only way in."""
    del form
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    async with visiting.acting() as connection:
        keys = await credential.passkeys(connection, held=True)
        if bytes.fromhex(key) not in {one.credential_id for one in keys}:
            raise HTTPException(404)
        _login, has_password = await credential.own_login(connection)
        has_app = await _has_app(connection)
        if len(keys) == 1 and not (
            has_password and (has_app or not visiting.visitor.second_factor)
        ):
            error = LAST
        else:
            error = ""
            await credential.remove_passkey(connection, bytes.fromhex(key))
    if error:
        return await _show(visiting, error=error, status=409)
    log.info("passkey removed", extra={"action": "passkey_removed", **_who(visiting)})
    return see_other("/me")


@router.get("/authenticator")
async def authenticator(visiting: Visiting) -> Response:
    """Connect an authenticator app: its square code, and a field for the first code."""
    return await _connect(visiting)


@router.post("/authenticator")
async def confirm_authenticator(visiting: Visiting, form: Form) -> Response:
    """Take the first code of the app; show the recovery codes, once."""
    visitor, entrance = visiting.visitor, visiting.site.entrance
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    attempt, codes, token = f" code {visitor.carer_id}", new_recovery_codes(), ""
    async with visiting.acting() as connection:
        app = await credential.authenticator(connection)
        secret = app and entrance.seal.open(app.sealed_secret, visitor.carer_id)
        if app is None or app.confirmed_at is not None or not secret:
            return see_other("/me/authenticator")
        wait = await entrance.too_many(connection, attempt, visiting.caller, visiting.now)
        step = None if wait else step_of(secret, form.get("code", ""), visiting.now, app.last_step)
        if step is not None and await credential.take_step(connection, step, visiting.now):
            await account.note_success(connection, attempt, visiting.now)
            await _keep(visiting, connection, codes)
            token = await _renewed(visiting, connection)
    if not token:
        error, status = (WAIT, 429) if wait else (WRONG_CODE, 400)
        return await _connect(visiting, error=error, status=status)
    log.info("app connected", extra={"action": "authenticator_added", **_who(visiting)})
    return _with_cookie(visiting, _codes(visiting, codes), token)


@router.post("/authenticator/remove")
async def remove_authenticator(visiting: Visiting, form: Form) -> Response:
    """Forget the app and its recovery codes, unless the organisation asks for them."""
    del form
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    async with visiting.acting() as connection:
        needed = visiting.visitor.second_factor and not await credential.passkeys(connection)
        if not needed:
            await credential.remove_authenticator(connection)
    if needed:
        return await _show(visiting, error=KEPT, status=409)
    log.info("app removed", extra={"action": "authenticator_removed", **_who(visiting)})
    return see_other("/me")


@router.post("/recovery-codes")
async def recovery_codes(visiting: Visiting, form: Form) -> Response:
    """Make new recovery codes and show them, once; the old ones end."""
    del form
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    codes = new_recovery_codes()
    async with visiting.acting() as connection:
        if not await _has_app(connection):
            raise HTTPException(404)
        await _keep(visiting, connection, codes)
    return _codes(visiting, codes)


@router.post("/password")
async def password(visiting: Visiting, form: Form) -> Response:
    """Change my password; every other session of mine ends."""
    new = form.get("password", "")
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        return await _show(visiting, error=_(SHORT) % {"n": SHORTEST_PASSWORD}, status=400)
    password_hash = await visiting.site.entrance.passwords.hash(new)
    async with visiting.acting() as connection:
        await credential.change_password(connection, password_hash)
        await account.end_sessions(connection)
        token = await visiting.site.entrance.admit(
            connection, visiting.visitor.carer_id, visiting.caller, strong=visiting.visitor.strong
        )
    log.info("password changed", extra={"action": "password_changed", **_who(visiting)})
    return _with_cookie(visiting, see_other("/me"), token)


@router.post("/sessions/end")
async def end_everywhere(visiting: Visiting, form: Form) -> Response:
    """Log me out everywhere, here too."""
    del form
    async with visiting.acting() as connection:
        await account.end_sessions(connection)
    visiting.site.live.leave(visiting.visitor.carer_id)
    answer = see_other("/login")
    visiting.site.entrance.take_cookie(answer, SESSION_COOKIE)
    return answer


@router.post("/sessions/{session_id}/end")
async def end_session(visiting: Visiting, session_id: Number, form: Form) -> Response:
    """Log me out in one place."""
    del form
    async with visiting.acting() as connection:
        if not await account.end_sessions(connection, session_id):
            raise HTTPException(404)
    return see_other("/me")


async def _trouble(visiting: Visit) -> str:
    """Say why this session may not change what opens the log-in; empty where it may.

    Where a password alone is not enough, it is enough to add the first other way, and no further one.
    """
    if not visiting.fresh:
        return AGAIN
    if not visiting.visitor.must_prove_more:
        return ""
    async with visiting.acting() as connection:
        known = await credential.passkeys(connection) or await _has_app(connection)
    return PROVE if known else ""


async def _show(visiting: Visit, *, error: str = "", status: int = 200) -> Response:
    async with visiting.acting() as connection:
        login, has_password = await credential.own_login(connection)
        view = {
            "login": login,
            "has_password": has_password,
            "passkeys": await credential.passkeys(connection),
            "has_app": await _has_app(connection),
            "codes_left": await credential.recovery_codes_left(connection),
            "sessions": await account.sessions_of(connection, visiting.now),
        }
        zone = await timeline.first_zone(connection)
    relying = visiting.site.entrance.relying
    return visiting.page(
        "me.html",
        zone,
        here=PAGE.path,
        status=status,
        error=_(error) if error else "",
        **view,
        device_said=device_said,
        fresh=visiting.fresh,
        passkey_origin=relying.origin if relying else "",
        apps=visiting.site.entrance.seal.lasts,
        see_looks=visiting.visitor.role in SEE_LOOKS,
        shortest=SHORTEST_PASSWORD,
    )


async def _connect(visiting: Visit, *, error: str = "", status: int = 200) -> Response:
    seal, carer_id = visiting.site.entrance.seal, visiting.visitor.carer_id
    if not seal.lasts:
        return await _show(visiting, error=NO_APPS, status=404)
    if trouble := await _trouble(visiting):
        return await _show(visiting, error=trouble, status=403)
    async with visiting.acting() as connection:
        app = await credential.authenticator(connection)
        if app is not None and app.confirmed_at is not None:
            return see_other("/me")
        secret = app and seal.open(app.sealed_secret, carer_id)
        if not secret:
            secret = new_secret()
            sealed = seal.close(secret, carer_id)
            await credential.put_authenticator(connection, carer_id, sealed, visiting.now)
        login, _has = await credential.own_login(connection)
        zone = await timeline.first_zone(connection)
    return visiting.page(
        "me_authenticator.html",
        zone,
        here=PAGE.path,
        status=status,
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        square=square(setup_address(secret, login)),
        error=_(error) if error else "",
    )


async def _keep(visiting: Visit, connection: Connection, codes: tuple[str, ...]) -> None:
    seal = visiting.site.entrance.seal
    hashes = [seal.digest(plain(code)) for code in codes]
    await credential.put_recovery_codes(connection, visiting.visitor.carer_id, hashes)


def _codes(visiting: Visit, codes: tuple[str, ...]) -> Response:
    return visiting.page("me_codes.html", ZONE, here=PAGE.path, codes=codes)


async def _has_app(connection: Connection) -> bool:
    app = await credential.authenticator(connection)
    return app is not None and app.confirmed_at is not None


async def _asking(visiting: Visit, connection: Connection) -> ceremony.Asking:
    login, _ = await credential.own_login(connection)
    return ceremony.Asking(
        kind=ChallengeKind.PASSKEY,
        bound_to=hashed(visiting.request.cookies[SESSION_COOKIE]),
        label=login,
        carer_id=visiting.visitor.carer_id,
        known=await credential.passkeys(connection),
    )


async def _renewed(visiting: Visit, connection: Connection) -> str:
    """Go on in a new session that has proved more than a password; the old cookie counts no more."""
    await account.end_session(connection, hashed(visiting.request.cookies[SESSION_COOKIE]))
    return await visiting.site.entrance.admit(
        connection, visiting.visitor.carer_id, visiting.caller, strong=True
    )


def _with_cookie(visiting: Visit, answer: Response, token: str) -> Response:
    visiting.site.entrance.give_cookie(answer, SESSION_COOKIE, token)
    return answer


def _who(visiting: Visit) -> dict[str, object]:
    return {"carer": visiting.visitor.carer_id}
