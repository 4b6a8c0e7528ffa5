"""A home's last 24 hours: who moved where, when a door opened, and when we could not see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.home import HomeMode
from core.model.ids import HomeId
from core.store import away, moving, registry, timeline
from core.store import forecast as forecast_store
from core.store import page as alert_store
from dashboard import away_words
from dashboard.chart import picture
from dashboard.language import _
from dashboard.on_it import on_it_in
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, SEE_CIRCLES, SEE_DEVICES, may_answer, sight_of
from dashboard.seen import day_of, end_of_record
from dashboard.sight import home_standing
from dashboard.visit import Visiting
from dashboard.wording import MISSED, OLDEST_MISSED, in_words

if TYPE_CHECKING:
    from dashboard.day import Day

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY)

SPAN = timedelta(hours=24)
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}")
async def home(visiting: Visiting, home_id: Name) -> Response:
    """Show the timeline of one home."""
    async with visiting.acting() as connection:
        glance = await timeline.glance_of(connection, HomeId(home_id))
        household = await registry.household_of(connection, HomeId(home_id))
        if glance is None or household is None:
            raise HTTPException(404)
        end = await end_of_record(connection, household, visiting.now)
        day = await day_of(connection, glance, household, end - SPAN, end)
        sight = sight_of(visiting.visitor)
        cards = await alert_store.cards_between(
            connection, sight, glance.home.home_id, day.start, day.end
        )
        moved = await timeline.last_movements(connection, [glance.home], visiting.now)
        coming = await forecast_store.forecasts_of(connection, glance.home.home_id, visiting.now)
        taken = await on_it_in(visiting, connection, [glance])
        parted = await moving.parted_lately(connection, glance.home.home_id, visiting.now)
        rest = (await away.rests_of(connection, [glance.home.home_id])).get(glance.home.home_id)
        may_rest = await away.may_rest(connection, glance.home.home_id)
        await visiting.looked_at(connection, [glance.home.home_id], "timeline")
    return visiting.page(
        "home.html",
        glance.home.zone,
        glance=glance,
        standing=home_standing(glance, visiting.now, moved=glance.home.home_id in moved),
        on_it=taken[glance.home.home_id],
        archive=glance.home.mode is HomeMode.ARCHIVE,
        moved=moved.get(glance.home.home_id),
        parted=None if glance.home.mode is HomeMode.ARCHIVE else parted,
        day=day,
        picture=picture(day, [(c.alert.onset, c.alert.severity) for c in cards], glance.home.zone),
        rows=_rows(day, cards),
        see_devices=visiting.visitor.role in SEE_DEVICES,
        see_animal=visiting.visitor.role in SEE_CIRCLES,
        forecast=coming[0] if coming and glance.home.mode is HomeMode.LIVE else None,
        can_report=glance.home.mode is not HomeMode.ARCHIVE and may_answer(visiting.visitor),
        rest=rest,
        may_rest=may_rest,
        places=away_words.WHERE,
        missed=MISSED,
        oldest=OLDEST_MISSED,
    )


def _rows(
    day: Day, cards: tuple[alert_store.AlertCard, ...]
) -> list[tuple[datetime, datetime | None, str, int | None]]:
    """Return the day as lines of a table, the latest first: from, until, what, and the alert it is."""
    rows: list[tuple[datetime, datetime | None, str, int | None]] = [
        (stay.start, stay.end, stay.place, None) for stay in day.stays
    ]
    rows += [(gap.start, gap.end, _(gap.text), None) for gap in day.gaps]
    rows += [(mark.at, None, mark.text, None) for mark in day.marks]
    rows += [
        (
            c.alert.onset,
            None,
            _("Alert: %(what)s") % {"what": in_words(c.alert.what)},
            c.alert.alert_id,
        )
        for c in cards
    ]
    return sorted(rows, key=lambda row: (row[0], row[2]), reverse=True)
