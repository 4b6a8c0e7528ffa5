"""History: the alerts of a home and how they ended, week by week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from core.model.finding import Outcome
from core.model.home import HomeMode
from core.store import page as store
from core.store import timeline
from dashboard.asking_again import chosen
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, sight_of
from dashboard.visit import Visiting
from dashboard.weeks import WEEK, WEEKS, bounds, by_week, monday_of, tally, title
from dashboard.whose_time import differ
from dashboard.wording import HOW_ENDED, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.timeline import Glance

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY, title=marked("History"), path="/history", order=25)

MOST_HOMES = 500
MOST = 200
"""So many alerts of four weeks are shown; more than that nobody reads."""


@router.get("/history")
async def history(visiting: Visiting, home: str = "", how: str = "", week: str = "") -> Response:
    """Show four weeks.

    Parameters
    ----------
    home
        One home; all that this person may see when empty.
    how
        Only alerts that ended so; all when empty.
    week
        A day of the last week shown; today's when empty.
    """
    outcome = _outcome(how)
    async with visiting.acting() as connection:
        found, _total = await timeline.glances(connection, limit=MOST_HOMES)
        homes = [one for one in found if one.home.mode is not HomeMode.ARCHIVE]
        shown = _chosen(homes, home)
        zone = shown[0].home.zone if shown else await timeline.first_zone(connection)
        last = _day(week, visiting.now.astimezone(zone).date())
        ids = [one.home.home_id for one in shown]
        cards = await store.cards_of_span(
            connection,
            sight_of(visiting.visitor),
            bounds(last, zone),
            homes=ids,
            outcome=outcome,
            limit=MOST,
        )
        await visiting.looked_at(connection, ids, "history")
    newest = monday_of(visiting.now.astimezone(zone).date())
    later = min(monday_of(last) + WEEKS * WEEK, newest)
    return visiting.page(
        "history.html",
        zone,
        here=PAGE.path,
        homes=homes,
        mixed=differ((one.home.zone for one in cards), visiting.now),
        home=home,
        how=how,
        weeks=by_week(cards, last, zone),
        tally=tally,
        title_of=title,
        full=len(cards) == MOST,
        earlier=monday_of(last) - WEEKS * WEEK,
        later=later if monday_of(last) < newest else None,
        today=visiting.now.astimezone(zone).date(),
    )


def _outcome(how: str) -> Outcome | None:
    return chosen(OUTCOMES, how, "how", HOW_ENDED) if how else None


def _chosen(homes: Sequence[Glance], home: str) -> list[Glance]:
    shown = [one for one in homes if not home or one.home.home_id == home]
    if home and not shown:
        raise HTTPException(404)
    return shown


def _day(week: str, today: date) -> date:
    """Return a day that stands in an address; never one that has not come yet."""
    if not week:
        return today
    try:
        return min(max(date.fromisoformat(week), date(2000, 1, 3)), today)
    except ValueError as error:
        raise HTTPException(400) from error
