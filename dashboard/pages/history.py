"""History: the alerts of a home and how they ended, week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from core.model.finding import Outcome
from core.model.home import HomeMode
from core.model.ids import HomeId
from core.store import page as store
from core.store import timeline
from dashboard.asking_again import chosen
from dashboard.invitations import clean_name
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, sight_of
from dashboard.visit import Visiting
from dashboard.weeks import WEEK, WEEKS, bounds, by_week, monday_of, tally, title
from dashboard.whose_time import differ
from dashboard.wording import HOW_ENDED, OUTCOMES

if TYPE_CHECKING:
    from core.store.pool import Connection
    from core.store.timeline import Glance

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY, title=marked("History"), path="/history", order=25)

CHOICE = 50
"""So many homes stand in one choice; of more than these one is looked for by name."""
MOST = 200
"""So many alerts of four weeks are shown; more than that nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The homes to choose from."""

    homes: tuple[Glance, ...]
    #: How many there are of such a name.
    count: int
    #: Whether they are more than stand in one choice, or some are looked for.
    searched: bool


@router.get("/history")
async def history(
    visiting: Visiting,
    home: str = "",
    how: str = "",
    week: str = "",
    who: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show four weeks.

    Parameters
    ----------
    home
        One home; all that this person may see when empty.
    how
        Only alerts that ended so; all when empty.
    week
        A day of the last week shown; today's when empty.
    who
        Part of the name of the homes to choose from, or of who lives there.
    """
    outcome, who = _outcome(how), clean_name(who)
    async with visiting.acting() as connection:
        offer = await _offer(connection, who)
        one = await _chosen(connection, home)
        known = one or next(iter(offer.homes), None)
        zone = known.home.zone if known else await timeline.first_zone(connection)
        last = _day(week, visiting.now.astimezone(zone).date())
        ids = [glance.home.home_id for glance in ((one,) if one else offer.homes)]
        cards = await store.cards_of_span(
            connection,
            sight_of(visiting.visitor),
            bounds(last, zone),
            homes=ids if one or not offer.searched or who else None,
            outcome=outcome,
            limit=MOST,
        )
        seen = {*ids, *(card.home.home_id for card in cards)}
        await visiting.looked_at(connection, sorted(seen), "history")
    newest = monday_of(visiting.now.astimezone(zone).date())
    later = min(monday_of(last) + WEEKS * WEEK, newest)
    return visiting.page(
        "history.html",
        zone,
        here=PAGE.path,
        offer=offer,
        chosen=one,
        mixed=differ((card.home.zone for card in cards), visiting.now),
        home=home,
        how=how,
        who=who,
        weeks=by_week(cards, last, zone, whole=len(cards) < MOST),
        tally=tally,
        title_of=title,
        full=len(cards) == MOST,
        earlier=monday_of(last) - WEEKS * WEEK,
        later=later if monday_of(last) < newest else None,
        today=visiting.now.astimezone(zone).date(),
    )


async def _offer(connection: Connection, who: str) -> Offer:
    """Return the homes to choose from: all, or of more than stand in one choice those of such a name."""
    found, count = await timeline.glances(connection, limit=CHOICE, named=who)
    many = count > CHOICE
    homes = tuple(one for one in found if one.home.mode is not HomeMode.ARCHIVE)
    return Offer(homes=() if many and not who else homes, count=count, searched=many or bool(who))


async def _chosen(connection: Connection, home: str) -> Glance | None:
    """Return the home that was chosen; None for all."""
    if not home:
        return None
    found = await timeline.glance_of(connection, HomeId(home.replace("\0", "")))
    if found is None or found.home.mode is HomeMode.ARCHIVE:
        raise HTTPException(404)
    return found


def _outcome(how: str) -> Outcome | None:
    return chosen(OUTCOMES, how, "how", HOW_ENDED) if how else None


def _day(week: str, today: date) -> date:
    """Return a day that stands in an address; never one that has not come yet."""
    if not week:
        return today
    try:
        return min(max(date.fromisoformat(week), date(2000, 1, 3)), today)
    except ValueError as error:
        raise HTTPException(400) from error
