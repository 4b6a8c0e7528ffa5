"""One home on *today*: is all right, where was the last movement, is that usual, what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.home import HomeMode
from core.model.night import summary
from core.store import away, registry, timeline
from core.store import circle as circle_store
from core.store import forecast as forecast_store
from dashboard import night, usual
from dashboard.coming import next_step, turns
from dashboard.language import translations
from dashboard.missing.due import profiles_due
from dashboard.on_it import on_it, open_in
from dashboard.ring import PAST, Ring, ring
from dashboard.seen import day_of, places_of_rest
from dashboard.sight import HomeStanding, home_standing

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.away import Rest
    from core.model.forecast import Forecast
    from core.model.home import Household, Resident
    from core.store.away import MayRest
    from core.store.pool import Connection
    from core.store.timeline import Glance, Movement
    from dashboard.usual import Usual
    from dashboard.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All that is said of a home on *today*."""

    glance: Glance
    standing: HomeStanding
    moved: Movement | None
    #: None where nothing ever moved, and where we cannot see.
    usual: Usual | None
    ring: Ring
    forecast: Forecast | None
    #: What happens next, in words.
    coming: str
    #: Where the open alerts are: the one itself where there is one only.
    alerts_path: str
    #: Who is on all of them, as a sentence; empty while one of them needs somebody.
    on_it: str
    #: That nobody is at home, as a carer said; None where nobody did.
    rest: Rest | None
    may_rest: MayRest
    #: The night in sentences; empty when it is not morning.
    night: tuple[str, ...]
    #: Whose profile for the police is old or has gaps; for those who may mend it.
    profiles_due: tuple[Resident, ...]


async def panel_of(visiting: Visit, connection: Connection, glance: Glance) -> Panel | None:
    """Return what is said of a home that is watched; None when it has just gone."""
    home, now = glance.home, visiting.now
    household = await registry.household_of(connection, home.home_id)
    if household is None:
        return None
    moved = (await timeline.last_movements(connection, [home], now)).get(home.home_id)
    standing = home_standing(glance, now, moved=moved is not None)
    coming = await forecast_store.forecasts_of(connection, home.home_id, now)
    forecast = coming[0].forecast if coming and _may_speak(glance, standing) else None
    told = turns(await circle_store.circle_of(connection, home.home_id), visiting.visitor.carer_id)
    day = await day_of(connection, glance, household, now - PAST, now)
    rest = (await away.rests_of(connection, [home.home_id])).get(home.home_id)
    cards = (await open_in(visiting, connection, (glance,)))[home.home_id]
    return Panel(
        glance=glance,
        standing=standing,
        moved=moved,
        usual=await _usual(connection, glance, moved, now) if not standing.reason else None,
        ring=ring(
            day, places_of_rest(household), home.zone, forecast.speaks_at if forecast else None
        ),
        forecast=forecast,
        coming=next_step(forecast, told, home.zone, now),
        alerts_path=f"/alerts/{cards[0].alert.alert_id}" if len(cards) == 1 else "/alerts",
        on_it=on_it(cards, glance, visiting.visitor.carer_id),
        rest=rest,
        may_rest=await away.may_rest(connection, home.home_id),
        night=() if rest else await night_of(connection, glance, household, now),
        profiles_due=await profiles_due(visiting, connection, home.home_id),
    )


async def night_of(
    connection: Connection, glance: Glance, household: Household, now: datetime
) -> tuple[str, ...]:
    """Return the night in sentences, in the morning; empty at other times."""
    zone = glance.home.zone
    span = night.night_before(now, zone)
    if span is None or glance.home.mode is HomeMode.ARCHIVE:
        return ()
    start, end = span
    day = await day_of(connection, glance, household, start, now)
    return summary(night.facts_of(day, household, end), zone, translations())


async def _usual(
    connection: Connection, glance: Glance, moved: Movement | None, now: datetime
) -> Usual | None:
    if moved is None:
        return None
    home = glance.home
    moments = usual.same_hour(now, home.zone)
    before = await timeline.last_before(connection, home.home_id, moments, usual.LOOK_BACK)
    since = moments[-1] - timedelta(days=1)
    blind = await timeline.blind_spans(connection, home.home_id, since, now)
    unlived = await away.unlived(connection, home.home_id, since, now)
    return usual.compare(moved.at, now, before, (*blind, *unlived.all))


def _may_speak(glance: Glance, standing: HomeStanding) -> bool:
    return glance.home.mode is HomeMode.LIVE and not standing.reason
