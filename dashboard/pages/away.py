"""That nobody is at home for a time: who cares says it, all who see the home see it, one press ends it."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.away import LONGEST, rests_until
from core.model.errors import Malformed
from core.model.finding import Audience, ResponseKind
from core.model.home import HomeMode
from core.model.ids import HomeId
from core.model.playbook import UNWATCHED
from core.store import away, registry
from core.store import page as alert_store
from dashboard import away_words
from dashboard.answers import take
from dashboard.asking_again import AskAgain, chosen, said_wrong
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, sight_of
from dashboard.visit import Form, NotYours, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.model.away import Rest
    from core.model.home import Household
    from core.model.ids import AlertId
    from core.store.away import MayRest
    from core.store.pool import Connection
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY)
log = logging.getLogger("wayhome.dashboard")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
MOST_OPEN = 200


@router.get("/homes/{home_id}/away")
async def shown(visiting: Visiting, home_id: Name) -> Response:
    """Show whether watching rests, with a form for who may say so."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/away")
async def say(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Let watching rest, or rest for longer or shorter."""
    try:
        done = await let_rest(visiting, HomeId(home_id), form)
    except (AskAgain, Malformed) as error:
        words = error.words if isinstance(error, AskAgain) else said_wrong(error)
        return await _page(visiting, HomeId(home_id), error=words, status=400)
    if not done:
        return await _page(visiting, HomeId(home_id), error=_(away_words.OTHERWISE), status=409)
    return see_other(f"/homes/{home_id}/away")


@router.post("/homes/{home_id}/away/end")
async def end(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Watch again."""
    del form
    if not await watch_again(visiting, HomeId(home_id)):
        return await _page(visiting, HomeId(home_id), error=_(away_words.OTHERWISE), status=409)
    return see_other(f"/homes/{home_id}/away")


async def let_rest(visiting: Visit, home_id: HomeId, form: Mapping[str, str]) -> bool:
    """Let watching rest as a form says; False where it stands otherwise than who says so had read.

    Somebody else has said, changed or ended it meanwhile, or a technician has paused the home or tests it.

    Parameters
    ----------
    form
        ``where``, and until when: ``day`` and ``time`` by the clock of the home; ``stands``, if known: since
        when it rested when the form was read, or ``live``.

    Raises
    ------
    HTTPException
        404 where there is no such home, 403 where this person may not say so.
    AskAgain
        If it does not say where they are.
    Malformed
        If the end can not be one, or an alert is open that has to be answered first.
    """
    done = False
    for _look in range(
        2
    ):  # of two presses at once the second finds at its second look what the first has said
        with contextlib.suppress(away.Otherwise):
            done = await _rest(visiting, home_id, form)
            break
    _note("rest_said" if done else "rest_refused", visiting, home_id)
    return done


async def _rest(visiting: Visit, home_id: HomeId, form: Mapping[str, str]) -> bool:
    async with visiting.acting() as connection:
        household = await _seen(connection, home_id)
        if not (await away.may_rest(connection, home_id)).say:
            raise NotYours
        where = chosen(away_words.WHERE, form.get("where", ""), "where", marked("where they are"))
        zone = household.home.zone
        until = rests_until(form.get("day", ""), form.get("time", ""), zone, visiting.now)
        said = (await away.rests_of(connection, [home_id])).get(home_id)
        if said is not None and (said.where, said.until) == (where, until):
            return True
        done = await away.say(connection, home_id, where, until, visiting.now)
        if done is not None and "stands" in form:
            await away.check_before(connection, home_id, done, form["stands"])
    return done is not None


async def watch_again(visiting: Visit, home_id: HomeId) -> bool:
    """Watch a home again, and answer the alerts that ask whether somebody is back; False where nothing rests.

    Raises
    ------
    HTTPException
        404 where there is no such home, 403 where this person may not end it.
    """
    async with visiting.acting() as connection:
        await _seen(connection, home_id)
        if not (await away.may_rest(connection, home_id)).end:
            raise NotYours
        asked = await _asked(visiting, connection, home_id)
        done = await away.watch_again(connection, home_id, visiting.now)
    if done is None:
        return False
    _note("rest_ended", visiting, home_id)
    for alert_id in asked:
        await take(visiting, alert_id, ResponseKind.RESOLVE, outcome="true")
    return True


async def _seen(connection: Connection, home_id: HomeId) -> Household:
    household = await registry.household_of(connection, home_id)
    if household is None or household.home.mode is HomeMode.ARCHIVE:
        raise HTTPException(404)
    return household


async def _asked(visiting: Visit, connection: Connection, home_id: HomeId) -> tuple[AlertId, ...]:
    cards, _total = await alert_store.open_cards(
        connection, sight_of(visiting.visitor), limit=MOST_OPEN
    )
    return tuple(
        card.alert.alert_id
        for card in cards
        if card.home.home_id == home_id
        and card.alert.detector == UNWATCHED
        and card.alert.audience is Audience.CARERS
    )


def _note(action: str, visiting: Visit, home_id: HomeId) -> None:
    extra = {"action": action, "home": home_id, "carer": visiting.visitor.carer_id}
    log.info("watching rests or not", extra=extra)


async def read(
    visiting: Visit, home_id: HomeId, page: str
) -> tuple[Household, Rest | None, MayRest]:
    """Return a home that may be seen, whether its watching rests, and what this person may do about that."""
    async with visiting.acting() as connection:
        household = await _seen(connection, home_id)
        rest = (await away.rests_of(connection, [home_id])).get(home_id)
        may = await away.may_rest(connection, home_id)
        await visiting.looked_at(connection, [home_id], page)
    return household, rest, may


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200
) -> Response:
    household, rest, may = await read(visiting, home_id, "away")
    home = household.home
    return visiting.page(
        "away.html",
        home.zone,
        status=status,
        home=home,
        residents=[one.name for one in household.residents],
        rest=rest,
        may=may,
        live=home.mode is HomeMode.LIVE,
        places=away_words.WHERE,
        still_told=away_words.STILL_TOLD,
        not_told=away_words.NOT_TOLD,
        error=error,
        longest=LONGEST.days,
        first_day=visiting.now.astimezone(home.zone).date().isoformat(),
        last_day=(visiting.now + LONGEST).astimezone(home.zone).date().isoformat(),
    )
